//! What [`TAG_FILES`] says: how far a restore of files is.

use super::{TAG_FILES, Tags};

/// How far a restore of files is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMarkState {
    /// They are to come back where the mark stands.
    Needed,
    /// A rollback takes them back: those of every path that the snapshot holds, wherever the mark stands.
    Back,
    /// They are in place, and what was there before is beside them.
    Done,
    /// They are in place, and nothing is beside them any more.
    Tidied,
}

impl FileMarkState {
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

/// A mark: of which restore, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMark {
    /// How far it is.
    pub state: FileMarkState,
    /// Id of the snapshot.
    pub id: String,
    /// The run that decided it: two tries are one restore.
    pub intent: String,
}

impl FileMark {
    /// A mark in this state.
    pub fn new(state: FileMarkState, id: &str, intent: &str) -> Self {
        Self { state, id: id.to_owned(), intent: intent.to_owned() }
    }

    /// Reads a mark.
    pub fn of(tags: &Tags) -> Option<Self> {
        let (word, rest) = tags.get(TAG_FILES)?.split_once(':')?;
        let (id, intent) = rest.split_once('/')?;
        let state = FileMarkState::ALL.into_iter().find(|state| state.word() == word)?;
        Some(Self::new(state, id, intent))
    }

    /// The same restore in another state.
    pub fn now(&self, state: FileMarkState) -> Self {
        Self { state, ..self.clone() }
    }

    /// The tag that says so.
    pub fn tags(&self) -> Tags {
        Tags::from([(TAG_FILES.to_owned(), format!("{}:{}/{}", self.state.word(), self.id, self.intent))])
    }

    /// Is it still to be done?
    pub fn is_due(&self) -> bool {
        matches!(self.state, FileMarkState::Needed | FileMarkState::Back)
    }

    /// Are the files in place?
    pub fn is_in_place(&self) -> bool {
        matches!(self.state, FileMarkState::Done | FileMarkState::Tidied)
    }

    /// Are both about one and the same restore?
    pub fn is_of(&self, other: &Self) -> bool {
        (&self.id, &self.intent) == (&other.id, &other.intent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_other_words_are_no_mark() {
        for state in FileMarkState::ALL {
            let mark = FileMark::new(state, "20261122t001800z-3fa9", "20261123t001800z-aaaa");
            assert_eq!(FileMark::of(&mark.tags()), Some(mark));
        }
        for text in ["", "done", "done:1", "a-word-of-tomorrow:1/2"] {
            assert_eq!(FileMark::of(&Tags::from([(TAG_FILES.to_owned(), text.to_owned())])), None, "{text}");
        }
    }
}
