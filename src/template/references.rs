//! What `{{ref "…"}}` can name.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Environment, FactName, ResourceKey, ResourceKind, fact_name, late_text};

use super::source::did_you_mean;

/// The attributes of each kind that a template may ask for; the kinds that need a rendered document first (services,
/// tasks, rules) are not among them, for that would be a circle.
const ATTRIBUTES: [(ResourceKind, &[&str]); 6] = [
    (ResourceKind::Database, &["endpoint", "port", "arn"]),
    (ResourceKind::Secret, &["arn"]),
    (ResourceKind::FileSystem, &["id", "arn"]),
    (ResourceKind::AccessPoint, &["id", "arn"]),
    (ResourceKind::LogGroup, &["name", "arn"]),
    (ResourceKind::TargetGroup, &["arn", "arn_suffix"]),
];

/// The resources of an environment that templates can refer to, and the facts about them that its spec decides.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    names: BTreeMap<ResourceKind, BTreeSet<String>>,
    decided: BTreeMap<FactName, String>,
}

impl References {
    /// Everything that the environment declares.
    pub(super) fn of(environment: &Environment) -> Self {
        fn names<T>(declared: &BTreeMap<String, T>) -> BTreeSet<String> {
            declared.keys().cloned().collect()
        }
        let mut decided = BTreeMap::new();
        for (name, group) in &environment.log_groups {
            let key = ResourceKey::new(ResourceKind::LogGroup, name);
            decided.insert(fact_name(&key, "name"), group.log_group_name.clone());
        }
        for (name, database) in &environment.databases {
            let key = ResourceKey::new(ResourceKind::Database, name);
            decided.insert(fact_name(&key, "port"), database.port.to_string());
        }
        Self {
            names: BTreeMap::from([
                (ResourceKind::Database, names(&environment.databases)),
                (ResourceKind::Secret, names(&environment.databases)),
                (ResourceKind::FileSystem, names(&environment.file_systems)),
                (ResourceKind::AccessPoint, names(&environment.access_points)),
                (ResourceKind::LogGroup, names(&environment.log_groups)),
                (ResourceKind::TargetGroup, names(&environment.rules)),
            ]),
            decided,
        }
    }

    /// The text that stands for `KIND.ATTRIBUTE` or `KIND.NAME.ATTRIBUTE`: marked as late, or the value itself where
    /// the spec decides it.
    ///
    /// # Errors
    /// What is wrong with the path, in words.
    pub(super) fn text(&self, path: &str) -> Result<String, String> {
        let form = "expected KIND.ATTRIBUTE or KIND.NAME.ATTRIBUTE, such as database.endpoint";
        let (kind_word, rest) = path.split_once('.').ok_or_else(|| format!("`{path}` is no reference: {form}"))?;
        let Some((kind, attributes)) = ATTRIBUTES.iter().find(|(kind, _)| kind.as_str() == kind_word) else {
            let kinds = ATTRIBUTES.iter().map(|(kind, _)| kind.as_str());
            return Err(format!("templates know no `{kind_word}`: {}", did_you_mean(kind_word, kinds)));
        };
        let declared = self.names.get(kind).into_iter().flatten().map(String::as_str);
        let (name, attribute) = match rest.rsplit_once('.') {
            Some((name, attribute)) => (name.to_owned(), attribute),
            None => (only(*kind, declared.clone())?, rest),
        };
        if !declared.clone().any(|known| known == name) {
            return Err(format!("the environment declares no {kind} `{name}`: {}", did_you_mean(&name, declared)));
        }
        if !attributes.contains(&attribute) {
            let known = attributes.iter().copied();
            return Err(format!("a {kind} has no `{attribute}`: {}", did_you_mean(attribute, known)));
        }
        let key = ResourceKey::new(*kind, name);
        Ok(self.decided.get(&fact_name(&key, attribute)).cloned().unwrap_or_else(|| late_text(&key, attribute)))
    }
}

/// The one resource of a kind, when there is exactly one.
fn only<'a>(kind: ResourceKind, declared: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let names: Vec<&str> = declared.collect();
    match names.as_slice() {
        [] => Err(format!("the environment declares no {kind}")),
        [name] => Ok((*name).to_owned()),
        many => Err(format!("the environment has more than one {kind} ({}): write {kind}.NAME.…", many.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references() -> References {
        References {
            names: BTreeMap::from([
                (ResourceKind::Database, BTreeSet::from(["main".to_owned()])),
                (ResourceKind::AccessPoint, BTreeSet::from(["data".to_owned(), "cache".to_owned()])),
            ]),
            decided: BTreeMap::from([("database/main.port".to_owned(), "5432".to_owned())]),
        }
    }

    #[test]
    fn a_reference_names_its_resource_or_leaves_it_out_where_there_is_only_one() {
        for path in ["database.endpoint", "database.main.endpoint"] {
            assert_eq!(references().text(path).unwrap(), "⟦database/main.endpoint⟧");
        }
        assert_eq!(references().text("access-point.data.id").unwrap(), "⟦access-point/data.id⟧");
        assert_eq!(references().text("database.port").unwrap(), "5432");
    }

    #[test]
    fn a_wrong_reference_says_what_there_is() {
        let say = |path: &str| references().text(path).unwrap_err();
        assert_eq!(say("database.endpont"), "a database has no `endpont`: did you mean `endpoint`?");
        assert_eq!(say("database.mian.port"), "the environment declares no database `mian`: did you mean `main`?");
        assert_eq!(say("databse.main.port"), "templates know no `databse`: did you mean `database`?");
        assert!(say("access-point.id").contains("more than one access-point (cache, data)"));
        assert_eq!(say("secret.arn"), "the environment declares no secret");
        assert!(say("endpoint").contains("KIND.NAME.ATTRIBUTE"));
    }
}
