//! Posts an announcement, the one thing that is sent from here: with the client, the deadlines and the bounds that the
//! checks have.

use crate::cloud::SecretValue;
use crate::model::Address;

/// Without the text, which may be an address all the same.
const NO_ADDRESS: &str = "what the webhook's secret holds is no address";

/// Posts a JSON document to the address that a secret holds; what was answered, in words. `apart`: beside a paused clock.
/// Redirects are not followed: the message would go to a stranger.
///
/// # Errors
/// Why it was not taken, in words that hold nothing of the address.
#[cfg(feature = "probes")]
pub async fn post(address: &SecretValue, document: &serde_json::Value, apart: bool) -> Result<String, String> {
    use std::path::Path;
    use std::time::Duration;

    use super::attempt::really;
    use super::probe::{Client, Deadline, Question};
    use crate::model::Route;

    /// Longest time of a post.
    const LONGEST: Duration = Duration::from_secs(10);
    /// Most bytes of the answer that are read.
    const LARGEST_ANSWER: u64 = 64 * 1024;

    let parsed = address.reveal().trim().parse::<Address>().ok();
    let Some(target) = parsed.filter(|target| matches!(target.scheme.as_str(), "http" | "https")) else {
        return Err(NO_ADDRESS.to_owned());
    };
    let question = Question {
        method: "POST".to_owned(),
        address: target.clone(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Some(document.to_string()),
        largest_body: LARGEST_ANSWER,
    };
    let work = move || async move {
        let mut client = Client::new(&Route::default(), Path::new("."), &question.address);
        client.ask(&question, Deadline::after(LONGEST)).await.map(|answer| answer.status)
    };
    match really(apart, work).await {
        Ok(Ok(status)) if status.is_success() => Ok(format!("answered {}", status.as_u16())),
        Ok(Ok(status)) if status.is_redirection() => {
            Err(format!("it answered {}, and a redirect is not followed", status.as_u16()))
        }
        Ok(Ok(status)) => Err(format!("it answered {}", status.as_u16())),
        Ok(Err(trouble)) => Err(without(&target, &trouble.text)),
        Err(why) => Err(without(&target, &why)),
    }
}

/// As above.
///
/// # Errors
/// Always.
#[cfg(not(feature = "probes"))]
pub async fn post(_address: &SecretValue, _document: &serde_json::Value, _apart: bool) -> Result<String, String> {
    Err("this build cannot post: it was made without the feature `probes`".to_owned())
}

/// The words without host, path and resolved address.
#[cfg(feature = "probes")]
fn without(target: &Address, text: &str) -> String {
    let text = match text.split_once(": ") {
        Some((place, rest)) if place.parse::<std::net::SocketAddr>().is_ok() => rest,
        _ => text,
    };
    let mask = super::Mask::new([&SecretValue::new(target.host.clone()), &SecretValue::new(target.path.clone())]);
    // A path of `/` alone would take every slash out.
    if target.path.len() > 1 { mask.hide(text) } else { text.replace(&target.host, "(hidden)") }
}

/// Is the address that a secret holds one of this computer's own?
///
/// # Errors
/// When it holds none, in words without what it holds.
pub fn is_here(address: &SecretValue) -> Result<bool, String> {
    let parsed = address.reveal().trim().parse::<Address>().ok();
    let target = parsed.filter(|target| matches!(target.scheme.as_str(), "http" | "https")).ok_or(NO_ADDRESS)?;
    let is_loopback = target.host.parse().is_ok_and(|host: std::net::IpAddr| host.is_loopback());
    Ok(is_loopback || target.host == "localhost")
}
