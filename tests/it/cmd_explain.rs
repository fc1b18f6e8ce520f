//! `envctl explain`, and man pages.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::TestEnvironment;

/// Every file of sources below a folder.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, texts);
        } else if entry.extension().is_some_and(|end| end == "rs") {
            texts.push(std::fs::read_to_string(&entry).unwrap());
        }
    }
}

/// Every code that the code base can emit: those of templates stand in it as texts, those of specs are numbered in
/// `spec/code.rs`.
fn emitted() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut texts = Vec::new();
    sources(&root, &mut texts);
    let code = regex_lite::Regex::new("\"([A-Z]{3}[0-9]{3})\"").unwrap();
    let mut codes: BTreeSet<String> =
        texts.iter().flat_map(|text| code.captures_iter(text)).map(|found| found[1].to_owned()).collect();
    let all = std::fs::read_to_string(root.join("spec/code.rs")).unwrap();
    let count = regex_lite::Regex::new(r"const ALL: \[Self; ([0-9]+)\]").unwrap();
    let count: usize = count.captures(&all).expect("the list of codes")[1].parse().unwrap();
    codes.extend((1..=count).map(|number| format!("ENV{number:03}")));
    codes
}

#[test]
fn every_code_that_can_be_emitted_is_explained_and_no_other() {
    let answer = TestEnvironment::empty().json(&["explain"]);
    let explained = answer["codes"].as_array().unwrap();
    for one in explained {
        for part in ["title", "why", "fix", "source"] {
            assert!(one[part].as_str().is_some_and(|text| text.len() > 3), "{one}");
        }
    }
    let explained: BTreeSet<String> = explained.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(explained, emitted(), "left: explained in src/ui/explain/codes.json; right: emitted");
}

#[test]
fn a_code_is_explained_as_it_is_shown_and_an_unknown_one_names_the_nearest() {
    let workspace = TestEnvironment::empty();
    insta::assert_snapshot!(workspace.done(&["explain", "ENV013"]), @"
    ENV013 no memory size of Fargate for this CPU

      why     Each CPU size of Fargate goes with a range of memory sizes in steps: 512 units with 1024
              to 4096 MiB in steps of 1024. Other pairs are refused with `No Fargate configuration
              exists for given values`.
      fix     Take one of the nearest legal pairs that the message shows.
      source  aws.md 1.1, the Fargate table
    ");
    assert_eq!(workspace.done(&["explain", "env013"]), workspace.done(&["explain", "error[ENV013]"]));
    let answer = workspace.run(&["explain", "ENV13"]);
    assert_eq!(answer.code, 3);
    assert!(answer.stderr.contains("did you mean ENV0"), "{answer}");
    assert!(workspace.run(&["explain", "nonsense"]).stderr.contains("lists all of them"));
}

#[test]
fn there_is_a_man_page_for_each_command() {
    let workspace = TestEnvironment::empty();
    workspace.done(&["man", "pages"]);
    for page in ["envctl.1", "envctl-up.1", "envctl-snapshot-create.1", "envctl-rightsize.1"] {
        let text = workspace.read(&format!("pages/{page}"));
        assert!(text.contains(".SH NAME") && text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
    assert!(workspace.read("pages/envctl-snapshot-create.1").contains("envctl snapshot create"));
}
