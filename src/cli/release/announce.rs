//! Announcements of a release: rendered from templates, posted to a webhook, published to a topic.

use std::collections::BTreeMap;

use serde_json::json;

use super::session::{Release, Told, Trouble};
use crate::checks;
use crate::cli::error::CliError;
use crate::cli::load;
use crate::cloud::SecretValue;
use crate::model::{Gate, ReleaseRecord};
use crate::template::{self, ANNOUNCEMENTS, Language, RECORD};
use crate::ui::release as ui;
use crate::workspace::Workspace;

/// When something is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before anything is deployed.
    Before,
    /// Between the deployment and the end.
    During,
    /// When all is done.
    After,
    /// When it did not succeed.
    Incident,
}

impl Moment {
    /// The moment of an `announce` step at this gate.
    pub(super) fn of(gate: Gate) -> Self {
        match gate {
            Gate::Before => Self::Before,
            Gate::Deploy | Gate::Tasks | Gate::Verify | Gate::Watch => Self::During,
            Gate::After => Self::After,
        }
    }

    /// What it is about, for a mail.
    fn subject(self, record: &ReleaseRecord) -> String {
        match self {
            Self::Before => "a release begins".to_owned(),
            Self::During => "a release goes on".to_owned(),
            Self::After => "released".to_owned(),
            Self::Incident => format!("the release {}", record.standing.sentence()),
        }
    }

    fn template(self) -> &'static str {
        let [before, during, after, incident] = ANNOUNCEMENTS;
        match self {
            Self::Before => before,
            Self::During => during,
            Self::After => after,
            Self::Incident => incident,
        }
    }
}

/// Makes sure, before a release begins, that its record and its announcements can be rendered.
pub(super) fn templates(workspace: &Workspace) -> Result<(), CliError> {
    // What is made before the end sees a record that has none.
    for record in [ui::example(), ui::example_under_way()] {
        for path in ANNOUNCEMENTS {
            render(workspace, path, Language::Plain, &record)?;
        }
        render(workspace, RECORD, Language::Markdown, &record)?;
    }
    Ok(())
}

/// A text about a release, from the workspace's template or envctl's own.
pub(super) fn render(
    workspace: &Workspace,
    path: &str,
    language: Language,
    record: &ReleaseRecord,
) -> Result<String, CliError> {
    let texts = workspace.templates()?;
    template::text(&load::below_templates(&texts), path, language, &ui::value(record))
        .map_err(|problems| CliError::problems(problems, texts.by_path.into_iter().collect()))
}

impl Release<'_> {
    /// Tells everybody who is told. What cannot be sent fails only where the spec says that it must be.
    pub(super) async fn announce(&mut self, moment: Moment) -> Result<Told, Trouble> {
        let announce = &self.desired.release.announce;
        let (mut sent, mut missed) = (Vec::new(), Vec::new());
        let mut note = |what: &str, answer: Result<String, String>| match answer {
            Ok(how) => sent.push(format!("{what}: {how}")),
            Err(why) => missed.push(format!("{what}: not sent: {why}")),
        };
        if let Some(webhook) = &announce.webhook {
            note("webhook", self.post(moment, webhook).await);
        }
        if let Some(topic) = &announce.topic {
            note("topic", self.publish(moment, topic).await);
        }
        self.announced |= !sent.is_empty();
        if missed.is_empty() {
            return Ok(Told::passed(sent));
        }
        missed.extend(sent);
        if announce.required && moment != Moment::Incident {
            let mut trouble = Trouble::failed("an announcement that is required was not sent");
            trouble.why.extend(missed);
            return Err(trouble);
        }
        Ok(Told::noted(missed))
    }

    /// The text of an announcement. A template that fails on the real record gives way to envctl's own.
    fn announcement(&self, moment: Moment, language: Language) -> Result<String, String> {
        let path = moment.template();
        let text = render(self.workspace, path, language, &self.record).or_else(|_| {
            let own = template::text(&BTreeMap::new(), path, language, &ui::value(&self.record));
            own.map_err(|_| "its template cannot be rendered".to_owned())
        })?;
        Ok(text.trim().to_owned())
    }

    async fn post(&self, moment: Moment, webhook: &str) -> Result<String, String> {
        let address = self.address(webhook).await?;
        let text = self.announcement(moment, Language::Chat)?;
        let is_here = checks::is_here(&address)?;
        if let Some(world) = self.session.world.as_ref().filter(|_| !is_here) {
            // Play must not reach people.
            world.keep_post(&text);
            return Ok("kept by the simulated cloud".to_owned());
        }
        checks::post(&address, &json!({ "text": text }), self.session.simulated).await
    }

    /// The address of a webhook, which nobody is shown.
    async fn address(&self, webhook: &str) -> Result<SecretValue, String> {
        match webhook.strip_prefix("env:") {
            Some(variable) => match std::env::var(variable) {
                Ok(address) if !address.trim().is_empty() => Ok(SecretValue::new(address)),
                _ => Err(format!("the variable {variable} is not set")),
            },
            None => self.session.secrets.secret_value(webhook).await.map_err(|error| error.to_string()),
        }
    }

    async fn publish(&self, moment: Moment, topic: &str) -> Result<String, String> {
        let text = self.announcement(moment, Language::Plain)?;
        let subject = format!("{}: {}", self.record.environment, moment.subject(&self.record));
        let answer = self.session.topics.publish(topic, &subject, &text).await;
        answer.map(|id| format!("published as {id}")).map_err(|error| error.to_string())
    }
}
