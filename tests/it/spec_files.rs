//! Spec files as files: extending one another, and texts that nobody wrote in good faith.

use std::collections::BTreeMap;

use envctl::model::{Environment, FileSystemSpec, Problem, Throughput};
use envctl::spec;
use proptest::prelude::*;

const STAGING: &str = include_str!("../../environments/staging.yaml");
const PREVIEW: &str = include_str!("../../environments/preview.yaml");

/// The least that an environment needs, and one service.
const SMALL: &str = "\
application: shop
account: 012345678901
region: eu-west-1
borrow:
  cluster: main
  subnets: [subnet-00000001]
  security_groups: [sg-00000001]
services:
  worker: {cpu: 0.25 vCPU, memory: 0.5 GB}
";

fn parse(name: &str, files: &[(&str, &str)]) -> Result<Environment, Vec<Problem>> {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| (format!("environments/{name}.yaml"), (*text).to_owned())).collect();
    spec::parse(name, &files)
}

fn parsed(name: &str, files: &[(&str, &str)]) -> Environment {
    parse(name, files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Code, place and message of each problem.
fn problems(name: &str, files: &[(&str, &str)]) -> String {
    let Err(problems) = parse(name, files) else { return "no problem".to_owned() };
    let shown = |problem: &Problem| {
        let place = problem.span.as_ref().map_or("nowhere".to_owned(), |span| format!("{}:{}", span.file, span.line));
        format!("{} {place} {}; {}", problem.code, problem.message, problem.help)
    };
    problems.iter().map(shown).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_few_lines_are_an_environment() {
    let small = parsed("test", &[("test", SMALL)]);
    let worker = &small.services["worker"];
    assert_eq!((worker.cpu, worker.memory_mib, worker.count), (256, 512, 1));
    assert_eq!((worker.service_name.as_str(), worker.family.as_str()), ("shop-test-worker", "shop-test-worker"));
    assert_eq!(worker.container, "worker");
    assert_eq!(small.account, "012345678901", "a leading zero is kept");
    assert_eq!(small.log_groups["worker"].log_group_name, "/aws/ecs/shop-test-worker");
    assert!(small.databases.is_empty() && small.rules.is_empty() && small.listeners.is_empty());
}

#[test]
fn no_part_is_obligatory() {
    let none = parsed("test", &[("test", "application: a\naccount: '000000000000'\nregion: us-east-1\n")]);
    assert!(none.services.is_empty() && none.cluster.is_none());
}

#[test]
fn preview_shares_what_is_equal_and_owns_its_file_system() {
    let files = [("staging", STAGING), ("preview", PREVIEW)];
    let (staging, preview) = (parsed("staging", &files), parsed("preview", &files));
    assert_eq!(staging.network, preview.network);
    assert_eq!(preview.databases["main"].identifier, "pythonide-preview-db");
    assert_eq!(preview.databases["main"].secret_name, "pythonide/preview/main");
    assert_eq!(preview.services["backend"].cpu, 512);
    assert_eq!(preview.services["backend"].environment["ENVIRONMENT"], "preview");
    assert_eq!(preview.services["backend"].scaling.as_ref().map(|scaling| (scaling.min, scaling.max)), Some((1, 2)));
    let FileSystemSpec::Owned { throughput, file_system_name, .. } = &preview.file_systems["preview"] else {
        panic!("preview borrows its file system")
    };
    assert_eq!((*throughput, file_system_name.as_str()), (Throughput::Provisioned(10), "pythonide-preview-preview"));
    assert_eq!(preview.places["service/backend.cpu"].file, "environments/staging.yaml");
    assert_eq!(preview.places["database/main.identifier"].file, "environments/preview.yaml");
}

#[test]
fn a_fragment_is_found_with_and_without_its_underscore() {
    let over = "extends: base\nregion: eu-west-2\nservices:\n  worker: ~\n  web: {cpu: 256, memory: 512}\n";
    let test = parsed("test", &[("_base", SMALL), ("test", over)]);
    assert_eq!(test.region, "eu-west-2");
    assert_eq!(test.services.keys().collect::<Vec<_>>(), ["web"], "`~` takes an inherited part away");
    let explicit = over.replace("extends: base", "extends: _base");
    assert_eq!(parsed("test", &[("_base", SMALL), ("test", &explicit)]).services, test.services);
}

#[test]
fn lists_replace_and_mappings_merge() {
    let base = format!("{SMALL}tags: {{a: one, b: two}}\n");
    let over = "extends: base\ntags: {b: three}\nborrow:\n  subnets: [subnet-00000002]\n";
    let test = parsed("test", &[("_base", &base), ("test", over)]);
    assert_eq!(test.tags, BTreeMap::from([("a".into(), "one".into()), ("b".into(), "three".into())]));
    assert_eq!(test.network.subnets.len(), 1);
    assert_eq!(test.network.subnets[0].to_string(), "subnet-00000002");
}

#[test]
fn names_of_another_environment_are_not_inherited_in_silence() {
    insta::assert_snapshot!(problems("copy", &[("staging", STAGING), ("copy", "extends: staging\n")]), @r#"
    ENV029 environments/staging.yaml:26 this database identifier is environment `staging`'s, and `copy` would claim it too; give it another value in environments/copy.yaml, or `~` there for the default; or move what both share into a fragment such as environments/_shared.yaml
    ENV029 environments/staging.yaml:39 this path on production's file system is environment `staging`'s, and `copy` would claim it too; give it another value in environments/copy.yaml, or `~` there for the default; or move what both share into a fragment such as environments/_shared.yaml
    ENV029 environments/staging.yaml:43 this service name is environment `staging`'s, and `copy` would claim it too; give it another value in environments/copy.yaml, or `~` there for the default; or move what both share into a fragment such as environments/_shared.yaml
    ENV029 environments/staging.yaml:44 this task definition family is environment `staging`'s, and `copy` would claim it too; give it another value in environments/copy.yaml, or `~` there for the default; or move what both share into a fragment such as environments/_shared.yaml
    ENV029 environments/staging.yaml:57 this log group name is environment `staging`'s, and `copy` would claim it too; give it another value in environments/copy.yaml, or `~` there for the default; or move what both share into a fragment such as environments/_shared.yaml
    ENV029 environments/staging.yaml:63 this host is environment `staging`'s, and `copy` would claim it too; give it another value in environments/copy.yaml, or `~` there for the default; or move what both share into a fragment such as environments/_shared.yaml
    "#);
}

#[test]
fn names_may_be_inherited_into_another_account_and_replaced_by_their_defaults() {
    let elsewhere = "extends: staging\naccount: \"210987654321\"\n";
    parsed("copy", &[("staging", STAGING), ("copy", elsewhere)]);
    let base = format!("{SMALL}tasks:\n  migrate: {{service: worker, command: [x], family: shop-migrate}}\n");
    let copy = "extends: shop\ntasks:\n  migrate: {family: ~}\n";
    assert_eq!(parsed("copy", &[("shop", &base), ("copy", copy)]).tasks["migrate"].family, "shop-copy-migrate");
}

#[test]
fn a_copied_spec_claims_what_the_first_one_has() {
    let files = BTreeMap::from([
        ("environments/staging.yaml".to_owned(), STAGING.to_owned()),
        ("environments/copy.yaml".to_owned(), STAGING.replace("pythonide-staging", "pythonide-copy")),
    ]);
    let found = spec::conflicts(&["staging".to_owned(), "copy".to_owned()], &files);
    let messages: Vec<&str> = found.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "environments `staging` and `copy` both claim path on production's file system `/staging`",
            "environments `staging` and `copy` both claim host `staging.pythonide-classroom.tech`",
        ]
    );
    assert!(found.iter().all(|problem| problem.span.is_some() && problem.related.len() == 1));
    let shipped = BTreeMap::from([
        ("environments/staging.yaml".to_owned(), STAGING.to_owned()),
        ("environments/preview.yaml".to_owned(), PREVIEW.to_owned()),
    ]);
    assert_eq!(spec::conflicts(&["preview".to_owned(), "staging".to_owned()], &shipped), []);
}

#[test]
fn extending_in_a_circle_or_nothing_is_said() {
    let files = [("a", "extends: b\n"), ("b", "extends: a\n"), ("c", "extends: bb\n"), ("d", "extends: ../x\n")];
    insta::assert_snapshot!(problems("a", &files), @r#"
    ENV009 environments/b.yaml:1 `environments/a.yaml` extends itself: environments/a.yaml > environments/b.yaml > environments/a.yaml; let one of these files extend nothing
    "#);
    insta::assert_snapshot!(problems("c", &files), @r#"
    ENV001 environments/c.yaml:1 there is no environments/bb.yaml; did you mean `b`?
    "#);
    insta::assert_snapshot!(problems("d", &files), @r#"
    ENV009 environments/d.yaml:1 `../x` is no name of a spec; write the name of another file in environments/, without folder and ending
    "#);
    insta::assert_snapshot!(problems("stagging", &[("staging", STAGING)]), @r#"
    ENV001 nowhere there is no environments/stagging.yaml; did you mean `staging`?
    "#);
}

#[test]
fn problems_of_both_files_are_shown_at_once() {
    let base = SMALL.replace("cluster: main", "clutser: main");
    let over = "extends: base\nservices:\n  worker: {cpu: 300}\n";
    insta::assert_snapshot!(problems("test", &[("_base", &base), ("test", over)]), @r#"
    ENV005 environments/_base.yaml:5 borrow has no field `clutser`; did you mean `cluster`?
    ENV012 environments/test.yaml:3 cpu 300 is no Fargate size; nearest pairs: cpu 256 with memory 512, or cpu 512 with memory 1024; Fargate has cpu 256, 512, 1024, 2048, 4096, 8192, 16384, 32768
    "#);
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let wanted = parsed("test", &[("test", SMALL)]);
    for text in [SMALL.replace('\n', "\r\n"), format!("\u{feff}{SMALL}"), format!("---\n{SMALL}...\n")] {
        let found = parsed("test", &[("test", &text)]);
        assert_eq!(found.services, wanted.services);
    }
    let with_mark = format!("\u{feff}{}", SMALL.replace("region: eu-west-1", "region: eu-west-11"));
    let found = parse("test", &[("test", &with_mark)]).expect_err("no such region");
    let span = found[0].span.clone().expect("a place");
    assert_eq!(with_mark.get(span.start..span.end), Some("eu-west-11"), "places count the mark");
    assert_eq!((span.line, span.column), (3, 9));
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let text = SMALL.replace(
        "  worker: {cpu: 0.25 vCPU, memory: 0.5 GB}\n",
        "  worker: &size {cpu: 256, memory: 512}\n  other:\n    <<: *size\n    memory: 1024\n  third: *size\n",
    );
    let found = parsed("test", &[("test", &text)]);
    assert_eq!((found.services["other"].cpu, found.services["other"].memory_mib), (256, 1024));
    assert_eq!(found.services["third"].memory_mib, 512);
}

#[test]
fn values_keep_their_spelling() {
    let text = format!(
        "{SMALL}values: {{version: 1.10, zip: 007, port: 80, on: true, word: \"true\", ratio: 0.5, none: ~, list: [1, a]}}\n"
    );
    let found = parsed("test", &[("test", &text)]);
    let shown = serde_json::Value::Object(found.values).to_string();
    assert_eq!(shown, r#"{"version":"1.10","zip":"007","port":80,"on":true,"word":"true","ratio":0.5,"list":[1,"a"]}"#);
}

#[test]
fn texts_made_to_hurt_end_quickly_with_one_problem() {
    let bomb: String = std::iter::once("a0: &a0 [x, x]\n".to_owned())
        .chain((1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)))
        .collect();
    let long = format!("application: {}", "x".repeat(1 << 21));
    let wide = format!("tags: {{{}}}", "a: b, ".repeat(100_000));
    let distinct = format!("tags: {{{}}}", (0..60_000).map(|number| format!("a{number}: b, ")).collect::<String>());
    for text in [
        "[".repeat(200_000),
        "a: ".repeat(50_000),
        "{a: ".repeat(5_000),
        bomb,
        long,
        wide,
        distinct,
        "- ".repeat(100_000),
    ] {
        let found = parse("test", &[("test", &text)]).expect_err("nobody's spec");
        assert!(found.iter().all(|problem| problem.code == "ENV002" || problem.code == "ENV003"), "{:?}", found[0]);
    }
}

#[test]
fn any_value_in_any_place_is_read_or_refused_at_its_line() {
    for (number, line) in STAGING.lines().enumerate() {
        let Some((key, _)) = line.split_once(": ").filter(|(key, _)| !key.trim_start().starts_with('#')) else {
            continue;
        };
        for value in
            ["5", "-1", "[]", "{}", "[1, {a: b}]", "{a: [b]}", "''", "x y", "true", "99999999999", "0", "/", "*"]
        {
            let mut lines: Vec<String> = STAGING.lines().map(str::to_owned).collect();
            lines[number] = format!("{key}: {value}");
            let text = lines.join("\n");
            let Err(found) = parse("staging", &[("staging", &text)]) else { continue };
            for problem in &found {
                let span = problem.span.as_ref().expect("a place");
                assert!(text.get(span.start..span.end).is_some() && !problem.help.is_empty(), "{problem:?}");
            }
        }
    }
}

#[test]
fn empty_and_odd_documents_are_said_to_be_no_environment() {
    for text in
        ["", "\n\n", "# nothing", "~", "5", "[a]", "text", "? [a, b]\n: c", "1: 2", "!!binary abc", "\0", "%YAML 3.0"]
    {
        let found = parse("test", &[("test", text)]).expect_err("no environment");
        assert!(!found.is_empty(), "{text:?}");
        assert!(found.iter().all(|problem| problem.span.is_some() && !problem.help.is_empty()), "{text:?}: {found:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,200}") {
        let _ = parse("test", &[("test", &text)]);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse("test", &[("test", &String::from_utf8_lossy(&bytes))]);
    }

    #[test]
    fn a_damaged_spec_is_parsed_or_refused_with_places_inside_the_file(
        at in 0..STAGING.len(), length in 0usize..40, insert in "[\\PC\n\t]{0,8}",
    ) {
        let start = (0..=at).rev().find(|at| STAGING.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + length..=STAGING.len()).find(|at| STAGING.is_char_boundary(*at)).unwrap_or(STAGING.len());
        let text = format!("{}{insert}{}", &STAGING[..start], &STAGING[end..]);
        if let Err(problems) = parse("staging", &[("staging", &text)]) {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem:?}");
                for span in problem.span.iter().chain(problem.related.iter().map(|(span, _)| span)) {
                    prop_assert!(text.get(span.start..span.end).is_some(), "{problem:?}");
                }
            }
        }
    }

    #[test]
    fn extending_an_environments_own_text_changes_nothing(over in 0usize..4) {
        let files: Vec<(String, String)> = (0..=over)
            .map(|level| {
                let text = if level == 0 { SMALL.to_owned() } else { format!("extends: l{}\n{SMALL}", level - 1) };
                (if level == over { "test".to_owned() } else { format!("_l{level}") }, text)
            })
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let mut found = parsed("test", &files);
        let mut wanted = parsed("test", &[("test", SMALL)]);
        found.places.clear();
        wanted.places.clear();
        prop_assert_eq!(found, wanted);
    }
}
