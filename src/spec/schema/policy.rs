//! What task definitions must keep to.

use super::{At, ComparisonText, Named, Read, Texts, shape, word};
use crate::model::PolicyRule;
use crate::spec::node::Node;
use crate::spec::problems::Problems;

shape! {
    /// What every rendered task definition must keep to. Where a spec has a `policy`, these hold unless `allow` names
    /// them: `debug` (no DEBUG variable is on), `development-keys` (no key out of a tutorial), `plain-secrets` (nothing
    /// that looks like a secret is a plain variable), `moving-tags` (no image is tagged `latest` or not at all), `logs`
    /// (every container writes a log).
    Policy is "a policy" {
        /// Variables that each service's main container must have, plain or as a secret: one, or a list.
        required: Texts,
        /// Variables that no container may have; `*` stands for anything.
        forbidden: Texts,
        /// Variables that must come as a secret where they are there; `*` stands for anything.
        secret: Texts,
        /// What plain variables must be where they are there: a value or a comparison, `ENVIRONMENT: staging`.
        values: Named<ComparisonText>,
        /// More rules: `digest` (images are named by digest), `non-root` (no container runs as root or leaves its user
        /// to the image), `read-only-root` (the root file system is read-only).
        require: Vec<At<PolicyRuleWord>>,
        /// Rules of the five above that do not hold here.
        allow: Vec<At<PolicyRuleWord>>,
    }
}

/// The name of a rule.
#[derive(Clone, Copy, Debug)]
pub(in crate::spec) struct PolicyRuleWord(pub(in crate::spec) PolicyRule);

impl Read for PolicyRuleWord {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let known = PolicyRule::ALL.map(|rule| (rule.as_str(), rule));
        word(node, &known, problems).map(Self)
    }

    fn schema() -> serde_json::Value {
        super::json_schema::words(PolicyRule::ALL.map(PolicyRule::as_str))
    }
}
