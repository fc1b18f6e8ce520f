//! Does a database have the password of its secret? AWS cannot say; a tag of envctl's does.

use super::database::LiveDatabase;
use super::tags::{TAG_PASSWORD, Tags};

/// What the tag [`TAG_PASSWORD`] of a database says. A database without it has the secret's password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordMark {
    /// It has another one: it was restored, or its secret is new.
    Pending,
    /// It was set from the secret.
    Set,
}

impl PasswordMark {
    /// As in the tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Set => "set",
        }
    }

    /// The tag that says so.
    pub fn tags(self) -> Tags {
        Tags::from([(TAG_PASSWORD.to_owned(), self.as_str().to_owned())])
    }
}

impl LiveDatabase {
    /// Is its password still to be set from its secret?
    pub fn lacks_password(&self) -> bool {
        self.says(PasswordMark::Pending)
    }

    /// Does its tag say that its password was set? A database that was never without it need not say so.
    pub fn had_password_set(&self) -> bool {
        self.says(PasswordMark::Set)
    }

    fn says(&self, mark: PasswordMark) -> bool {
        self.tags.get(TAG_PASSWORD).is_some_and(|found| found == mark.as_str())
    }
}
