//! The task sizes that Fargate has: the table stands in the model, because templates are held against it too.

#[allow(unused_imports, reason = "validation takes what it needs")]
pub(super) use crate::model::fargate::{Row, Sizes, TABLE, around, nearest_pairs, row};
