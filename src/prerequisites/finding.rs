//! What was found out about a need, and what to do about it, in words.

use crate::cloud::CloudError;
use crate::model::{FoundImage, FoundRole, ImageName, Trust};

/// What was found out about a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// It is there and fits.
    Fine,
    /// Nobody can say, and why. No reason to stop: whoever may deploy need not be allowed to read everything.
    Unknown(String),
    /// It is not there or does not fit.
    Wrong {
        /// What is wrong.
        why: String,
        /// What to do about it.
        remedy: String,
    },
}

impl Finding {
    fn wrong(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Wrong { why: why.into(), remedy: remedy.into() }
    }

    /// A lookup that was refused or not answered.
    pub(super) fn not_looked(what: &str, error: &CloudError) -> Self {
        let why = error.code.clone().unwrap_or_else(|| error.message.clone());
        Self::Unknown(format!("{what} was not looked up: {} said {why}", error.operation))
    }
}

/// Is the image in its repository, for this platform?
pub(super) fn image(name: &ImageName, written: &str, found: Option<&FoundImage>, platform: &str) -> Finding {
    let Some(repository) = name.ecr() else {
        return Finding::Unknown(format!("image {written} is not in ECR, and was not looked up"));
    };
    let Some(found) = found else {
        let which = name.digest.as_deref().unwrap_or_else(|| name.tag_or_latest());
        return Finding::wrong(
            format!("there is no image {written} in ECR"),
            format!(
                "push {which} first, or name what is there: aws ecr describe-images --registry-id {} --region {} \
                 --repository-name {}",
                repository.account, repository.region, repository.name
            ),
        );
    };
    if found.runs_on(platform) == Some(false) {
        return Finding::wrong(
            format!("image {written} is not for {platform}: it is for {}", found.platforms.join(", ")),
            format!("build it for {platform} (docker buildx build --platform {platform}), or correct `architecture`"),
        );
    }
    Finding::Fine
}

/// Is the role there, and may tasks take it on?
pub(super) fn role(name: &str, of: &str, found: Option<&FoundRole>, account: &str, region: &str) -> Finding {
    let field = of.replace(' ', "_");
    let Some(found) = found else {
        let why = format!("the {of} {name} does not exist in account {account}");
        return Finding::wrong(why, format!("make it, or correct `{field}` in the spec"));
    };
    match found.trusts_tasks(account, region) {
        Trust::Given => Finding::Fine,
        Trust::Missing(why) => Finding::wrong(
            format!("tasks cannot take on the {of} {name}: {why}"),
            format!("let its trust policy allow sts:AssumeRole to ecs-tasks.amazonaws.com, or correct `{field}`"),
        ),
        Trust::Unclear(why) => {
            Finding::Unknown(format!("whether tasks can take on the {of} {name} is not clear: {why}"))
        }
    }
}

/// Is the secret there?
pub(super) fn secret(reference: &str, found: bool) -> Finding {
    if found {
        return Finding::Fine;
    }
    Finding::wrong(
        format!("there is no secret {reference}, or it waits for its deletion"),
        "make it in Secrets Manager, or correct `valueFrom` in the template",
    )
}

/// Is the log group there?
pub(super) fn log_group(name: &str, found: bool) -> Finding {
    if found {
        return Finding::Fine;
    }
    Finding::wrong(
        format!("there is no log group {name}, and the spec does not declare it"),
        "declare it under `log:` of the service, or let \"awslogs-create-group\" make it",
    )
}
