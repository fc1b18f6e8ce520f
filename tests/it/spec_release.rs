//! The release procedure in specs: what is taken, what is refused, with place and remedy.

use std::collections::BTreeMap;

use envctl::model::{Gate, Problem, ReleaseSpec, ReleaseStep};
use envctl::spec;

const BASE: &str = r#"application: shop
account: "123456789012"
region: us-east-2
borrow: {cluster: shop, subnets: [subnet-0a1b2c3d4e5f60001], security_groups: [sg-0a1b2c3d4e5f60001]}
services:
  web: {image: "nginx:1.27", cpu: 256, memory: 512, execution_role: tasks}
tasks:
  migrate: {service: web, command: [migrate]}
checks:
  health: {http: https://shop.example/health}
  login: {http: https://shop.example/login}
"#;

fn files(more: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("environments/staging.yaml".to_owned(), format!("{BASE}{more}"))])
}

fn release(more: &str) -> ReleaseSpec {
    spec::parse("staging", &files(more)).unwrap_or_else(|problems| panic!("{problems:#?}")).release
}

/// `code line [underlined] message / help -> replacement` of each problem of this procedure.
fn problems(fields: &str) -> String {
    let files = files(&format!("release:\n{fields}\n"));
    let shown = |problem: &Problem| {
        let place = problem.span.as_ref().map_or("nowhere".to_owned(), |span| {
            let text = files[&span.file].get(span.start..span.end).unwrap_or_default();
            format!("{} [{text}]", span.line.saturating_sub(BASE.lines().count()))
        });
        let instead = problem.replacement.as_ref().map_or(String::new(), |text| format!(" -> {text}"));
        format!("{} {place} {}\n  {}{instead}", problem.code, problem.message, problem.help)
    };
    match spec::parse("staging", &files) {
        Ok(_) => "no problem".to_owned(),
        Err(problems) => problems.iter().map(shown).collect::<Vec<_>>().join("\n"),
    }
}

fn words(steps: &[ReleaseStep]) -> Vec<String> {
    steps.iter().map(ToString::to_string).collect()
}

#[test]
fn a_spec_without_a_procedure_has_the_usual_one() {
    let usual = release("");
    assert_eq!(words(&usual.before), ["snapshot", "checks"]);
    assert_eq!((words(&usual.verify), words(&usual.after)), (vec!["checks".to_owned()], vec![]));
    assert_eq!(usual.rollback_when, [Gate::Deploy, Gate::Verify, Gate::Watch]);
    assert_eq!(words(&release("policy: {}\n").before), ["policy", "snapshot", "checks"]);
    let told = release("release: {announce: {webhook: 'env:SLACK_WEBHOOK'}}\n");
    assert_eq!(
        (words(&told.before).last().unwrap().as_str(), words(&told.after)),
        ("announce", vec!["announce".to_owned()])
    );
}

#[test]
fn a_procedure_is_taken_in_the_order_in_which_it_is_written() {
    let more = r#"policy: {}
release:
  before: [policy, {confirm: Is the window open?}, snapshot, health, {task: migrate}, announce]
  tasks: [migrate]
  verify: [{checks: [login, health]}, {confirm: Does it look right?, name: looks}, announce]
  watch: {lasts: 30m, every: 2m, checks: [health], open_for: 48h}
  rollback_when: [tasks, verify]
  after: [announce]
  announce: {topic: "arn:aws:sns:us-east-2:123456789012:releases", required: true}
"#;
    let release = release(more);
    let before = ["policy", "confirm: Is the window open?", "snapshot", "checks health", "task migrate", "announce"];
    assert_eq!(words(&release.before), before);
    assert_eq!(words(&release.verify), ["checks login, health", "confirm: Does it look right?", "announce"]);
    assert_eq!(release.questions().map(|(name, _)| name).collect::<Vec<_>>(), ["1", "looks"]);
    let watch = release.watch.unwrap();
    assert_eq!((watch.lasts.as_secs(), watch.every.as_secs()), (1800, 120));
    assert_eq!(watch.open_for.unwrap().as_secs(), 48 * 3600);
    assert_eq!(release.rollback_when, [Gate::Tasks, Gate::Verify]);
    assert!(release.announce.required);
}

