//! Everything about an environment that can be checked without asking AWS, one file a theme. All checks run on the
//! resolved environment; a value that was missing or unreadable is passed over, for it has been reported.

mod alarm;
mod check;
mod database;
mod database_storage;
mod duplicate;
mod fargate;
mod file;
mod health_check;
mod identity;
mod inherited;
mod name;
mod network;
mod operation;
mod reference;
mod region;
mod release;
mod reserved_word;
mod rule;
mod service;
mod support;

use crate::model::{Environment, Span};

use super::code::Code;
use super::problems::{Draft, Problems, wrong};
use super::resolve::Declared;
use super::schema::Root;
use super::units;

/// Runs every check.
pub(super) fn validate(environment: &Environment, root: &Root, declared: &Declared, problems: &mut Problems) {
    let mut check = Check { environment, root, declared, problems };
    identity::check(&mut check);
    network::check(&mut check);
    fargate::check(&mut check);
    service::check(&mut check);
    database::check(&mut check);
    database_storage::check(&mut check);
    support::check(&mut check);
    file::check(&mut check);
    rule::check(&mut check);
    health_check::check(&mut check);
    operation::check(&mut check);
    check::check(&mut check);
    release::check(&mut check);
    alarm::check(&mut check);
    reference::check(&mut check);
    duplicate::check(&mut check);
    inherited::check(&mut check);
}

/// What every check looks at, and where it reports.
struct Check<'a> {
    environment: &'a Environment,
    root: &'a Root,
    declared: &'a Declared,
    problems: &'a mut Problems,
}

impl<'a> Check<'a> {
    /// Reports a problem at the place of this path, unless the value there is only a placeholder.
    fn report(&mut self, path: &str, draft: Draft) {
        if !self.declared.is_known(path) {
            return;
        }
        let draft = match self.declared.nearest(path) {
            Some(span) if !draft.has_span() => draft.at(span),
            _ => draft,
        };
        self.problems.add(draft);
    }

    /// The place of this path, or of what is around it.
    fn span(&self, path: &str) -> Option<&'a Span> {
        self.declared.nearest(path)
    }

    /// The path of a field of the environment itself.
    fn own(&self, field: &str) -> String {
        format!("environment/{}.{field}", self.environment.name)
    }

    /// Refuses a number outside its bounds.
    fn within(&mut self, path: &str, what: &str, value: u32, least: u32, most: u32) -> bool {
        if (least..=most).contains(&value) {
            return true;
        }
        let nearest = value.clamp(least, most);
        let draft = wrong(Code::Bounds, format!("{what} is {value}, outside {least} to {most}"))
            .label(format!("{least} to {most}"))
            .help(format!("the nearest that AWS takes is {nearest}"))
            .instead(Some(nearest.to_string()));
        self.report(path, draft);
        false
    }

    /// Refuses a duration outside its bounds, in seconds.
    fn lasts(&mut self, path: &str, what: &str, seconds: u32, least: u32, most: u32) -> bool {
        if (least..=most).contains(&seconds) {
            return true;
        }
        let show = |seconds: u32| units::show(u64::from(seconds));
        let nearest = seconds.clamp(least, most);
        let draft =
            wrong(Code::Bounds, format!("{what} is {}, outside {} to {}", show(seconds), show(least), show(most)))
                .label(format!("{} to {}", show(least), show(most)))
                .help(format!("the nearest that AWS takes is {}", show(nearest)))
                .instead(Some(show(nearest)));
        self.report(path, draft);
        false
    }
}
