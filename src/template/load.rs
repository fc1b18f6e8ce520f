//! Template files read and parsed with everything that they include.

use std::collections::BTreeMap;

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{Template, TemplateErrorReason};

use crate::model::Problem;

use super::helpers::KNOWN;
use super::source::{Explained, Source, did_you_mean, problem, workspace_path};
use super::{Templates, guard};

/// Longest chain of partials.
const DEEPEST_INCLUDE: usize = 8;

/// A template and the partials that it includes.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Name under which the first is registered.
    pub(super) root: String,
    /// The files, the root first.
    pub(super) files: Vec<File>,
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct File {
    /// The name that includes it.
    pub(super) name: String,
    /// Its text.
    pub(super) source: Source,
    /// Its parsed form.
    pub(super) template: Template,
}

/// Reads the template of this path and, by `{{> name}}`, those it includes: `name` is a path below `templates/`, with
/// or without its ending `.hbs`.
///
/// # Errors
/// Everything that can be seen without values.
pub(super) fn load(templates: &Templates, path: &str) -> Result<Loaded, Vec<Problem>> {
    let Some(text) = templates.get(path) else {
        let known = templates.keys().map(String::as_str);
        let message = format!("there is no template `{}`", workspace_path(path));
        return Err(vec![problem("TPL001", message, None).help(did_you_mean(path, known))]);
    };
    let mut loading = Loading {
        templates,
        files: BTreeMap::new(),
        order: Vec::new(),
        heights: BTreeMap::new(),
        problems: Vec::new(),
    };
    loading.visit(path, Source::new(path, text), &mut vec![path.to_owned()]);
    if !loading.problems.is_empty() {
        return Err(loading.problems);
    }
    let mut files = loading.files;
    let files = loading.order.iter().filter_map(|name| files.remove(name)).collect();
    Ok(Loaded { root: path.to_owned(), files })
}

struct Loading<'a> {
    templates: &'a Templates,
    files: BTreeMap<String, File>,
    order: Vec<String>,
    heights: BTreeMap<String, usize>,
    problems: Vec<Problem>,
}

impl Loading<'_> {
    /// How many files deep the file goes, itself included.
    fn visit(&mut self, name: &str, source: Source, chain: &mut Vec<String>) -> usize {
        self.order.push(name.to_owned());
        let refused = guard::check(&source);
        if !refused.is_empty() {
            self.problems.extend(refused);
            return 1;
        }
        let template = match Template::compile_with_name(&source.text, name.to_owned()) {
            Ok(template) => template,
            Err(error) => {
                let (line, column) = error.pos().unwrap_or((1, 1));
                let at = source.offset(line, column);
                let span = source.span(at, at + 1);
                self.problems.push(problem("TPL002", syntax(error.reason()), Some(span)));
                return 1;
            }
        };
        let mut found = Vec::new();
        inspect(&template, &source, 0, &mut found, &mut self.problems);
        let file = File { name: name.to_owned(), source: source.clone(), template };
        self.files.insert(name.to_owned(), file);
        let mut height = 1;
        for (included, at) in found {
            height = height.max(1 + self.include(&included, &source, at, chain));
        }
        self.heights.insert(name.to_owned(), height);
        height
    }

    /// How many files deep the partial goes.
    fn include(&mut self, included: &str, source: &Source, at: usize, chain: &mut Vec<String>) -> usize {
        let end = guard::mustache_end(&source.text, at).unwrap_or(at);
        let span = Some(source.span(at, end));
        let path =
            [included.to_owned(), format!("{included}.hbs")].into_iter().find(|path| self.templates.contains_key(path));
        let Some((path, text)) = path.and_then(|path| self.templates.get(&path).map(|text| (path, text))) else {
            let known = self.templates.keys().map(|path| path.trim_end_matches(".hbs"));
            let unknown = problem("TPL013", format!("there is no partial `{included}`"), span);
            self.problems.push(unknown.help(did_you_mean(included, known)));
            return 0;
        };
        if chain.contains(&path) || chain.len() > DEEPEST_INCLUDE {
            let message = format!("`{included}` includes itself, or lies deeper than {DEEPEST_INCLUDE} partials");
            self.problems.push(problem("TPL004", message, span).help(format!("the chain is {}", chain.join(" > "))));
            return 0;
        }
        let height = match self.heights.get(included) {
            Some(height) => *height,
            None => {
                chain.push(path.clone());
                let height = self.visit(included, Source::new(&path, text), chain);
                chain.pop();
                height
            }
        };
        if chain.len() + height > DEEPEST_INCLUDE {
            let message = format!("partials lie deeper than {DEEPEST_INCLUDE}");
            self.problems.push(problem("TPL004", message, span).help("include less, or put two of them together"));
        }
        height
    }
}

