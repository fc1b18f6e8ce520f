//! Certificates: who is believed, what was shown, and what is wrong with it in words.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::Trouble;
use crate::model::Route;

/// Judges the certificate of a server, and remembers it whatever the judgement is.
#[derive(Debug)]
pub(super) struct Judge {
    /// `None`: everybody is believed.
    believed: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates of the route's file: a server may show one of them itself.
    named: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    shown: Mutex<Option<CertificateDer<'static>>>,
}

impl Judge {
    /// One who believes the authorities of the route's file, else those of this machine.
    pub(super) fn believing(route: &Route, folder: &Path) -> Result<Arc<Self>, Trouble> {
        let mut roots = RootCertStore::empty();
        let mut named = Vec::new();
        match &route.ca {
            Some(file) => {
                let path = folder.join(file);
                let unread = |why: String| Trouble::not_looked(format!("the authorities in {}: {why}", path.display()));
                let text = std::fs::read(&path).map_err(|error| unread(error.to_string()))?;
                for certificate in CertificateDer::pem_slice_iter(&text) {
                    let certificate = certificate.map_err(|error| unread(error.to_string()))?;
                    named.push(certificate.clone());
                    roots.add(certificate).map_err(|error| unread(error.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(unread("no certificate is in it".to_owned()));
                }
            }
            None => {
                // Single certificates that cannot be read leave the rest as good as it was.
                let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if added == 0 {
                    return Err(Trouble::not_looked("this machine has no list of authorities to believe"));
                }
            }
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let verifier = verifier.map_err(|error| Trouble::not_looked(error.to_string()))?;
        Ok(Arc::new(Self { believed: Some(verifier), named, provider, shown: Mutex::new(None) }))
    }

    /// One who believes everybody: the connection is encrypted, and that is all.
    pub(super) fn believing_everybody() -> Arc<Self> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        Arc::new(Self { believed: None, named: Vec::new(), provider, shown: Mutex::new(None) })
    }

    /// The settings of a connection that is judged so.
    pub(super) fn config(self: &Arc<Self>) -> Result<Arc<ClientConfig>, Trouble> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| Trouble::not_looked(error.to_string()))?;
        let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(self) as Arc<dyn ServerCertVerifier>;
        Ok(Arc::new(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()))
    }

    /// The certificate that was shown last.
    pub(super) fn shown(&self) -> Option<Certificate> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.as_ref().and_then(Certificate::read)
    }

    /// What is wrong, in words.
    pub(super) fn in_words(&self, error: &rustls::Error, host: &str) -> String {
        let shown = self.shown();
        let rustls::Error::InvalidCertificate(wrong) = error else { return format!("the TLS handshake: {error}") };
        match (wrong, shown) {
            (CertificateError::Expired | CertificateError::ExpiredContext { .. }, Some(shown)) => {
                format!("the certificate expired on {}", shown.until)
            }
            (CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }, Some(shown)) => {
                format!("the certificate is valid only from {}", shown.from)
            }
            (CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }, Some(shown)) => {
                format!("the certificate is for {}, not for {host}", shown.names.join(", "))
            }
            // An authority's own certificate, which no chain may end with.
            (CertificateError::Other(_) | CertificateError::UnknownIssuer, Some(shown)) if shown.is_self_signed => {
                format!(
                    "the certificate is signed by itself, `{}`, whom this machine does not believe; if it is yours, \
                     name it as `ca`",
                    shown.issuer
                )
            }
            (CertificateError::UnknownIssuer | CertificateError::BadSignature, Some(shown)) => {
                format!("the certificate is signed by `{}`, whom this machine does not believe", shown.issuer)
            }
            (other, _) => format!("the certificate does not hold: {other}"),
        }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(end_entity.clone().into_owned());
        match &self.believed {
            Some(_) if self.named.iter().any(|named| named == end_entity) => hold_named(end_entity, server_name, now),
            Some(verifier) => verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A certificate that is believed by itself: it must be of this name and this time.
fn hold_named(
    shown: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, rustls::Error> {
    let unread = rustls::Error::InvalidCertificate(CertificateError::BadEncoding);
    let Some(certificate) = Certificate::read(shown) else { return Err(unread) };
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if seconds > certificate.until.as_second() {
        return Err(CertificateError::Expired.into());
    }
    if seconds < certificate.from.as_second() {
        return Err(CertificateError::NotValidYet.into());
    }
    rustls::client::verify_server_name(&ParsedCertificate::try_from(shown)?, server_name)?;
    Ok(ServerCertVerified::assertion())
}

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Names that it is for.
    pub(super) names: Vec<String>,
    /// Who signed it.
    pub(super) issuer: String,
    /// Is that itself?
    pub(super) is_self_signed: bool,
    /// First moment of its life.
    pub(super) from: Timestamp,
    /// Last moment.
    pub(super) until: Timestamp,
}

impl Certificate {
    fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der.as_ref()).ok()?;
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        let names = alternatives.map(|names| names.value.general_names.iter().filter_map(name).collect::<Vec<_>>());
        let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp()).ok();
        Some(Self {
            names: names.filter(|names| !names.is_empty()).unwrap_or_else(|| vec![certificate.subject().to_string()]),
            issuer: certificate.issuer().to_string(),
            is_self_signed: certificate.issuer() == certificate.subject(),
            from: time(certificate.validity().not_before)?,
            until: time(certificate.validity().not_after)?,
        })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(four) => Some(std::net::Ipv4Addr::from(four).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|all| std::net::Ipv6Addr::from(all).to_string()),
        },
        _ => None,
    }
}
