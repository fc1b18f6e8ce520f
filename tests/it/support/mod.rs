//! [`TestEnvironment`]: a workspace in a temporary folder, and the built binary with nothing of the machine around it.

mod borrowed;
#[cfg(feature = "aws")]
pub(crate) mod emulator;
#[cfg(feature = "aws")]
pub(crate) mod fault_proxy;
mod rounds;
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) use self::borrowed::Borrowed;
pub(crate) use self::rounds::until_no_more;

/// A workspace with the environments and templates that ship.
pub(crate) struct TestEnvironment {
    folder: tempfile::TempDir,
    /// More environment variables for every command.
    variables: Vec<(String, String)>,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Exit code.
    pub(crate) code: i32,
    /// What it wrote to stdout, masked.
    pub(crate) stdout: String,
    /// What it wrote to stderr, masked.
    pub(crate) stderr: String,
}

/// The shipped spec of staging without what the checklist adds to it.
pub(crate) fn without_checklist(staging: &str) -> String {
    let plain = staging.split("\n# The checklist of a deployment.").next().unwrap_or(staging);
    let lines: Vec<&str> = plain.lines().filter(|line| !line.ends_with("# C1b")).collect();
    lines.join("\n") + "\n"
}

impl TestEnvironment {
    /// The shipped workspace without its checklist: tests add checks and releases of their own.
    pub(crate) fn new() -> Self {
        let environment = Self::shipped("");
        let staging = environment.read("environments/staging.yaml");
        environment.write("environments/staging.yaml", &without_checklist(&staging));
        environment
    }

    /// A workspace of the repository as it is shipped: `examples`, or nothing for the one at the root.
    pub(crate) fn shipped(workspace: &str) -> Self {
        let environment = Self::empty();
        for folder in ["environments", "templates"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(workspace).join(folder);
            copy(&from, &environment.path(folder));
        }
        environment
    }

    /// The shipped workspace with a simulated cloud that begins at a known time: the same day in every run.
    pub(crate) fn on_a_known_day() -> Self {
        let environment = Self::new();
        environment.done(&["sim", "reset", "--start", "2026-11-22T08:00:00Z", "--seed", "7"]);
        environment
    }

    /// Another workspace in which everything is as in this one, the simulated cloud too.
    pub(crate) fn copy(&self) -> Self {
        let other =
            Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: self.variables.clone() };
        copy(self.folder.path(), other.folder.path());
        other
    }

    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: Vec::new() }
    }

    /// Sets an environment variable for every command from here on.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A path in the workspace.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The text of a file in the workspace.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file below the workspace that holds a text.
    #[cfg(feature = "aws")]
    pub(crate) fn files_with(&self, text: &str) -> Vec<PathBuf> {
        let holds = |path: &PathBuf| {
            let content = std::fs::read(path).expect("a file");
            content.windows(text.len()).any(|window| window == text.as_bytes())
        };
        files(self.folder.path()).into_iter().filter(holds).collect()
    }

    /// Writes a file in the workspace.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }

    /// Replaces a text in a file that must hold it.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} holds no `{from}`");
        self.write(path, &text.replacen(from, to, 1));
    }

    /// Runs envctl in the workspace on the simulated cloud, without a terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        let output = self.command(arguments).output().expect("the binary runs");
        self.answer(&output)
    }

    /// [`TestEnvironment::run`], which must end with 0; its stdout.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.code, 0, "envctl {}\n{}{}", arguments.join(" "), answer.stdout, answer.stderr);
        answer.stdout
    }

    /// [`TestEnvironment::done`] with `--output json`, parsed.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let arguments = [arguments, &["--output", "json"]].concat();
        let stdout = self.done(&arguments);
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
    }

    /// The command, not yet run: for tests that need pipes or signals.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_envctl"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("HOSTNAME", "laptop")
            .env("USER", "anna")
            .env("ENVCTL_CLOUD", "sim")
            .env("COLUMNS", "100")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Masks what differs from run to run.
    pub(crate) fn answer(&self, output: &Output) -> Answer {
        let mask = |bytes: &[u8]| {
            let folder = self.folder.path();
            let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            String::from_utf8_lossy(bytes)
                .replace(&real.display().to_string(), "WORKSPACE")
                .replace(&folder.display().to_string(), "WORKSPACE")
        };
        Answer { code: output.status.code().unwrap_or(-1), stdout: mask(&output.stdout), stderr: mask(&output.stderr) }
    }
}

impl Answer {
    /// The answer with `STAMP` for times and ids, and `N` for how long things took: what may change with the
    /// durations of the simulated cloud without anybody caring.
    pub(crate) fn masked(&self) -> String {
        self.to_string().lines().map(mask_line).collect::<Vec<_>>().join("\n")
    }
}

/// Masks word by word; the spaces between them stay.
fn mask_line(line: &str) -> String {
    let mut masked: Vec<String> = line.split(' ').map(mask_word).collect();
    for index in 1..masked.len() {
        let unit = masked[index].trim_matches(|letter: char| !letter.is_alphanumeric());
        let number = masked[index - 1].trim_start_matches('(');
        if ["s", "min", "h", "d"].contains(&unit) && number.parse::<u32>().is_ok() {
            masked[index - 1] = masked[index - 1].replace(number, "N");
        }
    }
    masked.join(" ")
}

/// `…-20261122t080000z-1a2b`, `20261122T080000Z-1a2b`, `2026-11-22T08:00:00Z`, `5:35`.
fn mask_word(word: &str) -> String {
    let is_stamp = |text: &str| {
        text.len() == 16 && text[..8].bytes().all(|byte| byte.is_ascii_digit()) && text.ends_with(['Z', 'z'])
    };
    let mut parts: Vec<&str> = word.split('-').collect();
    if let Some(at) = parts.iter().position(|part| is_stamp(part)) {
        let tail =
            parts.get(at + 1).map_or("", |last| last.trim_start_matches(|letter: char| letter.is_ascii_hexdigit()));
        parts.truncate(at);
        parts.push("STAMP");
        return parts.join("-") + tail;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    match word.split_once(':') {
        Some((minutes, seconds)) if digits(minutes) && digits(seconds) => "N:NN".to_owned(),
        Some((date, _)) if date.starts_with("2026-") && word.contains('Z') => "TIME".to_owned(),
        _ => word.to_owned(),
    }
}

impl std::fmt::Display for Answer {
    /// Both streams and the code, as a reader of a terminal would see them one after the other.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(formatter, "── {name}\n{}", text.trim_end())?;
            }
        }
        write!(formatter, "── exit {}", self.code)
    }
}

/// Every file below a folder.
#[cfg(feature = "aws")]
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let target = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).expect("a file");
        }
    }
}