fn syntax(reason: &TemplateErrorReason) -> String {
    match reason {
        TemplateErrorReason::InvalidSyntax(expected) => {
            format!("this cannot be read as a template: {}", expected.trim())
        }
        TemplateErrorReason::MismatchingClosedHelper(opened, closed) => {
            format!("`{closed}` closes a block that `{opened}` opened")
        }
        other => other.to_string(),
    }
}

/// Finds partials, and the calls of helpers that do not exist.
fn inspect(
    template: &Template,
    source: &Source,
    fallback: usize,
    partials: &mut Vec<(String, usize)>,
    problems: &mut Vec<Problem>,
) {
    for (position, element) in template.elements.iter().enumerate() {
        let at = template.mapping.get(position).map_or(fallback, |place| source.offset(place.0, place.1));
        match element {
            TemplateElement::Expression(call) => inspect_call(call, false, source, at, problems),
            TemplateElement::HelperBlock(block) => {
                inspect_call(block, true, source, at, problems);
                for inner in [&block.template, &block.inverse].into_iter().flatten() {
                    inspect(inner, source, at, partials, problems);
                }
            }
            TemplateElement::PartialExpression(partial) => match &partial.name {
                Parameter::Subexpression(_) | Parameter::Literal(_) => problems.push(
                    problem("TPL013", "the name of a partial must be written out", Some(source.span(at, at + 2)))
                        .help("write {{> name}}, inside {{#if}} where it depends on a value"),
                ),
                name => partials.extend(name.as_name().map(|name| (name.to_owned(), at))),
            },
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            _ => {
                problems.push(problem("TPL003", "this form is not supported", Some(source.span(at, at + 2))));
            }
        }
    }
}

/// Is every name that is called with parameters a helper?
fn inspect_call(call: &HelperTemplate, block: bool, source: &Source, at: usize, problems: &mut Vec<Problem>) {
    let name = call.name.as_name().unwrap_or_default();
    let is_call = block || !call.params.is_empty() || !call.hash.is_empty();
    let known = KNOWN.contains(&name);
    let end = guard::mustache_end(&source.text, at).unwrap_or(at);
    let span = Some(source.span(at, end));
    if is_call && !known {
        let message = format!("there is no helper `{name}`");
        problems.push(problem("TPL012", message, span).help(did_you_mean(name, KNOWN)));
    } else if !is_call && known {
        problems.push(
            problem("TPL012", format!("`{name}` needs a parameter"), span).help(format!("write {{{{{name} …}}}}")),
        );
    } else if let Parameter::Subexpression(_) = call.name {
        problems.push(problem("TPL012", "a call cannot stand as a name", span).help("leave the brackets out"));
    }
    for parameter in call.params.iter().chain(call.hash.values()) {
        inspect_parameter(parameter, source, at, problems);
    }
}

fn inspect_parameter(parameter: &Parameter, source: &Source, at: usize, problems: &mut Vec<Problem>) {
    if let Parameter::Subexpression(inner) = parameter
        && let TemplateElement::Expression(call) = inner.as_element()
    {
        inspect_call(call, !call.params.is_empty(), source, at, problems);
    }
}