#[test]
fn what_a_step_names_must_be_there() {
    insta::assert_snapshot!(problems("  before: [snapsht, policy, announce]\n  tasks: [migrat]\n  watch: {checks: [logn]}"), @r"
    ENV015 2 [snapsht] there is neither a step nor a check `snapsht`
      did you mean `snapshot`? -> snapshot
    ENV038 2 [policy] there is no policy to hold the task definitions against
      add `policy: {}` to the spec for the usual rules, or leave this step out
    ENV038 2 [announce] nobody would hear this announcement
      say under `announce:` where it goes: `webhook: env:SLACK_WEBHOOK`, or `topic: ARN`
    ENV015 3 [migrat] there is no task `migrat`
      did you mean `migrate`? -> migrate
    ENV015 4 [logn] there is no check `logn`
      did you mean `login`? -> login
    ");
}

#[test]
fn a_step_says_exactly_one_thing() {
    insta::assert_snapshot!(problems("  before: [{}, {task: migrate, confirm: Ready?}, {ask: Ready?}, [health]]"), @r"
    ENV038 2 [{] this step says nothing
      write one of `checks`, `task`, `maintenance` or `confirm`
    ENV038 2 [task] this step says several things
      write one of `checks`, `task`, `maintenance` or `confirm`
    ENV005 2 [ask] a step of a release has no field `ask`
      did you mean `task`? -> task
    ENV006 2 [[] expected a step such as `snapshot` or `{task: migrate}`, found a list
      write a step such as `snapshot` or `{task: migrate}`
    ");
}

#[test]
fn questions_can_be_told_apart() {
    insta::assert_snapshot!(problems("  before: [{confirm: '', name: a}, {confirm: Ready?, name: go now}, {confirm: One, name: x}]\n  after: [{confirm: Two, name: x}]"), @r"
    ENV038 2 [confirm] a question has 1 to 300 characters
      write what a person is asked, in a sentence
    ENV038 2 [confirm] `go now` cannot name a question
      take letters, digits, `-` and `_`
    ENV038 3 [confirm] two questions are called `x`
      give each its own `name`: by it the question is answered, `--answer NAME=yes`
    ");
}

#[test]
fn a_watch_has_bounds_and_gates_have_names() {
    insta::assert_snapshot!(problems("  watch: {lasts: 3d, every: 1s}\n  rollback_when: [deply, after]"), @r"
    ENV016 2 [3d] the watch is 3d, outside 10s to 1d
      the nearest that AWS takes is 1d -> 1d
    ENV016 2 [1s] the time between two looks is 1s, outside 5s to 1d
      the nearest that AWS takes is 5s -> 5s
    ENV006 3 [deply] expected `deploy`, `tasks`, `verify` or `watch`, found `deply`
      did you mean `deploy`? -> deploy
    ENV006 3 [after] expected `deploy`, `tasks`, `verify` or `watch`, found `after`
      write `deploy`, `tasks`, `verify` or `watch`
    ");
    insta::assert_snapshot!(problems("  watch: {lasts: 1m, every: 5m, open_for: 1s}"), @r"
    ENV038 2 [5m] the watch would be over before the second look
      let `every` be shorter than `lasts`
    ENV016 2 [1s] the time until the verdict is 1s, outside 1m to 31d
      the nearest that AWS takes is 1m -> 1m
    ");
    insta::assert_snapshot!(problems("  watch: often"), @r"
    ENV006 2 [often] expected a duration such as `90s`, `15m`, `12h`, `3d` or `2w`, found `often`
      write a duration such as `90s`, `15m`, `12h`, `3d` or `2w`
    ");
}

#[test]
fn the_address_of_a_webhook_stands_in_no_spec_and_in_no_message() {
    let told = problems("  announce: {webhook: 'https://hooks.example/T0/B0/verysecret', topic: releases}");
    assert!(!told.contains("verysecret"), "{told}");
    insta::assert_snapshot!(told, @r"
    ENV038 nowhere the address of a webhook is a secret, and a spec is no place for one (environments/staging.yaml, line 13)
      keep it in Secrets Manager and write the secret's name, or write env:VARIABLE
    ENV038 2 [releases] `releases` is no SNS topic
      write its ARN: arn:aws:sns:REGION:ACCOUNT:NAME
    ");
    insta::assert_snapshot!(problems("  announce: {required: true}"), @r"
    ENV038 2 [true] announcements are required, but go nowhere
      add `webhook: env:VARIABLE` or `topic: ARN`, or leave `required` out
    ");
    insta::assert_snapshot!(problems("  announce: {webhook: 'env:'}"), @r"
    ENV038 2 ['env:'] the webhook names neither a variable nor a secret
      write env:VARIABLE, or a secret's name or ARN
    ");
}
