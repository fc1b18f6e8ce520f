//! [`Setting`]s that a deployment put in the place of the spec's, remembered in tags of the service.
//!
//! The spec says what is wanted. A deployment lays a few settings over it (an image by its digest, a size, a variable)
//! until the spec itself says something else *about that very setting*: each remembered value carries a fingerprint of
//! the spec's value that it replaced. So `up` and `drift` keep what was deployed, and an edit of the spec wins.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Desired, Live, Tags, present};

/// Begins the tags that remember what was deployed over the spec: `envctl:deployed.image.backend`.
pub const TAG_DEPLOYED: &str = "envctl:deployed.";
/// Begins the tags that remember what had been deployed over the spec before that.
pub const TAG_DEPLOYED_BEFORE: &str = "envctl:deployed-before.";
/// On a service: the revision of the last deployment by envctl that completed, `family:7`.
pub const TAG_REVISION: &str = "envctl:revision";
/// On a service: the revision that had completed before that one.
pub const TAG_REVISION_BEFORE: &str = "envctl:revision-before";
/// On a service: the run that deployed it; services of one run are rolled back together.
pub const TAG_DEPLOYED_BY: &str = "envctl:deployed-by";

/// Hex digits of a fingerprint.
const FINGERPRINT: usize = 8;
/// Longest value of a tag (`aws.md` 1.6: ECS takes the tags of every AWS service), less the fingerprint and a space.
const LONGEST: usize = 256 - FINGERPRINT - 1;

/// One setting of a task definition that a deployment may lay over the spec's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Setting {
    /// The image of a container.
    Image(String),
    /// CPU units of the task.
    Cpu,
    /// Memory of the task, MiB.
    Memory,
    /// A plain variable of a container: container and name.
    Variable(String, String),
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(container) => write!(formatter, "image.{container}"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Memory => formatter.write_str("memory"),
            Self::Variable(container, name) => write!(formatter, "environment.{container}.{name}"),
        }
    }
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        match text.split_once('.') {
            None if text == "cpu" => Some(Self::Cpu),
            None if text == "memory" => Some(Self::Memory),
            Some(("image", container)) => named(container).map(Self::Image),
            Some(("environment", rest)) => {
                rest.split_once('.').and_then(|(container, name)| Some(Self::Variable(named(container)?, named(name)?)))
            }
            _ => None,
        }
        .ok_or_else(|| {
            format!("`{text}` is no setting: there are image.CONTAINER, cpu, memory, environment.CONTAINER.NAME")
        })
    }
}

impl From<Setting> for String {
    fn from(setting: Setting) -> Self {
        setting.to_string()
    }
}

impl TryFrom<String> for Setting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Setting {
    /// Its value in a task definition; `None`: it is not there.
    pub fn of(&self, document: &Value) -> Option<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|n| n.to_string()));
        match self {
            Self::Image(name) => container(document, name).and_then(|found| text(&found["image"])),
            Self::Cpu => text(&document["cpu"]),
            Self::Memory => text(&document["memory"]),
            Self::Variable(name, variable) => {
                let variables = container(document, name)?["environment"].as_array()?;
                let found = variables.iter().find(|one| one["name"] == variable.as_str())?;
                text(&found["value"])
            }
        }
    }

    /// Writes a value into a task definition. A container that is not there is left alone.
    fn write(&self, document: &mut Value, value: &str) {
        match self {
            Self::Cpu => document["cpu"] = json!(value),
            Self::Memory => document["memory"] = json!(value),
            Self::Image(name) => {
                if let Some(found) = container_mut(document, name) {
                    found["image"] = json!(value);
                }
            }
            Self::Variable(name, variable) => {
                let Some(found) = container_mut(document, name).and_then(Value::as_object_mut) else { return };
                let list = found.entry("environment").or_insert_with(|| json!([]));
                let Some(list) = list.as_array_mut() else { return };
                list.retain(|one| one["name"] != variable.as_str());
                list.push(json!({ "name": variable, "value": value }));
            }
        }
    }
}

/// The names of a task definition's containers, in its order.
pub fn container_names(document: &Value) -> impl Iterator<Item = &str> {
    document["containerDefinitions"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str())
}

