//! The master password of a database, set from its secret (`aws.md` 2.4: a restored database has the password that its
//! snapshot had).

use crate::model::{Action, PasswordMark, ResourceKey, ResourceKind, StepId};

use super::database::available;
use super::draft::{Draft, NewStep};
use super::durations;
use super::situation::Situation;

/// A database that is to have its secret's password.
pub(super) struct NewPassword<'a> {
    /// Its key in the plan.
    pub(super) key: &'a ResourceKey,
    /// The name that its secret has in the spec.
    pub(super) secret: &'a str,
    pub(super) identifier: &'a str,
    /// Its ARN, or a late text.
    pub(super) arn: String,
    pub(super) why: &'a str,
}

/// The steps that do it.
pub(super) struct PasswordSteps {
    /// After this one it has the password.
    pub(super) set: StepId,
    /// After this one its tag says so.
    pub(super) marked: StepId,
}

/// Sets the password from the secret, and notes on the database that it is set.
pub(super) fn set_password(
    s: &Situation,
    of: NewPassword<'_>,
    before: impl IntoIterator<Item = StepId>,
    draft: &mut Draft,
) -> PasswordSteps {
    let NewPassword { key, secret, identifier, arn, why } = of;
    let secret = ResourceKey::new(ResourceKind::Secret, secret);
    let secret_arn = draft.fact(&s.facts, &secret, "arn");
    let action = Action::SetMasterPassword { key: key.clone(), identifier: identifier.to_owned(), secret_arn };
    let title = format!("set the password of {identifier} from its secret");
    let step = NewStep::new(format!("set-password-{key}"), title, action)
        .because(why)
        .after(before)
        .after(draft.ready(&secret))
        .until(available(key, identifier, false, durations::DATABASE_CHANGE_DEADLINE));
    let set = draft.add(step);
    let action = Action::Tag { key: key.clone(), arn, tags: PasswordMark::Set.tags(), remove: Vec::new() };
    let title = format!("note that {identifier} has its password");
    let step = NewStep::new(marking(key), title, action).because("the next run must know").after([set.clone()]);
    PasswordSteps { set, marked: draft.add(step) }
}

/// The name of the step that notes it.
pub(super) fn marking(key: &ResourceKey) -> String {
    format!("mark-password-{key}")
}
