//! What a rollback of data goes back to: the revision and the snapshot that the last release began with, or those that
//! somebody names.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    DataBefore, DatabaseSpec, DatabaseState, LiveDatabase, LiveSnapshot, NoteKind, RefusalKind, ResourceKey,
    ResourceKind, Sighting, TAG_SCRUB, TAG_SOURCE, present,
};

use super::draft::Draft;
use super::file_mark::{self, Mark, State};
use super::file_rollback::{self, FilesBack};
use super::replacement::{self, DataRollback};
use super::rollback::{self, Back};
use super::situation::{Found, Situation, key};
use super::{power, snapshot_fit};

/// Finds out what to go back to; `None` after a refusal.
pub(super) fn begin(
    s: &Situation,
    to: &BTreeMap<String, String>,
    asked: Option<&str>,
    draft: &mut Draft,
) -> Option<DataRollback> {
    let environment = &s.desired.environment;
    if power::remembered(s.desired, s.live).is_none_or(|power| power.is_asleep()) {
        let remedy = format!("bring it up first: envctl up {environment}");
        draft.refuse(None, RefusalKind::Impossible, format!("{environment} is not up"), remedy);
        return None;
    }
    let services = backs(s, to, asked, draft);
    let moments: BTreeSet<String> = match asked {
        Some(asked) => BTreeSet::from([asked.to_lowercase()]),
        None => services.keys().filter_map(|name| data_before(s, name)).map(|before| before.moment).collect(),
    };
    let named = |name: &String| services.get(name).is_none_or(|back| asked.is_some() || goes_with(s, name, back));
    let others = services.keys().find(|name| !named(name));
    let [moment] = moments.iter().collect::<Vec<_>>()[..] else {
        refuse_unknown(s, draft);
        return None;
    };
    if others.is_some() {
        refuse_unknown(s, draft);
        return None;
    }
    let id = file_rollback::id_of(s, moment);
    if let Some(id) = &id {
        file_rollback::refuse_half(s, id, draft);
    }
    if !draft.refusals.is_empty() {
        return None;
    }
    let data: Vec<(&String, Chosen)> = s
        .desired
        .databases
        .iter()
        .filter_map(|(name, spec)| Some((name, snapshot_for(s, name, spec, moment, draft)?)))
        .collect();
    let paths = file_rollback::paths(s, id.as_deref(), draft);
    if data.is_empty() && paths.is_empty() {
        refuse_nothing(s, moment, draft);
    }
    // Asked for once more, a snapshot that is back takes no service one revision further.
    let is_back = data.iter().all(|(_, chosen)| chosen.came) && paths.iter().all(|(_, came)| *came);
    let goes = |name: &String| asked.is_none() || !is_back || to.contains_key(name);
    let services = services.into_iter().filter(|(name, _)| goes(name)).collect();
    draft.refusals.is_empty().then(|| together(s, services, data, (id, paths), draft))
}

/// Everything goes back together. What came back already stays with what was written since, when all of it did, or when
/// the rest is on its way.
fn together(
    s: &Situation,
    services: BTreeMap<String, Back>,
    data: Vec<(&String, Chosen)>,
    (id, paths): (Option<String>, Vec<(&String, bool)>),
    draft: &mut Draft,
) -> DataRollback {
    let begun = file_mark::back(s);
    let is_under_way = begun.is_some() || replacement::any_is_due(s);
    let all_came = data.iter().all(|(_, chosen)| chosen.came) && paths.iter().all(|(_, came)| *came);
    let stays = |came: bool| came && (all_came || is_under_way);
    let mut snapshots = BTreeMap::new();
    for (name, Chosen { snapshot, came }) in data {
        if stays(came) {
            let identifier = &s.desired.databases[name].identifier;
            let text = format!("{identifier} came from {snapshot} already: what was written since stays");
            draft.note(Some(key(ResourceKind::Database, name)), NoteKind::NotDone, text);
        } else {
            snapshots.insert(name.clone(), snapshot);
        }
    }
    let mut back = BTreeSet::new();
    for (name, came) in paths {
        if stays(came) {
            let text = format!(
                "the files below {} came back already: what was written since stays",
                s.desired.access_points[name].path
            );
            draft.note(Some(key(ResourceKind::AccessPoint, name)), NoteKind::NotDone, text);
        } else {
            back.insert(name.clone());
        }
    }
    let mark = begun.or_else(|| Some(Mark::new(State::Back, &id?, &file_mark::intent(s))));
    let files = mark.filter(|_| !back.is_empty()).map(|mark| FilesBack { mark, paths: back });
    DataRollback { services, snapshots, files }
}

fn refuse_nothing(s: &Situation, moment: &str, draft: &mut Draft) {
    if !draft.refusals.is_empty() {
        return;
    }
    let environment = &s.desired.environment;
    let why = format!("there is no snapshot {moment} of {environment}");
    let remedy = format!("`envctl snapshot list {environment}` names those that there are");
    draft.refuse(None, RefusalKind::Misfit, why, remedy);
}

/// Does the service go back to the very revision that ran when the snapshot was taken?
fn goes_with(s: &Situation, name: &str, back: &Back) -> bool {
    data_before(s, name).is_some_and(|before| before.revision == back.revision)
}

