//! The workspace: the folder that holds `environments/` and `templates/`. Finds it, and reads the texts in it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Folder of the specs, below the workspace.
pub const ENVIRONMENTS: &str = "environments";
/// Folder of the templates, below the workspace.
pub const TEMPLATES: &str = "templates";
/// Largest spec or template, bytes. Everything bigger is a mistake, or an attack on the parser.
pub const LARGEST_TEXT_BYTES: u64 = 1_000_000;
/// Most files below a folder: a workspace in the wrong place must not read a whole disk.
const MOST_FILES: usize = 10_000;
/// Deepest folder below it.
const DEEPEST_FOLDER: usize = 8;

/// A workspace on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    root: PathBuf,
}

/// Texts of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// By path below the workspace.
    pub by_path: BTreeMap<String, String>,
    /// Files that are there but cannot be used: too large, no text, not allowed.
    pub unreadable: Vec<WorkspaceError>,
}

/// Why a workspace could not be found or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkspaceError {
    /// Neither this folder nor one above it holds `environments/`.
    #[error("no workspace: neither {} nor a folder above it holds `{ENVIRONMENTS}/`", .start.display())]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// The folder given holds no `environments/`.
    #[error("{} is no workspace: it holds no `{ENVIRONMENTS}/`", .folder.display())]
    NotAWorkspace {
        /// The folder given.
        folder: PathBuf,
    },
    /// There is no such environment.
    #[error("there is no environment `{name}`")]
    UnknownEnvironment {
        /// The name asked for.
        name: String,
        /// The nearest name there is; `None`: nothing is near.
        nearest: Option<String>,
        /// Every name there is.
        known: Vec<String>,
    },
    /// A file is larger than [`LARGEST_TEXT_BYTES`].
    #[error("{path} is larger than {} MB", LARGEST_TEXT_BYTES / 1_000_000)]
    TooLarge {
        /// Path below the workspace.
        path: String,
    },
    /// A file is no UTF-8.
    #[error("{path} is no UTF-8 text")]
    NotText {
        /// Path below the workspace.
        path: String,
    },
    /// There are more files, or deeper folders, than a workspace has.
    #[error("`{folder}/` holds more than {MOST_FILES} files, or folders deeper than {DEEPEST_FOLDER}")]
    TooMany {
        /// The folder.
        folder: String,
    },
    /// The operating system refused.
    #[error("{path}: {why}")]
    Unreadable {
        /// Path below the workspace.
        path: String,
        /// The operating system's words.
        why: String,
    },
}

impl WorkspaceError {
    /// The file that cannot be used, as a path below the workspace; `None`: it is not about one file.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::TooLarge { path } | Self::NotText { path } | Self::Unreadable { path, .. } => Some(path),
            Self::NotFound { .. }
            | Self::NotAWorkspace { .. }
            | Self::UnknownEnvironment { .. }
            | Self::TooMany { .. } => None,
        }
    }
}

impl Workspace {
    /// The workspace that this folder, or the nearest folder above it, is.
    ///
    /// # Errors
    /// [`WorkspaceError::NotFound`].
    pub fn find(start: &Path) -> Result<Self, WorkspaceError> {
        start
            .ancestors()
            .find(|folder| folder.join(ENVIRONMENTS).is_dir())
            .map(|root| Self { root: root.to_owned() })
            .ok_or_else(|| WorkspaceError::NotFound { start: start.to_owned() })
    }

