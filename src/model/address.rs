//! [`Address`]: a URL of a check, taken apart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A URL: scheme, host, port, and the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// `http`, `https`, `ws` or `wss`.
    pub scheme: String,
    /// Host name or IP address, lower case, an IPv6 address without its brackets.
    pub host: String,
    /// Port; the scheme's own where none is written.
    pub port: u16,
    /// Path and query, beginning with `/`; no fragment.
    pub path: String,
}

impl Address {
    /// Is it encrypted?
    pub fn is_encrypted(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "wss")
    }

    /// `HOST` or `HOST:PORT`, as the `host` header has it.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if Some(self.port) == usual_port(&self.scheme) { host } else { format!("{host}:{}", self.port) }
    }

    /// The address that a `location` means, seen from here.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn join(&self, location: &str) -> Result<Self, String> {
        let location = location.split('#').next().unwrap_or(location).trim();
        if location.contains("://") {
            return location.parse();
        }
        if let Some(rest) = location.strip_prefix("//") {
            return format!("{}://{rest}", self.scheme).parse();
        }
        let folder = || {
            let path = self.path.split('?').next().unwrap_or("/");
            path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
        };
        let path = match location.chars().next() {
            Some('/') => location.to_owned(),
            Some('?') => format!("{}{location}", self.path.split('?').next().unwrap_or("/")),
            Some(_) => format!("{}/{location}", folder()),
            None => self.path.clone(),
        };
        format!("{}://{}{path}", self.scheme, self.authority()).parse()
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

/// Splits `HOST:PORT`, `[::1]:PORT`; a port of `None` where none is written.
///
/// # Errors
/// What is wrong with it.
pub fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    let port =
        |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{text}` is no port"));
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => match rest.strip_prefix(':') {
            Some(digits) => (host, Some(port(digits)?)),
            None if rest.is_empty() => (host, None),
            None => return Err(format!("`{rest}` behind the address")),
        },
        None => match text.rsplit_once(':') {
            Some((host, digits)) => (host, Some(port(digits)?)),
            None => (text, None),
        },
    };
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | ':');
    if host.is_empty() {
        return Err("no host".to_owned());
    }
    match host.chars().find(|letter| !allowed(*letter)) {
        Some(letter) => Err(format!("`{}` in the host", letter.escape_debug())),
        None => Ok((host.to_lowercase(), port)),
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or("no `http://` or `https://` in front")?;
        let scheme = scheme.to_lowercase();
        let usual = usual_port(&scheme).ok_or_else(|| format!("`{scheme}://` is not http, https, ws or wss"))?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("a user or password in the address: send it as a header, from a secret".to_owned());
        }
        let (host, port) = host_and_port(authority)?;
        if let Some(letter) =
            path.chars().find(|letter| letter.is_whitespace() || letter.is_control() || !letter.is_ascii())
        {
            return Err(format!("`{}` in the path: write it as %XX", letter.escape_debug()));
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { scheme, host, port: port.unwrap_or(usual), path })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}{}", self.scheme, self.authority(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_and_put_together() {
        let check = |text: &str, shown: &str| assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        check("https://Shop.example.com", "https://shop.example.com/");
        check("http://127.0.0.1:8080/a?b=c#d", "http://127.0.0.1:8080/a?b=c");
        check("https://example.com:443?x", "https://example.com/?x");
        check("ws://[::1]:9/chat", "ws://[::1]:9/chat");
        for wrong in ["example.com", "ftp://x", "http://", "http://a b", "http://u:p@h/", "http://h:0", "http://h/ü"] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_location_is_seen_from_where_it_was_given() {
        let base: Address = "https://example.com/a/b?c".parse().unwrap();
        let check = |location: &str, shown: &str| assert_eq!(base.join(location).unwrap().to_string(), shown);
        check("/x", "https://example.com/x");
        check("y", "https://example.com/a/y");
        check("?z", "https://example.com/a/b?z");
        check("//other.com/q", "https://other.com/q");
        check("http://other.com", "http://other.com/");
    }
}
