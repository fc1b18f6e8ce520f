//! Every format says the same, escapes what it must and keeps to the limits of its reader.

use super::*;
use crate::model::{Place, Power, ResourceKey, ResourceKind};
use crate::report::{Acceptance, Amount, Finding};
use crate::ui::Verbosity;

fn finding(kind: FindingKind, name: &str) -> Finding {
    Finding {
        kind,
        key: ResourceKey::new(ResourceKind::Database, name),
        field: Some("class".into()),
        wanted: Some("db.t4g.micro".into()),
        found: Some("db.t4g.small".into()),
        why: "it was <changed> & \"grew\"".into(),
        place: Some(Place { file: "environments/staging.yaml".into(), line: 28, column: 12 }),
        since: None,
        by: None,
        event: None,
        usd_per_day: Some(Amount::exact("0.38".parse().unwrap())),
        mend: "`up` would modify it".into(),
    }
}

fn report(findings: Vec<Finding>) -> DriftReport {
    let acceptance = Acceptance {
        environment: "staging".into(),
        difference: "service/web.count".into(),
        reason: "load | test".into(),
        author: "anna".into(),
        expires: "2026-12-01".parse().unwrap(),
    };
    let accepted = Finding {
        key: ResourceKey::new(ResourceKind::Service, "web"),
        field: Some("count".into()),
        place: None,
        ..finding(FindingKind::Drift, "web")
    };
    DriftReport {
        environment: "staging".into(),
        application: "shop".into(),
        account: "123456789012".into(),
        region: "us-east-2".into(),
        power: Power::Parked,
        since: Some("2026-11-14T18:00:00Z".parse().unwrap()),
        by: Some("anna@laptop".into()),
        observed_at: "2026-11-22T08:00:00Z".parse().unwrap(),
        findings,
        accepted: vec![(accepted, acceptance)],
        in_sync: vec![ResourceKey::new(ResourceKind::Secret, "main")],
        notes: vec!["a note".into()],
    }
}

fn run() -> DriftRun {
    let findings = vec![finding(FindingKind::Drift, "main"), finding(FindingKind::Pending, "other")];
    DriftRun {
        reports: vec![report(findings)],
        failures: vec![("preview".into(), "no <credentials>".into())],
        notes: vec![],
    }
}

