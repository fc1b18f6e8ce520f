//! Untrusted input: every parser is fed mutations of what it usually reads, and must answer without a panic.
//!
//! `./test` runs a few hundred inputs a parser. By hand, at length: `ENVCTL_FUZZ_CASES=200000 cargo test
//! --no-default-features --test it fuzz`. A failing input is shrunk and printed with its seed.

mod document;
mod stored;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Pieces that parsers are known to stumble over.
const PIECES: [&str; 26] = [
    "{{",
    "}}",
    "{{{",
    "{{#if x}}",
    "{{/if}}",
    "{{ref \"",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\t",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "[[[[",
    "{",
    "}",
    "\u{27e6}",
    "\u{27e7}",
    "\u{0}",
    "\u{feff}",
    "99999999999999999999",
    "-1",
    "~",
];

/// One edit: where (share of the length), how much is cut, what is put there.
type Edit = (u16, u8, usize);

fn mutated(seed: &str, edits: &[Edit]) -> String {
    edits.iter().fold(seed.to_owned(), |text, (place, cut, piece)| {
        let letters: Vec<char> = text.chars().collect();
        let start = letters.len() * usize::from(*place) / 65_536;
        let end = (start + usize::from(*cut % 24)).min(letters.len());
        let mut edited: String = letters[..start].iter().collect();
        edited.push_str(PIECES[piece % PIECES.len()]);
        edited.extend(&letters[end..]);
        edited
    })
}

/// Inputs a parser.
fn cases() -> u32 {
    std::env::var("ENVCTL_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}

/// Feeds mutations of the seeds, and plain noise, to a parser.
fn feed(seeds: &[String], parser: impl Fn(&str)) {
    let cases = cases();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let edits = prop::collection::vec((any::<u16>(), any::<u8>(), any::<usize>()), 1..6);
    let strategy = (0..seeds.len(), edits, prop::option::weighted(0.1, ".{0,200}"));
    let outcome = runner.run(&strategy, |(seed, edits, noise)| {
        parser(&noise.unwrap_or_else(|| mutated(&seeds[seed], &edits)));
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

fn shipped(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join(folder)).expect("a shipped folder");
    let files = entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_file());
    files
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            (name, fs::read_to_string(&path).expect("text"))
        })
        .collect()
}

#[test]
fn no_spec_makes_the_parser_panic() {
    let seeds: Vec<String> = shipped("environments").into_values().collect();
    feed(&seeds, |text| {
        let mut files: BTreeMap<String, String> =
            shipped("environments").into_iter().map(|(name, text)| (format!("environments/{name}"), text)).collect();
        files.insert("environments/fuzzed.yaml".to_owned(), text.to_owned());
        if let Err(problems) = envctl::spec::parse("fuzzed", &files) {
            assert!(!problems.is_empty(), "refused without a word");
        }
    });
}

#[test]
fn no_template_makes_the_renderer_panic() {
    let files: BTreeMap<String, String> =
        shipped("environments").into_iter().map(|(name, text)| (format!("environments/{name}"), text)).collect();
    let environment = envctl::spec::parse("staging", &files).expect("the shipped spec");
    let templates = shipped("templates");
    for fuzzed in templates.keys() {
        feed(&[templates[fuzzed].clone()], |text| {
            let mut templates = templates.clone();
            templates.insert(fuzzed.clone(), text.to_owned());
            if let Err(problems) = envctl::template::desired(&environment, &templates) {
                assert!(!problems.is_empty(), "refused without a word");
            }
        });
    }
}
