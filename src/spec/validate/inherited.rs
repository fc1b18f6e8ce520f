//! Names of AWS resources that came along with `extends:` from another environment: both would claim one resource.

use super::Check;
use crate::spec::claim::{Claim, claims};
use crate::spec::code::Code;
use crate::spec::extends::{FOLDER, path_of};
use crate::spec::problems::wrong;

pub(super) fn check(check: &mut Check<'_>) {
    let environment = check.environment;
    let own = path_of(&environment.name);
    let is_own = |field: &str| check.declared.exact(&check.own(field)).is_some_and(|span| span.file == own);
    if is_own("account") || is_own("region") {
        // In another account or region the same names are other resources.
        return;
    }
    for Claim { what, path, .. } in claims(environment) {
        let Some(span) = check.declared.exact(&path) else { continue };
        let file = span.file.strip_prefix(FOLDER).map_or("", |file| file.trim_start_matches('/'));
        if span.file == own || file.starts_with('_') {
            continue;
        }
        let other = file.trim_end_matches(".yaml").to_owned();
        let draft = wrong(Code::InheritedName, format!("this {what} is environment `{other}`'s, and `{}` would claim it too", environment.name))
            .label(format!("inherited by `{}`", environment.name))
        .related(check.declared.exact(&check.own("extends")), "extended here")
            .help(format!("give it another value in {own}, or `~` there for the default; or move what both share into a fragment such as {FOLDER}/_shared.yaml"));
        check.report(&path, draft);
    }
}