fn container<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["containerDefinitions"].as_array()?.iter().find(|one| one["name"] == name)
}

fn container_mut<'a>(document: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    document.get_mut("containerDefinitions")?.as_array_mut()?.iter_mut().find(|one| one["name"] == name)
}

/// Values that a deployment lays over the spec's, by setting.
pub type Settings = BTreeMap<Setting, String>;

/// What a service remembers: values, each with the fingerprint of the spec's value that it replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides(BTreeMap<Setting, (String, String)>);

impl Overrides {
    /// Reads the tags that begin with this prefix.
    pub fn in_tags(tags: &Tags, prefix: &str) -> Self {
        let read = |(key, value): (&String, &String)| {
            let setting = key.strip_prefix(prefix)?.parse().ok()?;
            let (fingerprint, value) = value.split_once(' ')?;
            Some((setting, (fingerprint.to_owned(), value.to_owned())))
        };
        Self(tags.iter().filter_map(read).collect())
    }

    /// These settings over the values of a spec's document.
    pub fn over(document: &Value, settings: &Settings) -> Self {
        let one = |(setting, value): (&Setting, &String)| {
            (setting.clone(), (fingerprint(setting.of(document).as_deref()), value.clone()))
        };
        Self(settings.iter().map(one).collect())
    }

    /// The same with these in place of those of the same settings; one that says what the spec says is dropped.
    #[must_use]
    pub fn with(&self, document: &Value, newer: &Settings) -> Self {
        let mut all = self.still_valid(document);
        all.0.extend(Self::over(document, newer).0);
        all.0.retain(|setting, (_, value)| setting.of(document).as_ref() != Some(value));
        all
    }

    /// Without those whose place in the spec says something else by now.
    #[must_use]
    pub fn still_valid(&self, document: &Value) -> Self {
        let valid = |(setting, (replaced, _)): &(&Setting, &(String, String))| {
            *replaced == fingerprint(setting.of(document).as_deref())
        };
        Self(self.0.iter().filter(valid).map(|(setting, value)| (setting.clone(), value.clone())).collect())
    }

    /// The document with every valid value in its place.
    pub fn apply(&self, document: &Value) -> Value {
        let mut changed = document.clone();
        for (setting, (_, value)) in &self.still_valid(document).0 {
            setting.write(&mut changed, value);
        }
        changed
    }

    /// The tags that remember them.
    pub fn tags(&self, prefix: &str) -> Tags {
        self.0
            .iter()
            .map(|(setting, (replaced, value))| (format!("{prefix}{setting}"), format!("{replaced} {value}")))
            .collect()
    }

    /// The values alone.
    pub fn settings(&self) -> Settings {
        self.0.iter().map(|(setting, (_, value))| (setting.clone(), value.clone())).collect()
    }
}

/// Why a value cannot be remembered in a tag; `None`: it can.
pub fn not_rememberable(setting: &Setting, value: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_alphanumeric() || " _.:/=+-@".contains(letter);
    let wrong = value.chars().find(|letter| !allowed(*letter));
    match wrong {
        Some(letter) => Some(format!("{setting}: a tag of AWS cannot hold `{letter}`; write the value into the spec")),
        None if value.chars().count() > LONGEST => {
            Some(format!("{setting}: longer than {LONGEST} characters; write the value into the spec"))
        }
        None if value.trim() != value || value.is_empty() => {
            Some(format!("{setting}: an empty value, or one with blanks around it, belongs into the spec"))
        }
        None => None,
    }
}

fn fingerprint(value: Option<&str>) -> String {
    let digest = Sha256::digest(value.map_or_else(|| "absent".to_owned(), |value| format!("={value}")));
    digest.iter().take(FINGERPRINT / 2).map(|byte| format!("{byte:02x}")).collect()
}

impl Desired {
    /// What is wanted with what was deployed laid over it, as the live services remember it. One-off tasks that take a
    /// service's task definition follow it.
    #[must_use]
    pub fn as_deployed(&self, live: &Live) -> Self {
        let mut desired = self.clone();
        for (name, service) in present(&live.services).filter(|(_, found)| found.is_active() && self.owns(&found.tags))
        {
            let overrides = Overrides::in_tags(&service.tags, TAG_DEPLOYED);
            if overrides.0.is_empty() {
                continue;
            }
            if let Some(spec) = desired.services.get_mut(name) {
                spec.task_definition = overrides.apply(&spec.task_definition);
            }
            for task in desired.tasks.values_mut().filter(|task| task.service.as_ref() == Some(name)) {
                task.task_definition = overrides.apply(&task.task_definition);
            }
        }
        desired
    }

