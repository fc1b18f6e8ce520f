//! Conventions as tests: layers, purity of layers 0 and 1, lengths, names, files that no `mod` line registers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 600;
const LONGEST_FUNCTION: usize = 70;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(directory) = open.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries.map(|entry| entry.expect("a readable folder").path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Module name to layer number, from the headings `// Layer N: …` of `lib.rs`.
fn layers(lib: &str) -> BTreeMap<String, usize> {
    let mut layer = None;
    let mut found = BTreeMap::new();
    for line in lib.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("// Layer ") {
            layer = rest.split(':').next().and_then(|number| number.parse().ok());
        } else if let Some(module) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
            found.insert(
                module.to_owned(),
                layer.unwrap_or_else(|| panic!("`{module}` stands above the first layer heading")),
            );
        }
    }
    found
}

/// Names of crate modules that a piece of code mentions as `crate::NAME`.
fn imports(line: &str) -> Vec<String> {
    line.split("crate::")
        .skip(1)
        .flat_map(|rest| {
            let list = rest.strip_prefix('{').map_or(rest, |inner| inner.split('}').next().unwrap_or(inner));
            let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
            parts.into_iter().map(first_word).collect::<Vec<_>>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

fn breaches(layers: &BTreeMap<String, usize>, module: &str, name: &str, text: &str) -> Vec<String> {
    let own = layers[module];
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or(line);
        for import in imports(code) {
            let Some(layer) = layers.get(&import) else { continue };
            if import != module && *layer >= own {
                found.push(format!("{name}:{}: {module} may not import {import}", number + 1));
            }
        }
        if code.contains("super::super") {
            found.push(format!("{name}:{}: name the module instead of climbing with super::super", number + 1));
        }
    }
    found
}

fn module_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root().join("src")).ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?;
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(module, "lib" | "main")).then(|| module.to_owned())
}

#[test]
fn a_module_imports_only_from_layers_above_its_own() {
    let layers = layers(&fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs"));
    assert!(layers.len() > 1, "no layer headings in lib.rs");
    let mut found = Vec::new();
    for path in rust_files("src") {
        let Some(module) = module_of(&path) else { continue };
        assert!(layers.contains_key(&module), "{} is no module of lib.rs", shown(&path));
        found.extend(breaches(&layers, &module, &shown(&path), &fs::read_to_string(&path).expect("source")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_layer_check_can_fail() {
    let layers = BTreeMap::from([("model".to_owned(), 0), ("planner".to_owned(), 1), ("cli".to_owned(), 6)]);
    let check = |text: &str| breaches(&layers, "planner", "planner/mod.rs", text).len();
    assert_eq!(check("use crate::cli::run;"), 1);
    assert_eq!(check("use crate::{model::Plan, cli};"), 1);
    assert_eq!(check("let x = crate::cli::run();"), 1);
    assert_eq!(check("use super::super::cli;"), 1);
    assert_eq!(check("use crate::model::Plan; // not crate::cli"), 0);
}

/// Lines that stand before the file's unit tests.
fn without_tests(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

/// Does a line name this? `.awaits_password` is no `.await`.
fn names(code: &str, word: &str) -> bool {
    let whole = |rest: &str| !(word.ends_with(char::is_alphabetic) && rest.starts_with(char::is_alphabetic));
    code.match_indices(word).any(|(at, _)| whole(&code[at + word.len()..]))
}

#[test]
fn layers_0_and_1_hold_no_input_output_clock_randomness_async_or_printing() {
    const BANNED: [&str; 14] = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::thread",
        "tokio",
        "async fn",
        ".await",
        "println!",
        "eprintln!",
        "SystemTime",
        "Instant::now",
        "Timestamp::now",
        "rand::",
    ];
    let layers = layers(&fs::read_to_string(root().join("src/lib.rs")).expect("lib.rs"));
    let mut found = Vec::new();
    for path in rust_files("src") {
        let Some(module) = module_of(&path) else { continue };
        if layers.get(&module).is_none_or(|layer| *layer > 1) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in without_tests(&text) {
            let code = line.split("//").next().unwrap_or(line);
            for banned in BANNED.iter().filter(|banned| names(code, banned)) {
                found.push(format!("{}:{}: {banned}", shown(&path), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_and_functions_fit() {
    let mut found = Vec::new();
    let files: Vec<_> = ["src", "tests", "examples", "benches"].iter().flat_map(|folder| rust_files(folder)).collect();
    let mut short = 0;
    for path in &files {
        let text = fs::read_to_string(path).expect("source");
        let length = text.lines().count();
        short += usize::from(length <= 400);
        if length > LONGEST_FILE {
            found.push(format!("{}: {length} lines", shown(path)));
        }
        found.extend(
            long_functions(&text).map(|(line, length)| format!("{}:{line}: a function of {length} lines", shown(path))),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(short * 10 >= files.len() * 9, "only {short} of {} files have 400 lines or fewer", files.len());
}

/// Line and length of every function longer than a screen, judged by the indentation that rustfmt gives.
fn long_functions(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        let is_function = [
            "fn ",
            "pub fn ",
            "pub(crate) fn ",
            "async fn ",
            "pub async fn ",
            "pub(crate) async fn ",
            "pub(super) fn ",
        ]
        .iter()
        .any(|opening| code.starts_with(opening));
        let signature_end =
            lines[start..].iter().find(|line| line.ends_with('{') || line.ends_with(';') || line.ends_with('}'));
        if !is_function || signature_end.is_some_and(|line| line.ends_with(';')) {
            continue; // no function, or one that a trait only names
        }
        let closing = format!("{}}}", " ".repeat(indent));
        let end = lines[start..].iter().position(|line| *line == closing);
        if let Some(length) = end.map(|end| end + 1).filter(|length| *length > LONGEST_FUNCTION) {
            found.push((start + 1, length));
        }
    }
    found.into_iter()
}

#[test]
fn no_file_has_a_name_that_anything_fits_into() {
    const BANNED: [&str; 8] = ["util", "utils", "common", "misc", "manager", "imp", "types", "helper"];
    for path in ["src", "tests"].iter().flat_map(|folder| rust_files(folder)) {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        assert!(!BANNED.contains(&stem.as_str()), "{}: name it after what it holds", shown(&path));
    }
}

#[test]
fn every_integration_test_file_is_registered() {
    let main = fs::read_to_string(root().join("tests/it/main.rs")).expect("main.rs");
    for entry in fs::read_dir(root().join("tests/it")).expect("tests/it") {
        let path = entry.expect("entry").path();
        let is_code = path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").exists();
        if !is_code {
            continue; // fixtures, and what the snapshot tool leaves behind
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if stem != "main" {
            assert!(main.contains(&format!("mod {stem};")), "tests/it/{stem} is in no `mod` line of main.rs");
        }
    }
}

#[test]
fn no_test_is_switched_off() {
    for path in ["src", "tests"].iter().flat_map(|folder| rust_files(folder)) {
        if path.ends_with("tidy.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in text.lines().enumerate() {
            assert!(
                !line.trim_start().starts_with("#[ignore"),
                "{}:{}: a test is switched off",
                shown(&path),
                number + 1
            );
        }
    }
}

#[test]
fn only_the_aws_cloud_and_the_store_touch_an_sdk() {
    for path in rust_files("src") {
        let name = shown(&path);
        if name.starts_with("src/cloud/aws") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("source");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or(line);
            assert!(
                !code.contains("aws_sdk_") && !code.contains("aws_config"),
                "{name}:{}: an SDK outside cloud/aws",
                number + 1
            );
        }
    }
}
