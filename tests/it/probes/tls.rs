//! Certificates: good, expired, of another name, of somebody unknown.

use std::io::Write;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::server::{answer, head, hold, serve};
use super::{Verified, with_checks};

/// An authority and the servers that it signs for.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { pem: certificate.pem(), issuer: Issuer::new(params, key) }
    }

    /// An HTTPS server for this name, whose certificate lives until that year.
    fn server(&self, name: &str, until: i32) -> u16 {
        let key = KeyPair::generate().expect("a key");
        https(&params(name, until).signed_by(&key, &self.issuer).expect("a certificate"), &key)
    }
}

fn params(name: &str, until: i32) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params
}

/// An HTTPS server whose certificate is signed by itself, as `openssl req -x509` makes it: an authority's.
fn alone(name: &str, until: i32) -> (u16, String) {
    let mut params = params(name, until);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (https(&certificate, &key), certificate.pem())
}

fn https(certificate: &rcgen::Certificate, key: &KeyPair) -> u16 {
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![certificate.der().clone()], private).expect("a key that fits"));
    serve(move |stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = rustls::StreamOwned::new(connection, stream);
        while head(&mut stream).is_some() {
            if stream.write_all(&answer("200 OK", "", b"hello")).is_err() {
                return;
            }
        }
    })
}

#[test]
fn certificates_are_judged_by_time_name_and_issuer() {
    let authority = Authority::new("Test authority");
    let good = authority.server("shop.example.com", 2090);
    let expired = authority.server("shop.example.com", 2021);
    let other = authority.server("elsewhere.example.com", 2090);
    let plain = serve(|mut stream| {
        let _ = stream.write_all(b"220 mail.example.com ESMTP\r\n");
        hold(&mut stream);
    });
    let silent = serve(|mut stream| hold(&mut stream));
    let tls = |port: u16, more: &str| {
        format!("{{tls: {{host: shop.example.com, connect_to: '127.0.0.1:{port}', ca: ca.pem{more}}}, timeout: 2s}}")
    };
    let environment = with_checks(&[
        ("good", tls(good, "")),
        ("soon", tls(good, ", days_left: 100000")),
        ("expired", tls(expired, "")),
        ("other", tls(other, "")),
        ("plain", tls(plain, "")),
        ("silent", tls(silent, "")),
        ("unknown", format!("{{tls: {{host: shop.example.com, connect_to: '127.0.0.1:{good}', ca: wrong.pem}}}}")),
        ("no-file", format!("{{tls: {{host: shop.example.com, connect_to: '127.0.0.1:{good}', ca: none.pem}}}}")),
        (
            "https",
            format!(
                "{{http: {{url: 'https://shop.example.com/', connect_to: '127.0.0.1:{good}', ca: ca.pem, contains: hello}}}}"
            ),
        ),
        (
            "https-expired",
            format!("{{http: {{url: 'https://shop.example.com/', connect_to: '127.0.0.1:{expired}', ca: ca.pem}}}}"),
        ),
    ]);
    environment.write("ca.pem", &authority.pem);
    environment.write("wrong.pem", &Authority::new("Another authority").pem);
    let verified = Verified::of(&environment, &[]);
    assert_eq!(verified.code, 7, "{}", verified.text);
    verified.expect("good", "passed", "more days");
    verified.expect("soon", "failed", "expected 100000");
    verified.expect("expired", "failed", "the certificate expired on 2021-01-01");
    verified.expect("other", "failed", "is for elsewhere.example.com, not for shop.example.com");
    verified.expect("plain", "failed", "TLS handshake");
    verified.expect("silent", "unreachable", "no TLS handshake within 2 s");
    verified.expect("unknown", "failed", "signed by");
    verified.expect("no-file", "not-looked", "none.pem");
    verified.expect("https", "passed", "answered 200");
    verified.expect("https-expired", "failed", "the certificate expired");
    assert!(verified.check("good")["figures"]["days_left"].as_i64().is_some_and(|days| days > 20_000));
}

/// Somebody's own server, with the certificate that everybody makes first.
#[test]
fn a_certificate_that_is_signed_by_itself_holds_where_it_is_named() {
    let (good, pem) = alone("shop.example.com", 2090);
    let (expired, expired_pem) = alone("shop.example.com", 2021);
    let tls = |host: &str, port: u16, more: &str| {
        format!("{{tls: {{host: {host}, connect_to: '127.0.0.1:{port}'{more}}}, timeout: 2s}}")
    };
    let environment = with_checks(&[
        ("named", tls("shop.example.com", good, ", ca: own.pem")),
        ("for-another-name", tls("elsewhere.example.com", good, ", ca: own.pem")),
        ("expired", tls("shop.example.com", expired, ", ca: expired.pem")),
        ("another", tls("shop.example.com", good, ", ca: expired.pem")),
        ("not-named", tls("shop.example.com", good, "")),
    ]);
    environment.write("own.pem", &pem);
    environment.write("expired.pem", &expired_pem);
    let verified = Verified::of(&environment, &[]);
    verified.expect("named", "passed", "more days");
    verified.expect("for-another-name", "failed", "is for shop.example.com, not for elsewhere.example.com");
    verified.expect("expired", "failed", "the certificate expired on 2021-01-01");
    verified.expect("another", "failed", "signed by itself");
    verified.expect("not-named", "failed", "signed by itself");
}
