//! Parsed templates prepared for rendering.
//!
//! Handlebars says too little about what it does: which line of the template wrote a piece of the output, that
//! `{{#if missing}}` has no value, how often a loop went round. So an invisible call `{{at N paths…}}` is put before
//! every element: it notes where the output stands, refuses paths without a value, and counts. Plain
//! `{{path}}` becomes `{{text path}}`, which refuses what does not fit into a string.

use handlebars::Template;
use handlebars::template::{HelperTemplate, Parameter, Subexpression, TemplateElement};
use serde_json::Value;

use super::helpers::{AT, TEXT};
use super::source::Source;

/// An element of a template file.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Index of its file.
    pub(super) source: usize,
    /// First byte in the file of what it writes.
    pub(super) start: usize,
    /// Literal text, of which every byte has its own place.
    pub(super) literal: bool,
}

/// Numbers every element of the template and puts the calls before them.
pub(super) fn instrument(template: &mut Template, index: usize, source: &Source, sites: &mut Vec<Site>) {
    walk(template, index, source, 0, sites);
}

/// Takes the element of this number out, together with its mark. Is it gone?
pub(super) fn remove(template: &mut Template, site: usize) -> bool {
    let found = template.elements.iter().position(|element| mark_of(element) == Some(site));
    if let Some(position) = found {
        template.elements.drain(position..(position + 2).min(template.elements.len()));
        return true;
    }
    template.elements.iter_mut().any(|element| match element {
        TemplateElement::HelperBlock(block) => {
            [&mut block.template, &mut block.inverse].into_iter().flatten().any(|inner| remove(inner, site))
        }
        _ => false,
    })
}

fn mark_of(element: &TemplateElement) -> Option<usize> {
    let TemplateElement::Expression(call) = element else { return None };
    if call.name != Parameter::Name(AT.to_owned()) {
        return None;
    }
    match call.params.first() {
        Some(Parameter::Literal(Value::Number(number))) => number.as_u64().and_then(|site| usize::try_from(site).ok()),
        _ => None,
    }
}

fn walk(template: &mut Template, index: usize, source: &Source, fallback: usize, sites: &mut Vec<Site>) {
    let places: Vec<usize> = template.mapping.iter().map(|place| source.offset(place.0, place.1)).collect();
    let elements = std::mem::take(&mut template.elements);
    for (position, mut element) in elements.into_iter().enumerate() {
        let start = places.get(position).copied().unwrap_or(fallback);
        let literal = matches!(element, TemplateElement::RawString(_));
        let site = sites.len();
        sites.push(Site { source: index, start: written_from(&element, source, start), literal });
        let mut needs = Vec::new();
        prepare(&mut element, &mut needs);
        if let TemplateElement::HelperBlock(block) = &mut element {
            for inner in [&mut block.template, &mut block.inverse].into_iter().flatten() {
                walk(inner, index, source, start, sites);
            }
        }
        let mut params = vec![Parameter::Literal(Value::from(site))];
        params.extend(needs);
        template.elements.push(call(AT, params));
        template.elements.push(element);
    }
    // Marks carry the places from here on; Handlebars' own would no longer line up.
    template.mapping.clear();
}

/// The byte of the file at which an element's text begins. The parser gives a literal's place after the white space
/// that it skipped, and cuts white space off around blocks that stand alone.
fn written_from(element: &TemplateElement, source: &Source, start: usize) -> usize {
    let TemplateElement::RawString(text) = element else { return start };
    let white = |text: &str| text.len() - text.trim_start().len();
    let before = source.text.get(..start).unwrap_or_default().trim_end().len();
    let rest = source.text.get(before..).unwrap_or_default();
    before + white(rest).saturating_sub(white(text))
}

/// Collects the paths that must have a value, and rewrites plain values into `text` calls.
fn prepare(element: &mut TemplateElement, needs: &mut Vec<Parameter>) {
    match element {
        TemplateElement::Expression(expression) => {
            paths_of(expression, needs);
            let plain = expression.params.is_empty() && expression.hash.is_empty();
            if plain && let Parameter::Path(_) = expression.name {
                needs.push(expression.name.clone());
                expression.params = vec![expression.name.clone()];
                expression.name = Parameter::Name(TEXT.to_owned());
            } else if expression.name.as_name() != Some(super::helpers::JSON) {
                let inner = Subexpression::new(
                    expression.name.clone(),
                    std::mem::take(&mut expression.params),
                    std::mem::take(&mut expression.hash),
                );
                expression.params = vec![Parameter::Subexpression(inner)];
                expression.name = Parameter::Name(TEXT.to_owned());
            }
        }
        TemplateElement::HelperBlock(block) => paths_of(block, needs),
        TemplateElement::PartialExpression(partial) => {
            for parameter in partial.params.iter().chain(partial.hash.values()) {
                paths_in(parameter, needs);
            }
        }
        _ => {}
    }
}

fn paths_of(call: &HelperTemplate, needs: &mut Vec<Parameter>) {
    for parameter in call.params.iter().chain(call.hash.values()) {
        paths_in(parameter, needs);
    }
}

fn paths_in(parameter: &Parameter, needs: &mut Vec<Parameter>) {
    match parameter {
        Parameter::Path(_) => needs.push(parameter.clone()),
        Parameter::Subexpression(inner) => {
            for parameter in
                inner.params().into_iter().flatten().chain(inner.hash().into_iter().flat_map(|hash| hash.values()))
            {
                paths_in(parameter, needs);
            }
        }
        _ => {}
    }
}

/// A call of a helper that writes where it stands.
fn call(name: &str, params: Vec<Parameter>) -> TemplateElement {
    let call = Subexpression::new(Parameter::Name(name.to_owned()), params, std::collections::HashMap::new());
    *call.element
}
