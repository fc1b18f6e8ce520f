//! A repair for servers that echo a fixed response's page into their XML as it stands. AWS escapes it; MiniStack does
//! not, and one page with a `<` in it makes every answer about its listener unreadable.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

const OPEN: &str = "<MessageBody>";
const CLOSE: &str = "</MessageBody>";

/// An HTTP client whose answers hold pages that are escaped.
#[derive(Clone, Debug)]
pub(super) struct EscapePages(pub(super) SharedHttpClient);

#[derive(Clone, Debug)]
struct Connector(SharedHttpConnector);

impl HttpClient for EscapePages {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let read = ByteStream::new(body).collect().await;
            let bytes = read.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
            *response.body_mut() = match std::str::from_utf8(&bytes).ok().and_then(escaped) {
                Some(repaired) => SdkBody::from(repaired),
                None => SdkBody::from(bytes),
            };
            Ok(response)
        })
    }
}

/// The answer with its pages escaped; `None`: it needs no repair.
fn escaped(answer: &str) -> Option<String> {
    let mut repaired = String::with_capacity(answer.len() * 2);
    let mut rest = answer;
    let mut changed = false;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((page, after)) = after.split_once(CLOSE) else { break };
        repaired.push_str(before);
        repaired.push_str(OPEN);
        if page.contains('<') {
            changed = true;
            repaired.push_str(&page.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
        } else {
            repaired.push_str(page);
        }
        repaired.push_str(CLOSE);
        rest = after;
    }
    repaired.push_str(rest);
    changed.then_some(repaired)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_was_echoed_as_it_stands_is_escaped_and_one_that_was_escaped_is_left() {
        let broken = "<a><MessageBody><h1>x &amp; y</h1></MessageBody><b>1</b><MessageBody>z</MessageBody></a>";
        let repaired =
            "<a><MessageBody>&lt;h1&gt;x &amp;amp; y&lt;/h1&gt;</MessageBody><b>1</b><MessageBody>z</MessageBody></a>";
        assert_eq!(escaped(broken).as_deref(), Some(repaired));
        assert_eq!(escaped("<MessageBody>&lt;h1&gt;</MessageBody>"), None);
        assert_eq!(escaped("<MessageBody><h1>"), None);
    }
}
