//! Documents brought to a canonical form, so that what AWS adds, drops and reorders is no difference.
//!
//! The knowledge stands in tables (`task_definition.rs`), each row with its source; `rules.rs` applies them to any
//! JSON. Decisions:
//!
//! * Fields that only AWS has are differences (somebody changed the thing by hand), but for those that read as nothing
//!   (`null`, `false`, 0, empty) and those that the API's public model does not know: nobody can have set them through
//!   envctl, and AWS adds such fields every year.
//! * Lists with a name for each item (containers, variables, volumes …) are compared by that name; lists of which AWS
//!   does not keep the order are sorted; every other list keeps its order.
//! * Tags of a task definition are compared only where the template writes them and AWS was asked for them.
//! * Values of variables whose name says that they are secret are compared, never shown.

mod difference;
mod property;
mod property_table;
mod rules;
mod secret;
mod task_definition;

use serde_json::Value;

use crate::model::{FactName, late_names_in};

pub use difference::Difference;
pub use property::property_differences;

/// The canonical form of a task definition, rendered or as `DescribeTaskDefinition` answered it (with or without the
/// envelope `taskDefinition`). Doing it twice is doing it once.
pub fn canonical(document: &Value) -> Value {
    task_definition::canonical(document)
}

/// What would have to change for `live` to be `wanted`, leaf by leaf, in the order of the paths. A late value in
/// `wanted` is different from everything: see [`differences_where_known`].
pub fn differences(wanted: &Value, live: &Value) -> Vec<Difference> {
    compare(wanted, live, difference::Late::Literal)
}

/// Like [`differences`], but a late value in `wanted` that is not resolved yet matches any text in its place.
pub fn differences_where_known(wanted: &Value, live: &Value) -> Vec<Difference> {
    compare(wanted, live, difference::Late::Anything)
}

fn compare(wanted: &Value, live: &Value, late: difference::Late) -> Vec<Difference> {
    let mut wanted = task_definition::without_envelope(wanted);
    let mut live = task_definition::without_envelope(live);
    task_definition::compared(&mut wanted, &mut live);
    difference::between(&task_definition::RULES, &canonical(&wanted), &canonical(&live), late)
}

/// Is there no difference? What a cloud asks before it registers a revision of the same content again.
pub fn same(wanted: &Value, live: &Value) -> bool {
    differences(wanted, live).is_empty()
}

/// The facts that a document still waits for.
pub fn waits_for(document: &Value) -> Vec<FactName> {
    late_names_in(document)
}

#[cfg(test)]
mod tests;
