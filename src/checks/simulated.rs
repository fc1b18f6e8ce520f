//! What the simulated world answers to the checks of the environment's own hosts and databases.
//!
//! It knows the load balancer's rules, the targets behind them and the state of databases, so a check fails while the
//! environment sleeps, while a maintenance page is shown, or when no task is healthy. The applications themselves are
//! not simulated: where a healthy one is reached, its answer is taken as the check declares it, and the result says so.

use super::Ground;
use super::mask::Mask;
use super::seen::Seen;
use crate::cloud::sim::{SimCloud, WebAnswer};
use crate::model::{Address, Check, CheckKind, Condition, HttpCheck, Route, fits_wildcard};

/// Is this a check of the environment's own host or database, which the simulated world answers?
pub(super) fn answers(check: &Check, ground: &Ground<'_>) -> bool {
    let direct = |route: &Route| route.connect_to.is_none();
    let of_address = |url: &str| url.parse::<Address>().is_ok_and(|address| is_own_host(&address.host, ground));
    ground.simulated.is_some()
        && match &check.kind {
            CheckKind::Http(http) => direct(&http.route) && of_address(&http.url),
            CheckKind::WebSocket(socket) => direct(&socket.route) && of_address(&socket.url),
            CheckKind::Tls(tls) => direct(&tls.route) && is_own_host(&tls.host, ground),
            CheckKind::Sql(sql) => {
                direct(&sql.target.route) && sql.target.host.is_none() && sql.target.database.is_some()
            }
            CheckKind::Log(_) | CheckKind::Metric(_) | CheckKind::Service(_) => true,
            CheckKind::Command(_) => false,
        }
}

fn is_own_host(host: &str, ground: &Ground<'_>) -> bool {
    let conditions = ground.desired.rules.values().flat_map(|rule| &rule.conditions);
    let fits = |pattern: &String| fits_wildcard(&pattern.to_lowercase(), &host.to_lowercase());
    conditions.into_iter().any(|condition| matches!(condition, Condition::HostHeader(hosts) if hosts.iter().any(fits)))
}

/// Looks once at what is not asked of the cloud.
pub(super) fn look(check: &Check, ground: &Ground<'_>, world: &SimCloud) -> Seen {
    let seen = Seen::new(&Mask::default());
    match &check.kind {
        CheckKind::Http(http) => web(seen, &http.url, Some(http), world),
        CheckKind::WebSocket(socket) => web(seen, &socket.url, None, world),
        CheckKind::Sql(sql) => database(seen, sql.target.database.as_deref().unwrap_or_default(), ground, world),
        CheckKind::Tls(tls) => {
            let mut seen = seen;
            seen.summary(&format!("{} is served; its certificate is not simulated", tls.host));
            seen
        }
        _ => seen.not_looked("the simulated world is not asked this"),
    }
}

fn web(mut seen: Seen, url: &str, http: Option<&HttpCheck>, world: &SimCloud) -> Seen {
    let address = match url.parse::<Address>() {
        Ok(address) => address,
        Err(error) => return seen.failed(&error),
    };
    match world.web_answer(&address.host, &address.path) {
        WebAnswer::NoRule => seen.failed(&format!("no rule of the load balancer answers {url}")),
        WebAnswer::Forwards { target_group, healthy: 0, targets } => {
            seen.failed(&format!("503: none of the {targets} targets of {target_group} is healthy"))
        }
        WebAnswer::Forwards { target_group, healthy, targets } => {
            seen.summary(&format!(
                "forwarded to {target_group}, {healthy} of {targets} targets healthy; the application's answer is taken \
                 as declared"
            ));
            seen
        }
        WebAnswer::Page { status, body, .. } => {
            seen.summary(&format!("the load balancer itself answers with a page, status {status}"));
            match http {
                Some(http) => {
                    if !http.status.iter().any(|(least, most)| (*least..=*most).contains(&status)) {
                        seen.problem(&format!("status {status} from a page of the load balancer"));
                    }
                    seen.judge_text("the page", &http.text, &body);
                }
                None => seen.problem(&format!("the handshake is answered with a page, status {status}")),
            }
            seen
        }
    }
}

fn database(mut seen: Seen, name: &str, ground: &Ground<'_>, world: &SimCloud) -> Seen {
    let Some(spec) = ground.desired.databases.get(name) else { return seen.failed(&format!("no database {name}")) };
    match world.database_trouble(&spec.identifier) {
        Some(why) => seen.unreachable(&why),
        None => {
            seen.summary(&format!("{} is available; its answer is taken as declared", spec.identifier));
            seen
        }
    }
}
