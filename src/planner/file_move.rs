//! The one-off task that moves restored files into place, and what was there aside. It mounts the root of the file
//! system, because AWS Backup puts recovery directories there and nobody tells their names beforehand; it reads the
//! names that begin with `aws-backup-restore_` and touches nothing but the path, its former content and what it moves.

use serde_json::{Value, json};

use crate::model::{
    AccessPointSpec, Action, Capacity, MOVE_ASIDE, MOVE_PATH, MOVE_WHAT, ResourceKey, ResourceKind, StepId, Subject,
    TaskRun, Until, Wait, late_text,
};

use super::draft::{Draft, NewStep};
use super::durations;
use super::file_system;
use super::situation::{Situation, key};

/// The name of its container.
const CONTAINER: &str = "move";

/// What is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Moves what was restored into place; nothing restored is an error.
    Place,
    /// The same on a file system that was made for it, which may never have held the path.
    PlaceIfThere,
    /// Removes everything that was put aside.
    Discard,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::PlaceIfThere => "if-there",
            Self::Discard => "discard",
        }
    }
}

/// The task: each line can be run again after it was interrupted. Two renames within one file system: nothing is copied,
/// and nothing is ever deleted but directories that are empty, and what was put aside when that is asked for.
const SCRIPT: &str = r#"set -eu
cd /files
path="$ENVCTL_PATH" aside="$ENVCTL_ASIDE"
if [ "$ENVCTL_WHAT" = discard ]; then
  for former in ".$path".before-????????t??????z-????; do
    if [ -e "$former" ]; then echo "removing $former"; rm -rf -- "$former"; fi
  done
  exit 0
fi
if [ -e ".$aside" ] && [ -e ".$path" ]; then echo "in place already"; exit 0; fi
found=""
for directory in aws-backup-restore_*; do
  if [ -e "$directory$path" ]; then found="$directory"; fi
done
if [ -z "$found" ]; then
  if [ "$ENVCTL_WHAT" = if-there ]; then echo "the snapshot holds nothing below $path"; exit 0; fi
  echo "no restored $path below any aws-backup-restore_* directory" >&2
  exit 3
fi
if [ -e ".$path" ]; then
  mv -- ".$path" ".$aside"
else
  mkdir -p -- ".$aside"
fi
mkdir -p -- "$(dirname ".$path")"
mv -- "$found$path" ".$path"
left="$(dirname "$found$path")"
while [ "$left" != . ] && rmdir -- "$left" 2>/dev/null; do left="$(dirname "$left")"; done
echo "$path is restored, its former content is $aside"
"#;

/// Runs the task after these steps; the step after which the files are in place.
pub(super) fn run(
    s: &Situation,
    name: &str,
    spec: &AccessPointSpec,
    aside: &str,
    what: What,
    after: Vec<StepId>,
    draft: &mut Draft,
) -> StepId {
    let family = family(s, name);
    let system = key(ResourceKind::FileSystem, &spec.file_system);
    let definition = definition_key(name);
    let action = Action::RegisterTaskDefinition {
        key: definition.clone(),
        family: family.clone(),
        document: document(s, spec, &family, aside, what, draft),
        tags: s.desired.tags_of(&definition),
    };
    let title = format!("register task definition {family}");
    let why = match what {
        What::Discard => "a one-off task removes what was put aside",
        What::Place | What::PlaceIfThere => "a one-off task moves restored files into place",
    };
    draft.add(NewStep::new(format!("register-{definition}"), title, action).because(why));
    let key = key(ResourceKind::Task, &format!("{name}.files"));
    let run = TaskRun {
        cluster: s.desired.cluster.clone().unwrap_or_default(),
        task_definition: late_text(&definition, "arn"),
        capacity: Capacity::OnDemand,
        subnets: s.subnets.clone().unwrap_or_default(),
        security_groups: s.security_groups.clone().unwrap_or_default(),
        assign_public_ip: s.desired.network.assign_public_ip,
        tags: s.desired.tags_of(&key),
    };
    let title = match what {
        What::Discard => format!("remove the former content of {}", spec.path),
        What::Place | What::PlaceIfThere => format!("move the restored files to {}", spec.path),
    };
    let mounted = draft.ready(&system);
    let step = NewStep::new(format!("run-{key}"), title, Action::RunTask { key: key.clone(), run })
        .because(why)
        .after(mounted.into_iter().chain(after))
        .until(Wait {
            subject: Subject::Task {
                cluster: s.desired.cluster.clone().unwrap_or_default(),
                arn: late_text(&key, "arn"),
            },
            key,
            until: Until::TaskSucceeded { container: CONTAINER.to_owned(), expect: Vec::new(), reject: Vec::new() },
            deadline_seconds: durations::MOVE_DEADLINE,
        });
    draft.add(step)
}

/// Removes the task's revisions when it is done: nobody runs them again.
pub(super) fn forget(s: &Situation, name: &str, after: &[StepId], draft: &mut Draft) {
    let key = definition_key(name);
    let family = family(s, name);
    let action = Action::DeleteTaskDefinitions { key: key.clone(), family: family.clone() };
    let step = NewStep::new(format!("forget-{key}"), format!("delete the revisions of {family}"), action);
    draft.add(step.because("its one task is done").after(after.iter().cloned()));
}

fn definition_key(name: &str) -> ResourceKey {
    key(ResourceKind::TaskDefinition, &format!("{name}.files"))
}

fn family(s: &Situation, name: &str) -> String {
    let whole = format!("{}-{}-{name}-files", s.desired.application, s.desired.environment);
    whole.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' }).collect()
}

fn document(s: &Situation, spec: &AccessPointSpec, family: &str, aside: &str, what: What, draft: &Draft) -> Value {
    let backup = &s.desired.backup;
    let mut document = json!({
        "family": family,
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{
            "name": CONTAINER,
            "image": backup.image,
            "essential": true,
            "user": "0",
            "entryPoint": ["sh", "-c"],
            "command": [SCRIPT],
            "environment": [
                {"name": MOVE_PATH, "value": spec.path},
                {"name": MOVE_ASIDE, "value": aside},
                {"name": MOVE_WHAT, "value": what.word()},
            ],
            "mountPoints": [{"sourceVolume": "files", "containerPath": "/files", "readOnly": false}],
        }],
        "volumes": [{
            "name": "files",
            "efsVolumeConfiguration": {
                "fileSystemId": file_system::id(s, &spec.file_system, draft),
                "rootDirectory": "/",
                "transitEncryption": "ENABLED",
            },
        }],
    });
    if let (Some(role), Some(fields)) = (&backup.execution_role, document.as_object_mut()) {
        fields.insert("executionRoleArn".to_owned(), json!(role));
    }
    document
}