fn narrow() -> Ui {
    let format = crate::ui::Format::Text;
    Ui { format, verbosity: Verbosity::Normal, width: 80, interactive: false, animated: false, answers_aside: false }
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn people_read_it_in_eighty_columns() {
    let shown = plain(&text(&run(), &narrow()));
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    insta::assert_snapshot!(shown, @r#"
    staging: 1 drift, 1 pending; parked since 2026-11-14 18:00 UTC, by anna@laptop

    drift (the world moved)
      ! database/main.class: db.t4g.micro wanted, db.t4g.small found
        it was <changed> & "grew"; 0.38 USD a day
        `up` would modify it
        environments/staging.yaml:28:12

    pending (the spec moved)
      ! database/other.class: db.t4g.micro wanted, db.t4g.small found
        it was <changed> & "grew"; 0.38 USD a day
        `up` would modify it
        environments/staging.yaml:28:12

    accepted
      - service/web.count (anna until 2026-12-01: load | test)

    1 resource as declared
    a note

    preview: not looked at: no <credentials>

    result: 1 drift, 1 pending, 1 environment not looked at
    "#);
}

#[test]
fn a_difference_weighs_more_than_what_was_not_seen() {
    assert_eq!(run().verdict(), Verdict::Differs);
    assert_eq!(DriftRun { reports: vec![report(vec![])], failures: vec![], notes: vec![] }.verdict(), Verdict::InSync);
    assert_eq!(DriftRun { reports: vec![report(vec![])], ..run() }.verdict(), Verdict::NotSeen);
    let unreadable = vec![finding(FindingKind::Unreadable, "main")];
    assert_eq!(
        DriftRun { reports: vec![report(unreadable)], failures: vec![], notes: vec![] }.verdict(),
        Verdict::NotSeen
    );
}

#[test]
fn junit_counts_its_cases_and_escapes_them() {
    let xml = junit(&run());
    assert!(xml.contains("tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"1\""), "{xml}");
    assert!(xml.contains("it was &lt;changed&gt; &amp; &quot;grew&quot;"));
    assert!(xml.contains("<skipped message=\"accepted until 2026-12-01 by anna: load | test\"/>"));
    assert!(xml.contains("<error type=\"not-looked-at\" message=\"no &lt;credentials&gt;\">"));
}

#[test]
fn sarif_points_at_a_line_of_the_spec_for_every_result() {
    let sarif = sarif(&run());
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    let place = |index: usize| &results[index]["locations"][0]["physicalLocation"];
    assert_eq!(place(0)["artifactLocation"]["uri"], "environments/staging.yaml");
    assert_eq!(place(0)["region"]["startLine"], 28);
    // Declared nowhere: the first line of the spec.
    assert_eq!(place(2)["region"]["startLine"], 1);
    assert_eq!(results[0]["ruleId"], "drift");
    assert_eq!(results[1]["level"], "note");
    assert_eq!(results[0]["suppressions"], serde_json::json!([]));
    assert_eq!(results[2]["suppressions"][0]["kind"], "external");
    assert_ne!(results[0]["partialFingerprints"], results[1]["partialFingerprints"]);
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn github_shows_ten_annotations_of_a_type_and_the_last_counts_the_rest() {
    let many = |count: usize| {
        let findings = (0..count).map(|number| finding(FindingKind::Drift, &format!("d{number}"))).collect();
        annotations(&DriftRun { reports: vec![report(findings)], failures: vec![], notes: vec![] })
    };
    assert_eq!(many(10).lines().count(), 10);
    let eleven = many(11);
    assert_eq!(eleven.lines().count(), 10);
    assert_eq!(eleven.lines().last().unwrap(), "::error title=envctl drift::and 2 more; see the summary of the step");
    let first = eleven.lines().next().unwrap();
    assert!(first.starts_with(
        "::error file=environments/staging.yaml,line=28,col=12,title=drift of staging::database/d0.class: "
    ));
    assert!(first.contains("%0A`up` would modify it"));
}

#[test]
fn a_comment_stays_below_githubs_limit_and_counts_what_it_leaves_out() {
    let findings: Vec<Finding> = (0..5_000).map(|number| finding(FindingKind::Drift, &format!("d{number}"))).collect();
    let run = DriftRun { reports: vec![report(findings)], failures: vec![], notes: vec![] };
    let body = comment(&run);
    assert!(body.len() < 65_536);
    let rows = body.lines().filter(|line| line.starts_with("| drift")).count();
    // The acceptance had no room either.
    assert!(
        body.ends_with(&format!("… and {} more, left out because the text would become too long.\n", 5_001 - rows))
    );
    assert!(step_summary(&run).len() < 1024 * 1024);
}

#[test]
fn the_limits_of_github_hold_with_500_environments_that_all_differ() {
    let of_one = |number: usize| {
        let known = |mut finding: Finding| {
            finding.since = Some("2026-11-20T08:00:00Z".parse().unwrap());
            finding.by = Some("AWSReservedSSO_Admin_0123456789abcdef/anna@example.com".into());
            finding.event = Some("ModifyDBInstance".into());
            finding
        };
        let kinds = FindingKind::ALL.into_iter().cycle().take(12);
        let findings = kinds.enumerate().map(|(index, kind)| known(finding(kind, &format!("d{index}")))).collect();
        DriftReport { environment: format!("preview-{number:04}"), ..report(findings) }
    };
    let run = DriftRun { reports: (0..500).map(of_one).collect(), failures: vec![], notes: vec![] };
    let summary = step_summary(&run);
    assert!(summary.len() < 1024 * 1024, "{}", summary.len());
    assert!(summary.contains("more, left out because the text would become too long"), "6,000 findings have no room");
    let body = comment(&run);
    assert!(body.len() < 64 * 1000 && body.contains("left out"), "{}", body.len());
    let shown = annotations(&run);
    for kind in ["error", "warning", "notice"] {
        assert_eq!(shown.lines().filter(|line| line.starts_with(&format!("::{kind} "))).count(), 10);
    }
    let sarif = sarif(&run);
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 5_000, "GitHub refuses more");
    assert_eq!(json(&run)["environments"].as_array().unwrap().len(), 500);
    assert_eq!(junit(&run).matches("<testsuite ").count(), 500);
    assert!(plain(&text(&run, &narrow())).lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn since_when_and_by_whom_stand_in_every_format() {
    let mut known = finding(FindingKind::Drift, "main");
    known.since = Some("2026-11-20T08:00:00Z".parse().unwrap());
    known.by = Some("Admin/bob".into());
    known.event = Some("ModifyDBInstance".into());
    let run = DriftRun { reports: vec![report(vec![known])], failures: vec![], notes: vec![] };
    let words = "since 2026-11-20 08:00 UTC by Admin/bob (ModifyDBInstance)";
    assert!(plain(&text(&run, &narrow())).replace("\n    ", " ").contains(words));
    for shown in [markdown(&run, usize::MAX), html(&run), junit(&run), annotations(&run), sarif(&run).to_string()] {
        assert!(shown.contains(words), "{shown}");
    }
    let value = json(&run);
    let finding = &value["environments"][0]["findings"][0];
    assert_eq!((&finding["by"], &finding["event"]), (&"Admin/bob".into(), &"ModifyDBInstance".into()));
    assert_eq!(finding["since"], "2026-11-20T08:00:00Z");
}

#[test]
fn markdown_has_one_row_a_finding_and_no_markup_from_outside() {
    let shown = markdown(&run(), usize::MAX);
    insta::assert_snapshot!(shown, @r#"
    ### Drift: 1 drift, 1 pending, 1 environment not looked at

    **preview** could not be looked at: no &lt;credentials&gt;

    #### staging: 1 drift, 1 pending

    parked since 2026-11-14 18:00 UTC, by anna&#64;laptop, account 123456789012, us-east-2

    | | resource | wanted | found | what to know | declared at |
    |--|--|--|--|--|--|
    | drift | database/main.class | db.t4g.micro | db.t4g.small | it was &lt;changed&gt; &amp; "grew"<br>0.38 USD a day<br>\`up\` would modify it | environments/staging.yaml:28 |
    | pending | database/other.class | db.t4g.micro | db.t4g.small | it was &lt;changed&gt; &amp; "grew"<br>0.38 USD a day<br>\`up\` would modify it | environments/staging.yaml:28 |

    Accepted: service/web.count until 2026-12-01 by anna: load \| test

    a note
    "#);
}

#[test]
fn the_page_is_whole_and_escaped() {
    let page = html(&run());
    assert!(page.contains("it was &lt;changed&gt; &amp; &quot;grew&quot;"), "{page}");
    assert!(page.contains("no &lt;credentials&gt;") && page.contains("costs 0.76 USD a day as it is"));
    assert!(page.contains("prefers-color-scheme: dark"));
    assert!(!page.contains("<script") && !page.contains("http"));
}

#[test]
fn json_says_the_result_and_every_finding() {
    let value = json(&run());
    assert_eq!(value["result"], "differs");
    assert_eq!(value["environments"][0]["findings"][0]["usd_per_day"], "0.38");
    assert_eq!(value["environments"][0]["accepted"][0]["accepted"]["author"], "anna");
    assert_eq!(value["failures"][0]["environment"], "preview");
}

#[test]
fn every_format_is_known_by_its_name() {
    for (name, format) in FORMATS {
        assert_eq!((name.parse(), format.to_string()), (Ok(format), name.to_owned()));
    }
    assert!("yaml".parse::<DriftFormat>().unwrap_err().contains("sarif"));
}
