//! The helpers that templates may call, beside Handlebars' own `if`, `unless`, `each`, `with`, `lookup`, `eq`, `ne`,
//! `gt`, `gte`, `lt`, `lte`, `and`, `or`, `not` and `len`.
//!
//! | helper | writes |
//! |--|--|
//! | `{{json value}}` | any value as JSON, quotes included |
//! | `{{ref "database.endpoint"}}` | a value known late, see [`References`](super::references::References) |

use std::sync::{Arc, Mutex};

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason,
    ScopedJson,
};
use serde_json::Value;

use super::references::References;

/// Writes any value as JSON.
pub(super) const JSON: &str = "json";
/// Writes a value known late.
pub(super) const REF: &str = "ref";
/// Put before every element by [`super::instrument`]; the space keeps templates from calling it.
pub(super) const AT: &str = " at";
/// Writes a value into a string; stands behind every plain `{{path}}`.
pub(super) const TEXT: &str = " text";

/// Every name that a template may call.
pub(super) const KNOWN: [&str; 17] = [
    "if", "unless", "each", "with", "lookup", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not", "len", JSON,
    REF,
];

/// The most elements that one rendering may pass: a loop over a loop over a loop ends here.
const MOST_STEPS: usize = 20_000;

/// What a rendering did so far.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Bytes written.
    pub(super) written: usize,
    /// Which element began where in the output: byte and number of the site.
    pub(super) marks: Vec<(usize, usize)>,
}

/// A trace that the helpers and the output share.
pub(super) type SharedTrace = Arc<Mutex<Trace>>;

/// Runs something on a trace. A poisoned lock only means that a helper panicked; the numbers are still good.
pub(super) fn traced<T>(trace: &SharedTrace, run: impl FnOnce(&mut Trace) -> T) -> T {
    run(&mut trace.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Adds envctl's helpers, takes away those that write elsewhere or unescaped.
pub(super) fn register(registry: &mut Handlebars<'_>, references: Arc<References>, trace: SharedTrace) {
    registry.unregister_helper("log");
    registry.unregister_helper("raw");
    registry.register_helper(JSON, Box::new(JsonHelper));
    registry.register_helper(REF, Box::new(RefHelper { references }));
    registry.register_helper(TEXT, Box::new(TextHelper));
    registry.register_helper(AT, Box::new(AtHelper { trace }));
}

fn refuse(message: impl Into<String>) -> RenderError {
    RenderErrorReason::Other(message.into()).into()
}

struct JsonHelper;

impl HelperDef for JsonHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let value = helper.param(0).ok_or_else(|| refuse("`json` needs a value: {{json name}}"))?;
        Ok(ScopedJson::Derived(Value::String(value.value().to_string())))
    }

    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = self.call_inner(helper, registry, context, render)?;
        out.write(text.as_json().as_str().unwrap_or_default())?;
        Ok(())
    }
}

struct RefHelper {
    references: Arc<References>,
}

impl HelperDef for RefHelper {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let path = helper.param(0).and_then(|parameter| parameter.value().as_str());
        let path = path.ok_or_else(|| refuse("`ref` needs a text: {{ref \"database.endpoint\"}}"))?;
        self.references.text(path).map(|text| ScopedJson::Derived(Value::String(text))).map_err(refuse)
    }
}

struct TextHelper;

impl HelperDef for TextHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let value = helper.param(0).map(|parameter| parameter.value()).unwrap_or(&Value::Null);
        let text = match value {
            Value::String(text) => registry.get_escape_fn()(text),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null => return Err(refuse("the value is empty (null)")),
            Value::Array(_) => return Err(refuse("the value is a list: write {{json …}} or {{#each …}}")),
            Value::Object(_) => return Err(refuse("the value is a mapping: write {{json …}} or {{#each …}}")),
        };
        out.write(&text)?;
        Ok(())
    }
}

struct AtHelper {
    trace: SharedTrace,
}

impl HelperDef for AtHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        _: &mut dyn Output,
    ) -> HelperResult {
        let site = helper.param(0).and_then(|parameter| parameter.value().as_u64()).unwrap_or_default();
        let steps = traced(&self.trace, |trace| {
            trace.marks.push((trace.written, usize::try_from(site).unwrap_or_default()));
            trace.marks.len()
        });
        if steps > MOST_STEPS {
            return Err(refuse(format!("the template goes round more than {MOST_STEPS} times")));
        }
        match helper.params().iter().skip(1).find(|parameter| parameter.is_value_missing()) {
            Some(missing) => Err(RenderErrorReason::MissingVariable(missing.relative_path().cloned()).into()),
            None => Ok(()),
        }
    }
}
