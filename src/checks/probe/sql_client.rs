//! A read-only session of PostgreSQL.

use std::path::Path;

use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::certificate::Judge;
use super::connect::{in_words, tcp};
use super::{Deadline, Trouble};
use crate::checks::sql_place::SqlPlace;
use crate::model::{SqlTarget, SqlTls};

/// A session, ended when this is dropped.
pub(super) struct Session {
    pub(super) client: Client,
    task: AbortHandle,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens a session in which nothing can be written, and in which no statement outlives the deadline.
pub(super) async fn open(
    place: &SqlPlace,
    target: &SqlTarget,
    password: Option<&str>,
    folder: &Path,
    deadline: Deadline,
) -> Result<Session, Trouble> {
    let judge = match target.tls {
        SqlTls::Off => None,
        SqlTls::Encrypted => Some(Judge::believing_everybody()),
        SqlTls::Verified => Some(Judge::believing(&target.route, folder)?),
    };
    let stream = tcp(&place.host, place.port, &target.route, deadline).await?;
    let mut config = Config::new();
    config.user(&place.user).dbname(&place.name).application_name("envctl verify");
    if let Some(password) = password {
        config.password(password);
    }
    let connecting = async {
        match &judge {
            None => {
                config.ssl_mode(SslMode::Disable);
                started(&config, stream, NoTls).await
            }
            Some(judge) => {
                config.ssl_mode(SslMode::Require);
                let mut maker = MakeRustlsConnect::new(judge.config()?.as_ref().clone());
                let connector = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut maker, &place.host);
                let connector = connector.map_err(|error| Trouble::not_looked(error.to_string()))?;
                let connected = started(&config, stream, connector).await;
                connected.map_err(|trouble| of_certificate(judge, &place.host, trouble))
            }
        }
    };
    let late = |time: &str| Trouble::unreachable(format!("connected, but PostgreSQL did not answer within {time}"));
    let session = deadline.within(connecting, late).await??;
    let left = deadline.left().as_millis().max(1);
    let settings = format!("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = {left}");
    let late = |time: &str| Trouble::failed(format!("connected, but nothing was answered within {time}"));
    deadline.within(session.client.batch_execute(&settings), late).await?.map_err(|error| of_error(&error))?;
    Ok(session)
}

async fn started<T>(config: &Config, stream: TcpStream, tls: T) -> Result<Session, Trouble>
where
    T: TlsConnect<TcpStream> + Send,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect_raw(stream, tls).await.map_err(|error| of_error(&error))?;
    // Its end shows in what the client answers.
    let task = tokio::spawn(async move { drop(connection.await) }).abort_handle();
    Ok(Session { client, task })
}

/// A handshake that ended on the certificate says what is wrong with it.
fn of_certificate(judge: &Judge, host: &str, trouble: Trouble) -> Trouble {
    match judge.shown() {
        Some(shown) if trouble.text.contains("certificate") => Trouble::failed(format!(
            "{}; it is for {}, valid until {}, signed by `{}` (asked for {host})",
            trouble.text,
            shown.names.join(", "),
            shown.until,
            shown.issuer
        )),
        _ => trouble,
    }
}

/// What an error of PostgreSQL, or on the way to it, means.
pub(super) fn of_error(error: &tokio_postgres::Error) -> Trouble {
    if let Some(database) = error.as_db_error() {
        let detail = database.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        return Trouble::failed(format!("PostgreSQL: {}{detail} [{}]", database.message(), database.code().code()));
    }
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<std::io::Error>() {
            let text = in_words(inner);
            return match inner.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                true => Trouble::failed(text),
                false => Trouble::unreachable(text),
            };
        }
        source = inner.source();
    }
    if error.is_closed() {
        return Trouble::unreachable("the connection was closed");
    }
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Trouble::failed(format!("PostgreSQL: {error}{cause}"))
}
