//! From a host and a port to a stream: names, connections, TLS.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::certificate::Judge;
use super::{Deadline, Trouble};
use crate::model::{Address, Route, host_and_port};

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection to a host, or to where the route leads instead.
pub(super) async fn tcp(host: &str, port: u16, route: &Route, deadline: Deadline) -> Result<TcpStream, Trouble> {
    let (host, port) = match &route.connect_to {
        None => (host.to_owned(), port),
        Some(elsewhere) => match host_and_port(elsewhere) {
            Ok((host, Some(port))) => (host, port),
            _ => return Err(Trouble::not_looked(format!("`{elsewhere}` is no HOST:PORT"))),
        },
    };
    let resolved = deadline
        .within(tokio::net::lookup_host((host.as_str(), port)), |time| {
            Trouble::unreachable(format!("the name {host} was not resolved within {time}"))
        })
        .await?;
    let addresses: Vec<_> = match resolved {
        Ok(addresses) => addresses.collect(),
        Err(error) => return Err(Trouble::unreachable(format!("the name {host} cannot be resolved: {error}"))),
    };
    let mut last = Trouble::unreachable(format!("the name {host} has no address"));
    let count = addresses.len();
    for (index, address) in addresses.into_iter().enumerate() {
        // One address that swallows everything must leave time for the others.
        let share = deadline.left() / u32::try_from(count - index).unwrap_or(1);
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Small requests must not wait for each other; where this cannot be set they still arrive.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = Trouble::unreachable(format!("{address}: {}", in_words(&error))),
            Err(_) => {
                last = Trouble::unreachable(format!("{address}: no connection within {} ms", share.as_millis()));
            }
        }
    }
    Err(last)
}

/// A connection to the host of an address, encrypted where it says so.
pub(super) async fn stream(
    address: &Address,
    route: &Route,
    folder: &Path,
    deadline: Deadline,
) -> Result<Box<dyn Stream>, Trouble> {
    let judge = if address.is_encrypted() { Some(Judge::believing(route, folder)?) } else { None };
    let stream = tcp(&address.host, address.port, route, deadline).await?;
    match judge {
        None => Ok(Box::new(stream)),
        Some(judge) => Ok(Box::new(greet(stream, &address.host, &judge, deadline).await?)),
    }
}

/// The TLS handshake. A certificate that does not hold is a failure: somebody has answered.
pub(super) async fn greet(
    stream: TcpStream,
    host: &str,
    judge: &Arc<Judge>,
    deadline: Deadline,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Trouble> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|_| Trouble::not_looked(format!("`{host}` can be in no certificate")))?;
    let connector = TlsConnector::from(judge.config()?);
    let late = |time: &str| Trouble::unreachable(format!("connected, but no TLS handshake within {time}"));
    match deadline.within(connector.connect(name, stream), late).await? {
        Ok(stream) => Ok(stream),
        Err(error) => Err(match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => Trouble::failed(judge.in_words(error, host)),
            None => Trouble::unreachable(format!("the TLS handshake: {}", in_words(&error))),
        }),
    }
}

/// What an error of a connection means.
pub(super) fn in_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::ConnectionRefused => "the connection was refused".to_owned(),
        ErrorKind::ConnectionReset => "the connection was reset".to_owned(),
        ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => "the connection was broken off".to_owned(),
        ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        ErrorKind::TimedOut => "no connection in time".to_owned(),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable => "there is no way to it from here".to_owned(),
        _ => error.to_string(),
    }
}
