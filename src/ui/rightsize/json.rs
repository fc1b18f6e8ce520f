//! Right-sizing for programs. Amounts are texts: JSON numbers are floats to many readers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RightsizingView;
use crate::model::ResourceKey;
use crate::report::rightsize::{AppliedChange, Proposal, Span, Verdict};
use crate::ui::FORMAT_VERSION;

/// Right-sizings, version [`FORMAT_VERSION`].
#[derive(Debug, Serialize)]
pub struct RightsizingDto<'a> {
    format_version: u32,
    currency: &'static str,
    environments: Vec<EnvironmentDto<'a>>,
}

#[derive(Debug, Serialize)]
struct EnvironmentDto<'a> {
    environment: &'a str,
    region: &'a str,
    window: SpanDto,
    period_seconds: u32,
    running: Vec<SpanDto>,
    deployments: Vec<String>,
    proposals: Vec<ProposalDto<'a>>,
    last_change: Option<ChangeDto<'a>>,
}

#[derive(Debug, Serialize)]
struct ChangeDto<'a> {
    at: String,
    by: &'a str,
    changes: &'a [AppliedChange],
    since: Vec<ProposalDto<'a>>,
}

#[derive(Debug, Serialize)]
struct SpanDto {
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct ProposalDto<'a> {
    resource: &'a ResourceKey,
    verdict: Verdict,
    now: &'a str,
    proposed: Option<&'a str>,
    spec: BTreeMap<&'a str, &'a str>,
    saved_usd_per_month: Option<String>,
    reasons: &'a [String],
    risk: &'a str,
    lacks: &'a [String],
    inputs: BTreeMap<&'a str, &'a str>,
}

/// The reports as a value to serialise.
pub fn json(reports: &[RightsizingView]) -> RightsizingDto<'_> {
    RightsizingDto {
        format_version: FORMAT_VERSION,
        currency: "USD",
        environments: reports.iter().map(environment).collect(),
    }
}

fn environment(view: &RightsizingView) -> EnvironmentDto<'_> {
    let report = &view.report;
    EnvironmentDto {
        environment: &report.environment,
        region: &report.region,
        window: span(report.window.span),
        period_seconds: report.window.period_seconds,
        running: report.evidence.running.iter().copied().map(span).collect(),
        deployments: report.evidence.starts.iter().map(ToString::to_string).collect(),
        proposals: report.proposals.iter().map(proposal).collect(),
        last_change: view.changed.as_ref().map(|(applied, since)| ChangeDto {
            at: applied.at.to_string(),
            by: &applied.by,
            changes: &applied.changes,
            since: since.proposals.iter().map(proposal).collect(),
        }),
    }
}

fn span(span: Span) -> SpanDto {
    SpanDto { from: span.from.to_string(), to: span.to.to_string() }
}

fn proposal(proposal: &Proposal) -> ProposalDto<'_> {
    ProposalDto {
        resource: &proposal.key,
        verdict: proposal.verdict,
        now: &proposal.now,
        proposed: proposal.proposed.as_deref(),
        spec: proposal.fields.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect(),
        saved_usd_per_month: proposal.saved_usd_per_month.map(|usd| crate::report::rounded(usd, 2)),
        reasons: &proposal.reasons,
        risk: &proposal.risk,
        lacks: &proposal.lacks,
        inputs: proposal.inputs.iter().map(|(name, figure)| (name.as_str(), figure.as_str())).collect(),
    }
}
