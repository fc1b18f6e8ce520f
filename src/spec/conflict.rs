//! Environments of one workspace that claim the same thing at AWS: a copied spec whose names were not changed.

use std::collections::BTreeMap;

use super::Files;
use super::claim::{Claim, claims};
use super::code::Code;
use super::problems::{Problems, wrong};
use super::resolve::Declared;
use crate::model::{Environment, Problem};

/// One environment that could be read.
struct Claimant {
    environment: Environment,
    declared: Declared,
}

/// What these environments claim twice. Environments with problems of their own are passed over: [`super::parse`]
/// reports them.
pub fn conflicts(names: &[String], files: &dyn Files) -> Vec<Problem> {
    let claimants: Vec<Claimant> = names.iter().filter_map(|name| claimant(name, files)).collect();
    let mut first: BTreeMap<[String; 5], (&Claimant, Claim)> = BTreeMap::new();
    let mut problems = Problems::default();
    for claimant in &claimants {
        let environment = &claimant.environment;
        for claim in claims(environment) {
            let place = [environment.account.clone(), environment.region.clone(), claim.scope.clone()];
            let [account, region, scope] = place;
            let key = [account, region, scope, claim.what.to_owned(), claim.name.clone()];
            let Some((other, earlier)) = first.get(&key) else {
                first.insert(key, (claimant, claim));
                continue;
            };
            if other.environment.name == environment.name {
                continue;
            }
            let message = format!(
                "environments `{}` and `{}` both claim {} `{}`",
                other.environment.name, environment.name, claim.what, claim.name
            );
            let draft = wrong(Code::InheritedName, message)
                .label(format!("claimed by `{}`", environment.name))
                .related(other.declared.nearest(&earlier.path), format!("claimed by `{}`", other.environment.name))
                .help("give one of them another value, or leave it out where there is a default");
            problems.add(match claimant.declared.nearest(&claim.path) {
                Some(span) => draft.at(span),
                None => draft,
            });
        }
    }
    problems.into_sorted()
}

fn claimant(name: &str, files: &dyn Files) -> Option<Claimant> {
    let mut problems = Problems::default();
    let (environment, declared) = super::read(name, files, &mut problems)?;
    problems.is_empty().then_some(Claimant { environment, declared })
}
