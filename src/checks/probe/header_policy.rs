//! The security headers of an answer (C3c).

use hyper::header::HeaderMap;

use crate::model::HeaderRule;

/// Least `max-age` of `strict-transport-security`, in seconds: half a year.
const LEAST_HSTS: u64 = 182 * 86_400;

/// What the headers do not keep of a rule. Values of cookies are never told.
pub(super) fn breaches(rule: HeaderRule, headers: &HeaderMap) -> Vec<String> {
    let value = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let present = |name: &str| match value(name) {
        Some(_) => Vec::new(),
        None => vec![format!("header {name} is missing")],
    };
    match rule {
        HeaderRule::Hsts => match value("strict-transport-security") {
            None => vec!["header strict-transport-security is missing".to_owned()],
            Some(text) => {
                let age = text
                    .split(';')
                    .find_map(|part| part.trim().to_lowercase().strip_prefix("max-age=").map(str::to_owned));
                let age = age.and_then(|digits| digits.trim_matches('"').parse::<u64>().ok());
                match age {
                    Some(age) if age >= LEAST_HSTS => Vec::new(),
                    Some(age) => {
                        vec![format!("strict-transport-security has max-age {age}, expected at least {LEAST_HSTS}")]
                    }
                    None => vec!["strict-transport-security has no max-age".to_owned()],
                }
            }
        },
        HeaderRule::FrameOptions => {
            let framed = value("x-frame-options").map(|text| text.trim().to_uppercase());
            let by_policy =
                value("content-security-policy").is_some_and(|text| text.to_lowercase().contains("frame-ancestors"));
            match framed.as_deref() {
                Some("DENY" | "SAMEORIGIN") => Vec::new(),
                _ if by_policy => Vec::new(),
                Some(other) => vec![format!("x-frame-options is `{other}`, expected DENY or SAMEORIGIN")],
                None => vec!["header x-frame-options is missing".to_owned()],
            }
        }
        HeaderRule::Nosniff => match value("x-content-type-options") {
            Some(text) if text.trim().eq_ignore_ascii_case("nosniff") => Vec::new(),
            Some(other) => vec![format!("x-content-type-options is `{other}`, expected nosniff")],
            None => vec!["header x-content-type-options is missing".to_owned()],
        },
        HeaderRule::SecureCookies => {
            let cookies = headers.get_all("set-cookie").iter();
            cookies.flat_map(|cookie| of_cookie(&String::from_utf8_lossy(cookie.as_bytes()))).collect()
        }
        HeaderRule::ContentSecurityPolicy => present("content-security-policy"),
        HeaderRule::ReferrerPolicy => present("referrer-policy"),
    }
}

fn of_cookie(cookie: &str) -> Vec<String> {
    let name = cookie.split('=').next().unwrap_or_default().trim();
    let attributes: Vec<String> = cookie.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect();
    let has = |wanted: &str| attributes.iter().any(|found| found.split('=').next() == Some(wanted));
    let missing = [("secure", "Secure"), ("httponly", "HttpOnly"), ("samesite", "SameSite")];
    let missing = missing.into_iter().filter(|(attribute, _)| !has(attribute));
    missing.map(|(_, shown)| format!("cookie {name} is not {shown}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(rule: HeaderRule, headers: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        breaches(rule, &map)
    }

    #[test]
    fn careful_headers_pass_and_careless_ones_are_named() {
        let year = [("strict-transport-security", "max-age=31536000; includeSubDomains")];
        assert!(broken(HeaderRule::Hsts, &year).is_empty());
        assert_eq!(broken(HeaderRule::Hsts, &[("strict-transport-security", "max-age=60")]).len(), 1);
        assert_eq!(broken(HeaderRule::Hsts, &[]), ["header strict-transport-security is missing"]);
        assert!(broken(HeaderRule::FrameOptions, &[("content-security-policy", "frame-ancestors 'none'")]).is_empty());
        assert_eq!(broken(HeaderRule::FrameOptions, &[("x-frame-options", "ALLOWALL")]).len(), 1);
        assert!(broken(HeaderRule::Nosniff, &[("x-content-type-options", "NoSniff")]).is_empty());
    }

    #[test]
    fn a_careless_cookie_is_named_without_its_value() {
        let cookies = [
            ("set-cookie", "sid=hunter2; Secure; HttpOnly; SameSite=Lax; Path=/"),
            ("set-cookie", "csrf=hunter2; Path=/secure"),
        ];
        let found = broken(HeaderRule::SecureCookies, &cookies);
        assert_eq!(found, ["cookie csrf is not Secure", "cookie csrf is not HttpOnly", "cookie csrf is not SameSite"]);
    }
}
