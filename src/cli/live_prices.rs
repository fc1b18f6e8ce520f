//! `envctl cost --live-prices`: the prices of today, from the AWS Price List.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::context::Context;
use super::error::CliError;
use crate::model::Desired;
use crate::report::{CostReport, Price, PriceQuestion, PriceTable, price_question};
use crate::workspace::Workspace;

/// The table with live prices in the place of every item that the Price List has an exact product for, and the items
/// that it keeps from the shipped table. What the Price List does not answer is unknown, never the old price.
pub(super) fn refresh(
    context: &Context,
    workspace: &Workspace,
    desired: &Desired,
    report: &CostReport,
    table: PriceTable,
    today: Date,
) -> Result<(PriceTable, BTreeSet<String>), CliError> {
    if context.is_simulated() {
        return Err(CliError::usage("the simulated cloud has no Price List").hint("pass --cloud aws"));
    }
    let region = &desired.region;
    let items: BTreeSet<&String> = report.prices.keys().chain(&report.missing).collect();
    let (mut questions, mut kept) = (Vec::new(), BTreeSet::new());
    for item in items {
        match price_question(item) {
            Some(question) => questions.push(question),
            None => drop(kept.insert(item.clone())),
        }
    }
    let prices = ask(context, workspace, desired, &questions, today)?;
    let mut table = table;
    for (question, price) in questions.iter().zip(prices) {
        match price {
            Ok(price) => table.set(region, &question.item, Some(price)),
            Err(why) => {
                context.ui.say(&format!("{}: {why}", question.item));
                table.set(region, &question.item, None);
            }
        }
    }
    Ok((table, kept))
}

#[cfg(feature = "aws")]
fn ask(
    context: &Context,
    workspace: &Workspace,
    desired: &Desired,
    questions: &[PriceQuestion],
    today: Date,
) -> Result<Vec<Result<Price, String>>, CliError> {
    let store = context.store(workspace)?;
    let region = &desired.region;
    super::context::blocking::<_, CliError>(async {
        let cloud = super::connection::connect(region, &store, &context.ui).await?;
        let mut prices = Vec::new();
        for question in questions {
            let attributes: Vec<(&str, String)> =
                question.filters.iter().cloned().chain([("regionCode", region.clone())]).collect();
            let products = cloud.price_list(question.service_code, &attributes).await?;
            prices.push(crate::report::price_in(question, region, &products, today));
        }
        Ok(prices)
    })
}

#[cfg(not(feature = "aws"))]
fn ask(
    _context: &Context,
    _workspace: &Workspace,
    _desired: &Desired,
    _questions: &[PriceQuestion],
    _today: Date,
) -> Result<Vec<Result<Price, String>>, CliError> {
    Err(CliError::usage("this envctl was built without AWS").hint("build it with the feature `aws`"))
}