    /// This very folder.
    ///
    /// # Errors
    /// [`WorkspaceError::NotAWorkspace`].
    pub fn at(folder: &Path) -> Result<Self, WorkspaceError> {
        if folder.join(ENVIRONMENTS).is_dir() {
            Ok(Self { root: folder.to_owned() })
        } else {
            Err(WorkspaceError::NotAWorkspace { folder: folder.to_owned() })
        }
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where envctl keeps what is its own here: the simulated cloud's world, and the store unless it is elsewhere.
    pub fn state_folder(&self) -> PathBuf {
        self.root.join(".envctl")
    }

    /// Path of an environment's spec, below the workspace.
    pub fn spec_path(environment: &str) -> String {
        format!("{ENVIRONMENTS}/{environment}.yaml")
    }

    /// Names of the environments, sorted. Files that begin with `_` are for `extends:` alone.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn environments(&self) -> Result<Vec<String>, WorkspaceError> {
        let entries =
            self.root.join(ENVIRONMENTS).read_dir().map_err(|error| unreadable(&format!("{ENVIRONMENTS}/"), &error))?;
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned))
            .filter(|name| !name.starts_with(['_', '.']) && !name.is_empty())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Makes sure that an environment of this name has a spec.
    ///
    /// # Errors
    /// [`WorkspaceError::UnknownEnvironment`], with the nearest name.
    pub fn require(&self, environment: &str) -> Result<(), WorkspaceError> {
        let known = self.environments()?;
        if known.iter().any(|name| name == environment) {
            return Ok(());
        }
        let bare = Path::new(environment).file_stem().and_then(|stem| stem.to_str()).unwrap_or(environment);
        let nearest = known
            .iter()
            .map(|name| (strsim::damerau_levenshtein(bare, name), name))
            .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
            .min()
            .map(|(_, name)| name.clone());
        Err(WorkspaceError::UnknownEnvironment { name: environment.to_owned(), nearest, known })
    }

    /// The text at this path below the workspace; `None` when there is no such file.
    ///
    /// # Errors
    /// When it is there and cannot be read, is too large, or is no UTF-8.
    pub fn text(&self, path: &str) -> Result<Option<String>, WorkspaceError> {
        let file = match File::open(self.root.join(path)) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(unreadable(path, &error)),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST_TEXT_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
        if bytes.len() as u64 > LARGEST_TEXT_BYTES {
            return Err(WorkspaceError::TooLarge { path: path.to_owned() });
        }
        String::from_utf8(bytes).map(Some).map_err(|_| WorkspaceError::NotText { path: path.to_owned() })
    }

    /// Puts another text in the place of a file that is there, at once: a reader sees the old one or the new one. Its
    /// permissions stay, and where it is a link, what it leads to is replaced.
    ///
    /// # Errors
    /// When the file is not there or cannot be written.
    pub fn rewrite(&self, path: &str, text: &str) -> Result<(), WorkspaceError> {
        let failed = |error: std::io::Error| unreadable(path, &error);
        let file = self.root.join(path).canonicalize().map_err(failed)?;
        let permissions = file.metadata().map_err(failed)?.permissions();
        let new = file.with_extension("yaml.new");
        std::fs::write(&new, text).map_err(failed)?;
        std::fs::set_permissions(&new, permissions).map_err(failed)?;
        std::fs::rename(&new, &file).map_err(failed)
    }

    /// Every spec, by its path below the workspace: `environments/staging.yaml`.
    ///
    /// # Errors
    /// When a folder cannot be listed, or there is too much in it.
    pub fn specs(&self) -> Result<Texts, WorkspaceError> {
        self.texts(ENVIRONMENTS, |path| path.ends_with(".yaml"))
    }

    /// Every template, by its path below the workspace: `templates/task-definition.json.hbs`.
    ///
    /// # Errors
    /// When a folder cannot be listed, or there is too much in it.
    pub fn templates(&self) -> Result<Texts, WorkspaceError> {
        self.texts(TEMPLATES, |_| true)
    }

    /// The texts in a folder and in the folders below it. Hidden files are left out.
    fn texts(&self, top: &str, wanted: impl Fn(&str) -> bool) -> Result<Texts, WorkspaceError> {
        let mut texts = Texts::default();
        let mut folders = vec![(top.to_owned(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            for name in self.entries(&folder)? {
                let path = format!("{folder}/{name}");
                if self.root.join(&path).is_dir() {
                    folders.push((path, depth + 1));
                    continue;
                }
                if !wanted(&path) {
                    continue;
                }
                match self.text(&path) {
                    Ok(Some(text)) => drop(texts.by_path.insert(path, text)),
                    Ok(None) => {}
                    Err(error) => texts.unreadable.push(error),
                }
            }
            if texts.by_path.len() > MOST_FILES || depth >= DEEPEST_FOLDER {
                return Err(WorkspaceError::TooMany { folder: top.to_owned() });
            }
        }
        Ok(texts)
    }

    /// Names in a folder that are not hidden, sorted; none when it is not there.
    fn entries(&self, folder: &str) -> Result<Vec<String>, WorkspaceError> {
        let entries = match self.root.join(folder).read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(folder, &error)),
        };
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        Ok(names)
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> WorkspaceError {
    WorkspaceError::Unreadable { path: path.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let workspace = Workspace::at(folder.path()).unwrap();
        (folder, workspace)
    }

    #[test]
    fn it_is_found_from_a_folder_below_it() {
        let (folder, workspace) = workspace(&[("environments/staging.yaml", ""), ("a/b/c", "")]);
        assert_eq!(Workspace::find(&folder.path().join("a/b")).unwrap(), workspace);
    }

    #[test]
    fn specs_that_begin_with_an_underscore_are_no_environments() {
        let (_folder, workspace) = workspace(&[
            ("environments/staging.yaml", ""),
            ("environments/_base.yaml", ""),
            ("environments/preview.yaml", ""),
            ("environments/notes.md", ""),
        ]);
        assert_eq!(workspace.environments().unwrap(), ["preview", "staging"]);
    }

    #[test]
    fn an_unknown_environment_names_the_nearest_one() {
        let (_folder, workspace) = workspace(&[("environments/staging.yaml", "")]);
        for wrong in ["stagng", "environments/staging.yaml"] {
            let Err(WorkspaceError::UnknownEnvironment { nearest, .. }) = workspace.require(wrong) else {
                panic!("{wrong} was found")
            };
            assert_eq!(nearest.as_deref(), Some("staging"));
        }
        assert!(matches!(
            workspace.require("production"),
            Err(WorkspaceError::UnknownEnvironment { nearest: None, .. })
        ));
    }

    #[test]
    fn templates_are_read_from_folders_below_and_hidden_or_binary_ones_are_left_out() {
        let (folder, workspace) = workspace(&[
            ("environments/staging.yaml", ""),
            ("templates/a.hbs", "A"),
            ("templates/pages/b.html", "B"),
            ("templates/.a.hbs.swp", "x"),
        ]);
        std::fs::write(folder.path().join("templates/logo.png"), [0x89, 0xff]).unwrap();
        let texts = workspace.templates().unwrap();
        let expected = BTreeMap::from(
            [("templates/a.hbs", "A"), ("templates/pages/b.html", "B")].map(|(k, v)| (k.into(), v.into())),
        );
        assert_eq!(texts.by_path, expected);
        assert_eq!(texts.unreadable, [WorkspaceError::NotText { path: "templates/logo.png".to_owned() }]);
    }

    #[test]
    fn a_text_that_is_too_large_or_no_text_is_refused() {
        let large = "x".repeat(1_000_001);
        let (folder, workspace) = workspace(&[("environments/large.yaml", &large)]);
        std::fs::write(folder.path().join("environments/binary.yaml"), [0xff, 0xfe]).unwrap();
        assert!(matches!(workspace.text("environments/large.yaml"), Err(WorkspaceError::TooLarge { .. })));
        assert!(matches!(workspace.text("environments/binary.yaml"), Err(WorkspaceError::NotText { .. })));
        assert_eq!(workspace.text("environments/none.yaml"), Ok(None));
    }
}
