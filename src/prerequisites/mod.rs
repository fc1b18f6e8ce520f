//! Looks up what a new revision needs before it is registered: images, roles, secrets, log groups. What is missing
//! refuses the plan, so that nothing has changed yet; what cannot be looked up is a note.

mod finding;
mod need;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;

use crate::cloud::{CloudError, Prerequisites};
use crate::model::{
    Desired, FoundImage, Goal, ImageName, Note, NoteKind, Plan, Refusal, RefusalKind, ResourceKey, Setting, Settings,
};

use finding::Finding;
use need::Need;

/// What was asked about an image, and answered.
type Looked = Result<Option<FoundImage>, CloudError>;

/// Lookups of one command: each is made once, however often the plan is made again.
pub struct Lookups {
    at: Arc<dyn Prerequisites>,
    /// By the image's name as it was written.
    images: Mutex<BTreeMap<String, Looked>>,
    /// The name with a tag of each name with a digest that [`Lookups::pinned`] gave.
    pinned: Mutex<BTreeMap<String, String>>,
    findings: Mutex<BTreeMap<Need, Finding>>,
}

impl Lookups {
    /// None yet.
    pub fn new(at: Arc<dyn Prerequisites>) -> Self {
        Self { at, images: Mutex::default(), pinned: Mutex::default(), findings: Mutex::default() }
    }

    /// The goal with each image of ECR that it deploys by its digest: a tag may point elsewhere by the time that
    /// somebody rolls back (`aws.md` 1.4). An image that cannot be looked up, or is not there, keeps its tag.
    pub async fn pinned(&self, goal: &Goal) -> Goal {
        let Goal::Deploy { settings, by } = goal else { return goal.clone() };
        let mut all = BTreeMap::new();
        for (service, settings) in settings {
            all.insert(service.clone(), self.with_digests(settings).await);
        }
        Goal::Deploy { settings: all, by: by.clone() }
    }

    async fn with_digests(&self, settings: &Settings) -> Settings {
        let mut pinned = settings.clone();
        for (setting, value) in &mut pinned {
            let name = ImageName::parse(value);
            if !matches!(setting, Setting::Image(_)) || name.digest.is_some() || name.ecr().is_none() {
                continue;
            }
            if let Ok(Some(found)) = self.image(value).await {
                let whole = name.at(&found.digest);
                locked(&self.images).insert(whole.clone(), Ok(Some(found)));
                locked(&self.pinned).insert(whole.clone(), value.clone());
                *value = whole;
            }
        }
        pinned
    }

    /// Adds to a plan what is missing, as refusals, and what is worth knowing, as notes. A plan that registers nothing
    /// needs no lookup.
    pub async fn add_to(&self, plan: &mut Plan, desired: &Desired) {
        let needs = need::of_plan(plan, desired);
        let findings = join_all(needs.keys().map(|need| self.find(need, desired))).await;
        let deploys = matches!(plan.goal, Goal::Deploy { .. });
        for ((need, key), finding) in needs.into_iter().zip(findings) {
            match finding {
                Finding::Fine => plan.notes.extend(self.resolved(&need, &key).filter(|_| deploys)),
                // Of what the spec has always said, only a deployment speaks.
                Finding::Unknown(_) if !deploys && is_elsewhere(&need) => {}
                Finding::Unknown(text) => plan.notes.push(note(key, NoteKind::Warning, text)),
                Finding::Wrong { why, remedy } => {
                    plan.refusals.push(Refusal { key: Some(key), kind: RefusalKind::Misfit, why, remedy });
                }
            }
        }
    }

    /// What a tag was resolved to.
    fn resolved(&self, need: &Need, key: &ResourceKey) -> Option<Note> {
        let Need::Image { name, .. } = need else { return None };
        let written = locked(&self.pinned).get(name).cloned()?;
        let images = locked(&self.images);
        let found = images.get(name)?.as_ref().ok()?.as_ref()?;
        let platforms = match found.platforms.as_slice() {
            [] => "for which platform could not be read".to_owned(),
            platforms => platforms.join(", "),
        };
        Some(note(key.clone(), NoteKind::Chosen, format!("{written} is {} ({platforms})", found.digest)))
    }

    async fn find(&self, need: &Need, desired: &Desired) -> Finding {
        if let Some(known) = locked(&self.findings).get(need) {
            return known.clone();
        }
        let finding = self.look(need, desired).await;
        locked(&self.findings).insert(need.clone(), finding.clone());
        finding
    }

    async fn look(&self, need: &Need, desired: &Desired) -> Finding {
        match need {
            Need::Image { name, platform } => {
                let parsed = ImageName::parse(name);
                match self.image(name).await {
                    Ok(found) => {
                        let written = locked(&self.pinned).get(name).cloned().unwrap_or_else(|| name.clone());
                        finding::image(&parsed, &written, found.as_ref(), platform)
                    }
                    Err(error) => Finding::not_looked(&format!("image {name}"), &error),
                }
            }
            Need::Role { name, of } => match self.at.role(name).await {
                Ok(found) => finding::role(name, of, found.as_ref(), &desired.account, &desired.region),
                Err(error) => Finding::not_looked(&format!("the {of} {name}"), &error),
            },
            Need::Secret { reference } => self.secret(reference, &desired.region).await,
            Need::LogGroup { name, region } if region.as_ref().is_none_or(|region| *region == desired.region) => {
                match self.at.has_log_group(name).await {
                    Ok(found) => finding::log_group(name, found),
                    Err(error) => Finding::not_looked(&format!("log group {name}"), &error),
                }
            }
            Need::LogGroup { name, .. } => {
                Finding::Unknown(format!("log group {name} is in another region, and was not looked up"))
            }
        }
    }

    /// A secret of Secrets Manager in the environment's region. Its ARN may go on with a JSON key, a stage and a
    /// version ("Pass Secrets Manager secrets through Amazon ECS environment variables").
    async fn secret(&self, reference: &str, region: &str) -> Finding {
        let parts: Vec<&str> = reference.split(':').collect();
        match parts.as_slice() {
            ["arn", _, "secretsmanager", of, _, "secret", _, ..] if *of == region => {
                let arn = parts[..7].join(":");
                match self.at.has_secret(&arn).await {
                    Ok(found) => finding::secret(&arn, found),
                    Err(error) => Finding::not_looked(&format!("secret {arn}"), &error),
                }
            }
            ["arn", _, "secretsmanager", ..] => {
                Finding::Unknown(format!("secret {reference} is in another region, and was not looked up"))
            }
            _ => Finding::Unknown(format!("{reference} is a parameter of Systems Manager, and was not looked up")),
        }
    }

    async fn image(&self, written: &str) -> Looked {
        if let Some(known) = locked(&self.images).get(written) {
            return known.clone();
        }
        let name = ImageName::parse(written);
        let looked = match name.ecr() {
            Some(repository) => self.at.image(&repository, &name).await,
            None => Ok(None),
        };
        locked(&self.images).insert(written.to_owned(), looked.clone());
        looked
    }
}

/// Is it something that envctl never looks up?
fn is_elsewhere(need: &Need) -> bool {
    match need {
        Need::Image { name, .. } => ImageName::parse(name).ecr().is_none(),
        Need::Secret { reference } => !reference.contains(":secretsmanager:"),
        Need::Role { .. } | Need::LogGroup { .. } => false,
    }
}

fn note(key: ResourceKey, kind: NoteKind, text: String) -> Note {
    Note { key: Some(key), kind, text }
}

fn locked<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
