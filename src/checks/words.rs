//! [`Words`]: the texts of a check with their secrets, read once before the checks begin.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mask::Mask;
use super::{Ground, simulated};
use crate::cloud::{CloudError, SecretValue};
use crate::model::{Check, CheckKind, CheckText, Desired, SqlCheck};

/// The texts of one check. Secrets are in them: nothing of this is ever shown.
#[derive(Clone, Default)]
pub(super) struct Words {
    /// Takes the secrets of all checks of the run out of a text.
    pub(super) mask: Mask,
    /// Headers of a request, variables of a program.
    pub(super) headers: BTreeMap<String, String>,
    /// Names of those among the headers that hold a secret.
    pub(super) secret_headers: Vec<String>,
    /// Body of a request, message that is sent, password.
    pub(super) body: Option<String>,
    /// The body is a secret.
    pub(super) is_body_secret: bool,
    /// Why the check cannot be made: a secret that could not be read.
    pub(super) missing: Option<String>,
}

/// The words of every check that contacts the world. Each secret is read once.
pub(super) async fn of(checks: &BTreeMap<String, Check>, ground: &Ground<'_>) -> BTreeMap<String, Arc<Words>> {
    let contacts = |check: &&Check| !simulated::answers(check, ground);
    let mut values: BTreeMap<String, Result<SecretValue, CloudError>> = BTreeMap::new();
    for check in checks.values().filter(contacts) {
        for text in texts(check, ground.desired) {
            if let CheckText::Secret { name, .. } = text
                && !values.contains_key(&name)
            {
                let value = ground.secrets.secret_value(&name).await;
                values.insert(name, value);
            }
        }
    }
    let mut known: Vec<SecretValue> = values.values().filter_map(|value| value.clone().ok()).collect();
    for check in checks.values().filter(contacts) {
        let fields = texts(check, ground.desired).into_iter().filter_map(|text| resolve(&text, &values).ok());
        known.extend(fields.filter(|(_, is_secret)| *is_secret).map(|(text, _)| SecretValue::new(text)));
    }
    let mask = Mask::new(&known);
    let words = |(name, check): (&String, &Check)| (name.clone(), Arc::new(words_of(check, ground, &values, &mask)));
    checks.iter().filter(|(_, check)| contacts(check)).map(words).collect()
}

fn words_of(
    check: &Check,
    ground: &Ground<'_>,
    values: &BTreeMap<String, Result<SecretValue, CloudError>>,
    mask: &Mask,
) -> Words {
    let mut words = Words { mask: mask.clone(), ..Words::default() };
    let (headers, body) = parts(check, ground.desired);
    for (name, text) in headers {
        match resolve(&text, values) {
            Ok((text, is_secret)) => {
                if is_secret {
                    words.secret_headers.push(name.clone());
                }
                words.headers.insert(name, text);
            }
            Err(why) => words.missing = Some(why),
        }
    }
    match body.map(|text| resolve(&text, values)) {
        None => {}
        Some(Ok((text, is_secret))) => {
            words.body = Some(text);
            words.is_body_secret = is_secret;
        }
        Some(Err(why)) => words.missing = Some(why),
    }
    words
}

/// The text and whether it is a secret, or why it cannot be had.
fn resolve(
    text: &CheckText,
    values: &BTreeMap<String, Result<SecretValue, CloudError>>,
) -> Result<(String, bool), String> {
    let CheckText::Secret { name, field } = text else { return Ok((text.to_string(), false)) };
    let value = match values.get(name) {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(format!("secret {name} cannot be read: {error}")),
        None => return Err(format!("secret {name} was not read")),
    };
    let Some(field) = field else { return Ok((value.reveal().to_owned(), true)) };
    let document = serde_json::from_str::<serde_json::Value>(value.reveal()).ok();
    match document.as_ref().and_then(|document| document.get(field)) {
        Some(serde_json::Value::String(text)) => Ok((text.clone(), true)),
        Some(other) => Ok((other.to_string(), true)),
        None => Err(format!("secret {name} is no JSON object with a field `{field}`")),
    }
}

fn texts(check: &Check, desired: &Desired) -> Vec<CheckText> {
    let (headers, body) = parts(check, desired);
    headers.into_values().chain(body).collect()
}

/// Headers or variables, and body or password.
fn parts(check: &Check, desired: &Desired) -> (BTreeMap<String, CheckText>, Option<CheckText>) {
    match &check.kind {
        CheckKind::Http(http) => (http.headers.clone(), http.body.clone()),
        CheckKind::WebSocket(socket) => (socket.headers.clone(), socket.send.clone()),
        CheckKind::Command(command) => (command.environment.clone(), None),
        CheckKind::Sql(sql) => (BTreeMap::new(), password(sql, desired)),
        CheckKind::Tls(_) | CheckKind::Log(_) | CheckKind::Metric(_) | CheckKind::Service(_) => (BTreeMap::new(), None),
    }
}

/// The password that is written, else that of the database's own secret.
fn password(sql: &SqlCheck, desired: &Desired) -> Option<CheckText> {
    let of_database = || {
        let database = desired.databases.get(sql.target.database.as_ref()?)?;
        Some(CheckText::Secret { name: database.secret_name.clone(), field: None })
    };
    sql.target.password.clone().or_else(of_database)
}
