//! CloudWatch in JSON, for servers that know its older protocol only. The SDK speaks CBOR; moto has no such address, and
//! MiniStack answers in JSON where it lacks a library. Both know `awsJson1_0`, which AWS's own command line speaks.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::cbor;

/// An HTTP client that turns CBOR into JSON on the way out, and JSON into CBOR on the way in.
#[derive(Clone, Debug)]
pub(super) struct JsonMetrics(pub(super) SharedHttpClient);

#[derive(Clone, Debug)]
struct Connector(SharedHttpConnector);

impl HttpClient for JsonMetrics {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        translate(&mut request);
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut response = answer.await?;
            back(&mut response).await?;
            Ok(response)
        })
    }
}

/// `…/service/GraniteServiceVersion20100801/operation/GetMetricData` becomes a call of that target at the root. What
/// cannot be translated is sent as it is.
fn translate(request: &mut HttpRequest) -> Option<()> {
    let uri = request.uri().to_owned();
    let (root, rest) = uri.split_once("/service/")?;
    let (service, operation) = rest.split_once("/operation/")?;
    let document = cbor::to_json(request.body().bytes()?)?;
    let text = document.to_string();
    request.set_uri(format!("{root}/")).ok()?;
    let headers = request.headers_mut();
    headers.insert("x-amz-target", format!("{service}.{operation}"));
    headers.insert("content-type", "application/x-amz-json-1.0");
    headers.insert("accept", "application/x-amz-json-1.0");
    headers.insert("content-length", text.len().to_string());
    headers.remove("smithy-protocol");
    *request.body_mut() = SdkBody::from(text);
    Some(())
}

async fn back(response: &mut HttpResponse) -> Result<(), ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let read = ByteStream::new(body).collect().await;
    let bytes = read.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let document = serde_json::from_slice::<serde_json::Value>(&bytes).ok().filter(serde_json::Value::is_object);
    *response.body_mut() = match document {
        Some(document) => {
            let body = cbor::from_json(&document);
            let headers = response.headers_mut();
            headers.insert("content-type", "application/cbor");
            headers.insert("smithy-protocol", "rpc-v2-cbor");
            headers.insert("content-length", body.len().to_string());
            SdkBody::from(body)
        }
        None => SdkBody::from(bytes),
    };
    Ok(())
}
