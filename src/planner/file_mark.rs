//! What [`TAG_FILES`] says: which files are to come back, and which have.

use crate::model::{AccessPointSpec, LiveDatabase, Sighting, TAG_FILES, Tags, present};

use super::situation::Situation;

/// How far a restore of files is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// They are to come back where the mark stands.
    Needed,
    /// A rollback takes them back: those of every path that the snapshot holds, wherever the mark stands.
    Back,
    /// They are in place, and what was there before is beside them.
    Done,
    /// They are in place, and nothing is beside them any more.
    Tidied,
}

impl State {
    const ALL: [Self; 4] = [Self::Needed, Self::Back, Self::Done, Self::Tidied];

    fn word(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Back => "back",
            Self::Done => "done",
            Self::Tidied => "tidied",
        }
    }
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) state: State,
    /// Id of the snapshot.
    pub(super) id: String,
    /// The run that decided it: two tries are one restore.
    pub(super) intent: String,
}

impl Mark {
    pub(super) fn new(state: State, id: &str, intent: &str) -> Self {
        Self { state, id: id.to_owned(), intent: intent.to_owned() }
    }

    /// Reads a mark.
    pub(super) fn of(tags: &Tags) -> Option<Self> {
        let (word, rest) = tags.get(TAG_FILES)?.split_once(':')?;
        let (id, intent) = rest.split_once('/')?;
        let state = State::ALL.into_iter().find(|state| state.word() == word)?;
        Some(Self::new(state, id, intent))
    }

    /// The same restore in another state.
    pub(super) fn now(&self, state: State) -> Self {
        Self { state, ..self.clone() }
    }

    /// The tag that says so.
    pub(super) fn tags(&self) -> Tags {
        Tags::from([(TAG_FILES.to_owned(), format!("{}:{}/{}", self.state.word(), self.id, self.intent))])
    }

    /// Is it still to be done?
    pub(super) fn is_due(&self) -> bool {
        matches!(self.state, State::Needed | State::Back)
    }

    /// Are the files in place?
    pub(super) fn is_in_place(&self) -> bool {
        matches!(self.state, State::Done | State::Tidied)
    }

    /// Are both about one and the same restore?
    pub(super) fn is_of(&self, other: &Self) -> bool {
        (&self.id, &self.intent) == (&other.id, &other.intent)
    }
}

/// A new intent: of this run, and of no other.
pub(super) fn intent(s: &Situation) -> String {
    format!("{}-{}", s.policy.now.strftime("%Y%m%dT%H%M%SZ"), s.policy.suffix).to_lowercase()
}

/// The mark of a path.
pub(super) fn of_path(s: &Situation, name: &str) -> Option<Mark> {
    let live = s.live.access_points.get(name).and_then(Sighting::present)?;
    s.desired.owns(&live.tags).then(|| Mark::of(&live.tags)).flatten()
}

/// What an earlier run began and did not end, for this path.
pub(super) fn unfinished(s: &Situation, name: &str, spec: &AccessPointSpec) -> Option<Mark> {
    let own = of_path(s, name);
    let system = s.live.file_systems.get(&spec.file_system).and_then(Sighting::present).map(|live| &live.tags);
    let system = system.filter(|tags| s.desired.owns(tags)).and_then(Mark::of);
    let restored = present(&s.live.databases).filter(|(_, live)| s.desired.owns(&live.tags));
    let restored = restored.filter_map(|(_, live)| Mark::of(&live.tags)).filter(|mark| mark.state == State::Needed);
    let mut due = own.clone().into_iter().chain(system).chain(restored).chain(back(s)).filter(Mark::is_due);
    let mark = due.next()?;
    let in_place = own.is_some_and(|own| own.is_in_place() && own.is_of(&mark));
    (!in_place).then_some(mark)
}

/// The rollback of files that has begun: on a database that is due to be replaced with it, or on a path.
pub(super) fn back(s: &Situation) -> Option<Mark> {
    let goes = |live: &&LiveDatabase| live.replacement_due().is_some() && s.desired.owns(&live.tags);
    let databases = present(&s.live.databases).map(|(_, live)| live).filter(goes);
    let paths = s.desired.access_points.keys().filter_map(|name| of_path(s, name));
    let mut marks = databases.filter_map(|live| Mark::of(&live.tags)).chain(paths);
    marks.find(|mark| mark.state == State::Back)
}

/// Is a rollback of files due, of any path?
pub(super) fn is_back_due(s: &Situation) -> bool {
    let due = |(name, spec): (&String, &AccessPointSpec)| {
        spec.snapshot && unfinished(s, name, spec).is_some_and(|mark| mark.state == State::Back)
    };
    s.desired.access_points.iter().any(due)
}
