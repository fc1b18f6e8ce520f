//! Who runs envctl, and where.

/// A person (or a CI job) on a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Login name; in CI the person who started the run.
    pub(super) user: String,
    /// Host name.
    pub(super) host: String,
    /// Address of the CI run; `None`: no CI that is known.
    pub(super) ci_run: Option<String>,
}

impl Identity {
    /// From the environment variables of shells and CI services.
    pub(super) fn of_this_process() -> Self {
        let first = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| std::env::var(name).ok().map(|value| printable(&value)).filter(|v| !v.is_empty()))
        };
        let host = first(&["HOSTNAME"])
            .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|text| printable(&text)))
            .or_else(|| first(&["COMPUTERNAME", "HOST"]))
            .filter(|host| !host.is_empty())
            .unwrap_or_else(|| "unknown-host".to_owned());
        let github = || {
            let (server, repository, run) =
                (first(&["GITHUB_SERVER_URL"])?, first(&["GITHUB_REPOSITORY"])?, first(&["GITHUB_RUN_ID"])?);
            Some(format!("{server}/{repository}/actions/runs/{run}"))
        };
        Self {
            user: first(&["ENVCTL_USER", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME", "USERNAME"])
                .unwrap_or_else(|| "somebody".to_owned()),
            host,
            ci_run: github().or_else(|| first(&["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL"])),
        }
    }

    /// `anna@laptop`.
    pub(super) fn who(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }
}

/// Letters that may stand in a tag and on a terminal, at most 100 of them.
fn printable(text: &str) -> String {
    let allowed = |letter: &char| letter.is_alphanumeric() || "+-=._:/@".contains(*letter);
    text.trim().chars().filter(allowed).take(100).collect()
}
