//! Everything about an environment that can be checked without asking AWS, one file a theme. All checks run on the
//! resolved environment; a value that was missing or unreadable is passed over, for it has been reported.

use crate::model::{Environment, Span};

use super::problems::{Draft, Problems};
use super::resolve::Declared;
use super::schema::Root;

/// Runs every check.
pub(super) fn validate(environment: &Environment, root: &Root, declared: &Declared, problems: &mut Problems) {
    let _check = Check { environment, root, declared, problems };
}

/// What every check looks at, and where it reports.
struct Check<'a> {
    environment: &'a Environment,
    root: &'a Root,
    declared: &'a Declared,
    problems: &'a mut Problems,
}

impl Check<'_> {
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
    fn span(&self, path: &str) -> Option<&Span> {
        self.declared.nearest(path)
    }
}
