//! What holds for every template and every value.

use envctl::template::{Templates, desired};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::template::{shipped, staging};

/// The shipped templates with another task definition.
fn with_template(text: &str) -> Templates {
    let mut templates = shipped();
    templates.insert("task-definition.json.hbs".to_owned(), text.to_owned());
    templates
}

/// Texts with everything in them that JSON, Handlebars or HTML take for more than text; the marks of late values, which
/// are refused, left out.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\"}, {\"name\": \"X".to_owned()),
        Just("{{service.image}}".to_owned()),
        Just("{{{".to_owned()),
        Just("\\u0022".to_owned()),
        Just("</style><script>".to_owned()),
        "[\\x00-\\x1f]",
        "\\PC{0,5}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat().replace(['\u{27e6}', '\u{27e7}'], ""))
}

/// Pieces of templates, so that many of the texts parse.
fn template_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{{#if service}}",
        "{{#if (and service nope)}}",
        "{{else}}",
        "{{/if}}",
        "{{#each values.list}}",
        "{{/each}}",
        "{{#each service as |v k|}}",
        "{{#with database}}",
        "{{/with}}",
        "{{this}}",
        "{{@index}}",
        "{{../service.cpu}}",
        "{{json values}}",
        "{{ref \"database.endpoint\"}}",
        "{{lookup values \"list\"}}",
        "{{> part}}",
        "{{else if nope}}",
        "{{~service.port~}}",
        "{{!-- {{ --}}",
        "{{! x }}",
        "\\{{x}}",
        "\\\\{{x}}",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "{{",
        "}}",
        "{{{x}}}",
        "{{^}}",
        "{{len values.list}}",
        "{{(json x)}}",
        "{{@root.service}}",
        "{{this.list.0}}",
        "\n",
        " ",
        "\u{e9}",
        "1",
        "{{\"x\"}}",
        "{{json}}",
        "{{#unless service.port}}",
        "{{/unless}}",
        "{{values.list.x}}",
        "{{#if (eq 1 (len values.list) )}}",
        "{{json this key=1}}",
        "{{.}}",
        "{{./service}}",
        "{{@nope}}",
        "{{../../x}}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_never_breaks_out_of_its_string(value in nasty(), name in nasty()) {
        let mut environment = staging();
        environment.application = value.clone();
        let service = environment.services.get_mut("backend").unwrap();
        service.environment.clear();
        service.environment.insert(format!("V{name}"), value.clone());
        service.values.insert("any".into(), json!([value.clone(), name.clone()]));
        let text = shipped()["task-definition.json.hbs"].replacen(
            "\"essential\"",
            "\"dockerLabels\": { \"a\": \"{{application}}\" }, \"command\": {{json values.any}}, \"essential\"",
            1,
        );
        let rendered = desired(&environment, &with_template(&text));
        let document = rendered.map_err(|problems| TestCaseError::fail(format!("{problems:?}")))?;
        let container = &document.services["backend"].task_definition["containerDefinitions"][0];
        prop_assert_eq!(&container["environment"][0], &json!({ "name": format!("V{name}"), "value": value }));
        prop_assert_eq!(&container["dockerLabels"]["a"], &Value::from(value.clone()));
        prop_assert_eq!(&container["command"], &json!([value, name]));
    }

    #[test]
    fn no_template_panics_or_goes_on_for_ever(text in template_text(), part in template_text()) {
        let mut environment = staging();
        environment.values.insert("list".into(), json!([1, "two", { "three": 3 }]));
        let mut templates = with_template(&text);
        templates.insert("part.hbs".to_owned(), part);
        let found = desired(&environment, &templates).expect_err("no such text is a whole task definition");
        for problem in found {
            let span = problem.span.expect("a place");
            if span.file == "templates/task-definition.json.hbs" {
                prop_assert!(text.get(span.start..span.end).is_some(), "{:?} in {:?}", span, text);
            }
        }
    }
}

#[test]
fn the_deepest_template_that_is_read_fits_on_the_stack() {
    let call = format!("{}service.cpu{}", "(json ".repeat(6), ")".repeat(6));
    let nested = |depth: usize| {
        let open = format!("{{{{#if {call}}}}}").repeat(depth);
        format!("{open}{{{{nope}}}}{}", "{{/if}}".repeat(depth))
    };
    let code = |text: &str| desired(&staging(), &with_template(text)).unwrap_err()[0].code.clone();
    assert_eq!(code(&nested(12)), "TPL010");
    assert_eq!(code(&nested(13)), "TPL004");
    assert_eq!(code(&nested(1_500)), "TPL004");
    assert_eq!(code(&format!("{{{{json {}", "(json ".repeat(20_000))), "TPL003");
    assert_eq!(code(&format!("{{{{json {}", "[".repeat(20_000))), "TPL003");
    assert_eq!(code(&"{{#if (json ".repeat(1_000)), "TPL003");
    assert_eq!(code(&"{{service.cpu}}".repeat(3_000)), "TPL004");
    assert_eq!(code(&"[".repeat(100_000)), "TPL020");
    assert_eq!(code(&"{{! x".repeat(20_000)), "TPL002");
    assert_eq!(code(&"{{!-- }}".repeat(1_900)), "TPL002");
}