    /// What is wanted with these settings laid over it, by service. One-off tasks that take a service's task definition
    /// follow it.
    #[must_use]
    pub fn with_settings(&self, settings: &BTreeMap<String, Settings>) -> Self {
        let mut desired = self.clone();
        let over = |document: &Value, settings: &Settings| Overrides::over(document, settings).apply(document);
        for (name, settings) in settings {
            if let Some(spec) = desired.services.get_mut(name) {
                spec.task_definition = over(&spec.task_definition, settings);
            }
            for task in desired.tasks.values_mut().filter(|task| task.service.as_ref() == Some(name)) {
                task.task_definition = over(&task.task_definition, settings);
            }
        }
        desired
    }

    /// The services alone, as far as a rollback has to look at them: one wave of calls.
    #[must_use]
    pub fn services_alone(&self) -> Self {
        let mut alone = self.clone();
        alone.listeners.clear();
        alone.network = super::NetworkSpec::default();
        alone.file_systems.clear();
        alone.access_points.clear();
        alone.databases.clear();
        alone.log_groups.clear();
        alone.target_groups.clear();
        alone.rules.clear();
        alone.tasks.clear();
        for service in alone.services.values_mut() {
            service.scaling = None;
        }
        alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({"cpu": "512", "containerDefinitions": [
            {"name": "web", "image": "app:1", "environment": [{"name": "LEVEL", "value": "info"}]}
        ]})
    }

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        pairs.iter().map(|(setting, value)| (setting.parse().unwrap(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_deployed_lies_over_the_spec_until_the_spec_says_something_else_about_it() {
        let newer = settings(&[("image.web", "app:2"), ("environment.web.LEVEL", "debug"), ("cpu", "1024")]);
        let overrides = Overrides::default().with(&document(), &newer);
        let deployed = overrides.apply(&document());
        assert_eq!(deployed["containerDefinitions"][0]["image"], "app:2");
        assert_eq!(deployed["containerDefinitions"][0]["environment"], json!([{"name": "LEVEL", "value": "debug"}]));
        assert_eq!(deployed["cpu"], "1024");
        let mut edited = document();
        edited["containerDefinitions"][0]["image"] = json!("app:3");
        let deployed = overrides.apply(&edited);
        assert_eq!(deployed["containerDefinitions"][0]["image"], "app:3", "the spec moved on");
        assert_eq!(deployed["cpu"], "1024", "about the size it says what it said");
    }

    #[test]
    fn tags_remember_and_a_value_that_the_spec_has_anyway_is_not_remembered() {
        let newer = settings(&[("image.web", "app:2"), ("cpu", "512")]);
        let overrides = Overrides::default().with(&document(), &newer);
        let tags = overrides.tags(TAG_DEPLOYED);
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["envctl:deployed.image.web"]);
        assert_eq!(Overrides::in_tags(&tags, TAG_DEPLOYED), overrides);
        assert_eq!(overrides.with(&document(), &settings(&[("image.web", "app:1")])), Overrides::default());
    }

    #[test]
    fn settings_are_read_as_they_are_written() {
        for text in ["image.web", "cpu", "memory", "environment.web.LOG.LEVEL"] {
            assert_eq!(text.parse::<Setting>().unwrap().to_string(), text);
        }
        for wrong in ["", "image", "image.", "environment.web", "count"] {
            assert!(wrong.parse::<Setting>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_tag_cannot_hold_is_refused() {
        let setting = Setting::Image("web".to_owned());
        assert_eq!(not_rememberable(&setting, "1.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:ab"), None);
        assert!(not_rememberable(&setting, "a,b").unwrap().contains('`'));
        assert!(not_rememberable(&setting, &"x".repeat(300)).is_some());
        assert!(not_rememberable(&setting, "").is_some());
    }
}
