//! `extends:` one file laid upon another, until one extends nothing.

use super::Files;
use super::code::Code;
use super::node::{Content, Node, merge, without_nulls};
use super::problems::{Problems, nearest, wrong};
use super::yaml;

/// The longest chain of files: three levels are already hard to read.
const MAX_FILES: usize = 8;

/// The folder of all specs.
pub(super) const FOLDER: &str = "environments";

/// The path of an environment's file.
pub(super) fn path_of(name: &str) -> String {
    format!("{FOLDER}/{name}.yaml")
}

/// A spec with everything that it extends.
pub(super) struct Loaded {
    /// All files merged; nothing stands for empty values.
    pub(super) node: Node,
    /// Every file of the chain was found and read: what is missing now is missing for good.
    pub(super) is_whole: bool,
}

/// Loads this environment's file with everything that it extends; `None` when nothing at all could be read.
pub(super) fn load(name: &str, files: &dyn Files, problems: &mut Problems) -> Option<Loaded> {
    let mut path = path_of(name);
    if files.text(&path).is_none() {
        problems.add(no_such_environment(name, files));
        return None;
    }
    let mut is_whole = true;
    let mut seen: Vec<String> = Vec::new();
    let mut layers: Vec<Node> = Vec::new();
    loop {
        let node = files.text(&path).and_then(|text| yaml::read(&path, text, problems));
        seen.push(path);
        let Some(node) = node else {
            is_whole = false;
            break;
        };
        let before = problems.count();
        let base = base_of(&node, files, problems);
        is_whole &= problems.count() == before;
        layers.push(node);
        let Some((next, span)) = base else { break };
        if let Some(draft) = endless(&next, &seen) {
            problems.add(draft.at(&span).label("goes on here").help("let one of these files extend nothing"));
            is_whole = false;
            break;
        }
        path = next;
    }
    let node = layers.into_iter().rev().reduce(merge)?;
    Some(Loaded { node: without_nulls(node), is_whole })
}

fn endless(next: &String, seen: &[String]) -> Option<super::problems::Draft> {
    if seen.contains(next) {
        let chain: Vec<&str> = seen.iter().chain([next]).map(String::as_str).collect();
        return Some(wrong(Code::Extends, format!("`{next}` extends itself: {}", chain.join(" > "))));
    }
    (seen.len() >= MAX_FILES).then(|| wrong(Code::Extends, format!("more than {MAX_FILES} files extend each other")))
}

/// The file that this one extends, and where it says so.
fn base_of(node: &Node, files: &dyn Files, problems: &mut Problems) -> Option<(String, crate::model::Span)> {
    let entry = node.get("extends")?;
    let Content::Scalar { text, .. } = &entry.value.content else { return None };
    let span = entry.value.span.clone();
    let name = text.trim().trim_end_matches(".yaml");
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        problems.add(
            wrong(Code::Extends, format!("`{}` is no name of a spec", super::schema::shortened(text)))
                .at(&span)
                .help(format!("write the name of another file in {FOLDER}/, without folder and ending")),
        );
        return None;
    }
    let candidates = [path_of(name), path_of(&format!("_{name}"))];
    if let Some(found) = candidates.into_iter().find(|path| files.text(path).is_some()) {
        return Some((found, span));
    }
    let known = names(files);
    let meant = nearest(name, known.iter().map(String::as_str));
    let help = meant.map_or_else(|| format!("make {}", path_of(name)), |meant| format!("did you mean `{meant}`?"));
    problems.add(
        wrong(Code::NoFile, format!("there is no {}", path_of(name)))
            .at(&span)
            .label("extended here")
            .help(help)
            .instead(meant),
    );
    None
}

/// The names of all specs and fragments.
fn names(files: &dyn Files) -> Vec<String> {
    let below = format!("{FOLDER}/");
    let name = |path: String| Some(path.strip_prefix(&below)?.strip_suffix(".yaml")?.to_owned());
    files.paths().into_iter().filter_map(name).collect()
}

fn no_such_environment(name: &str, files: &dyn Files) -> super::problems::Draft {
    let name = super::schema::shortened(name);
    let known: Vec<String> = names(files).into_iter().filter(|known| !known.starts_with('_')).collect();
    let help = match nearest(&name, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if files.text(&format!("{FOLDER}/{name}.yml")).is_some() => {
            format!("rename {FOLDER}/{name}.yml to {name}.yaml")
        }
        None if known.is_empty() => {
            format!("make {}; environments/staging.yaml as shipped is a good beginning", path_of(&name))
        }
        None => format!("there are: {}", known.join(", ")),
    };
    wrong(Code::NoFile, format!("there is no {}", path_of(&name))).help(help)
}