fn refuse_unknown(s: &Situation, draft: &mut Draft) {
    let environment = &s.desired.environment;
    let taken_back = |live: &LiveDatabase| live.replaces().is_some() && live.replacement_due().is_none();
    if let Some((name, live)) = present(&s.live.databases).find(|(_, live)| taken_back(live)) {
        let source = live.tags.get(TAG_SOURCE).map_or("", String::as_str).trim_start_matches("snapshot:");
        let text = format!("{} came back from {source} with the rollback before", live.identifier);
        draft.note(Some(key(ResourceKind::Database, name)), NoteKind::NotDone, text);
    }
    draft.refuse(
        None,
        RefusalKind::Impossible,
        format!("nothing says which snapshot the last release of {environment} began with"),
        format!(
            "name one: --snapshot ID (`envctl snapshot list {environment}`); `envctl deploy --snapshot` takes one and \
             remembers it"
        ),
    );
}

fn data_before(s: &Situation, name: &str) -> Option<DataBefore> {
    s.live.services.get(name).and_then(Sighting::present).and_then(DataBefore::of)
}

/// Where each service goes back to. One that nobody names, and whose last release is not known, runs on as it is.
fn backs(
    s: &Situation,
    to: &BTreeMap<String, String>,
    asked: Option<&str>,
    draft: &mut Draft,
) -> BTreeMap<String, Back> {
    let begun = s.desired.services.keys().filter_map(|name| data_before(s, name)).map(|before| before.moment);
    // A service that was not part of the last release may remember an older one.
    let newest = begun.max();
    let of_last = |before: &DataBefore| asked.is_none() && Some(&before.moment) == newest.as_ref();
    let mut backs = BTreeMap::new();
    for (name, spec) in &s.spec.services {
        let key = key(ResourceKind::Service, name);
        let live = match s.look(draft, &key, &s.live.services) {
            Found::Ours(live) if live.is_active() => live,
            Found::Ours(_) | Found::Absent => {
                let remedy = format!("bring it up first: envctl up {}", s.desired.environment);
                draft.refuse(Some(key.clone()), RefusalKind::Impossible, format!("{key} is not there"), remedy);
                continue;
            }
            Found::Blocked => continue,
        };
        let back = match (to.get(name), DataBefore::of(live)) {
            (Some(revision), _) => Some(rollback::to_revision(s, spec, live, revision)),
            (None, Some(before)) if of_last(&before) => Some(rollback::to_begun_with(s, spec, live, &before.revision)),
            (None, _) if asked.is_some() => rollback::before(live),
            (None, _) => None,
        };
        backs.extend(back.map(|back| (name.clone(), back)));
    }
    backs
}

/// What a database goes back to.
struct Chosen {
    snapshot: String,
    /// Its data came from there with a rollback before.
    came: bool,
}

/// The snapshot of this database; `None`: it is refused.
fn snapshot_for(s: &Situation, name: &str, spec: &DatabaseSpec, asked: &str, draft: &mut Draft) -> Option<Chosen> {
    let key = key(ResourceKind::Database, name);
    let of_moment = format!("{}-{asked}", spec.identifier.to_lowercase());
    let all = || s.live.snapshots.get(name).and_then(Sighting::present).into_iter().flatten();
    let Some(found) = all().find(|one| one.identifier == asked || one.identifier == of_moment) else {
        let why = format!("there is no snapshot {asked} of {}", spec.identifier);
        let remedy = format!("`envctl snapshot list {}` names those that there are", s.desired.environment);
        draft.refuse(Some(key), RefusalKind::Misfit, why, remedy);
        return None;
    };
    if let Some(due) = replacement::due_snapshot(s, name).filter(|due| *due != found.identifier) {
        let why = format!("a rollback to the data of {due} has begun and not ended");
        let remedy = format!("`envctl up {}` ends it; then go back to another snapshot", s.desired.environment);
        draft.refuse(Some(key), RefusalKind::Impossible, why, remedy);
        return None;
    }
    refuse_unfit(s, &key, spec, found, draft);
    let live = match s.live.databases.get(name) {
        Some(Sighting::Present(live)) => live,
        Some(Sighting::Absent) if replacement::is_due(s, name) => {
            return Some(Chosen { snapshot: found.identifier.clone(), came: false });
        }
        _ => {
            let remedy = format!("bring it up first: envctl up {}", s.desired.environment);
            draft.refuse(Some(key.clone()), RefusalKind::Impossible, format!("{key} is not there"), remedy);
            return None;
        }
    };
    let usable = !matches!(live.state(), DatabaseState::Stopped | DatabaseState::Deleting | DatabaseState::Broken);
    if !usable {
        let remedy = format!("bring it up first: envctl up {}", s.desired.environment);
        let why = format!("{} is {}", live.identifier, live.status);
        draft.refuse(Some(key), RefusalKind::Impossible, why, remedy);
        return None;
    }
    let source = format!("snapshot:{}", found.identifier);
    let came = live.replaces().is_some() && live.replacement_due().is_none();
    Some(Chosen { snapshot: found.identifier.clone(), came: came && live.tags.get(TAG_SOURCE) == Some(&source) })
}

fn refuse_unfit(s: &Situation, key: &ResourceKey, spec: &DatabaseSpec, found: &LiveSnapshot, draft: &mut Draft) {
    let name = &found.identifier;
    let mut refuse = |why: String, remedy: &str| draft.refuse(Some(key.clone()), RefusalKind::Misfit, why, remedy);
    if !s.desired.owns(&found.tags) || found.tags.get(TAG_SCRUB).is_some_and(|mark| mark == "needed") {
        let remedy = "`down --mode hibernate`, then `up --from` brings other data in, and cleans it first";
        refuse(format!("snapshot {name} does not hold this environment's own, clean data"), remedy);
    }
    if !found.is_available() {
        refuse(format!("snapshot {name} is {}", found.status), "wait until it is available, or name another one");
    }
    snapshot_fit::check(key, spec, found, false, draft);
}
