//! Health checks of target groups (`aws.md` 4.3).

use super::Check;
use crate::spec::code::Code;
use crate::spec::problems::wrong;
use crate::spec::schema::shortened;
use crate::spec::units;

pub(super) fn check(check: &mut Check<'_>) {
    for (name, rule) in &check.environment.rules {
        let at = |field: &str| format!("listener-rule/{name}.health_check.{field}");
        let health = &rule.health_check;
        if !health.path.starts_with('/') || health.path.len() > 1024 || health.path.contains(char::is_whitespace) {
            let draft = wrong(Code::HealthCheck, format!("`{}` is no path to check", shortened(&health.path)))
                .help("write an absolute path such as `/health`")
                .instead((!health.path.starts_with('/')).then(|| format!("/{}", health.path)));
            check.report(&at("path"), draft);
        }
        let is_interval = check.lasts(&at("interval_seconds"), "the interval", health.interval_seconds, 5, 300);
        let is_timeout = check.lasts(&at("timeout_seconds"), "the timeout", health.timeout_seconds, 2, 120);
        if is_interval && is_timeout && health.timeout_seconds >= health.interval_seconds {
            let show = |seconds: u32| units::show(u64::from(seconds));
            let message = format!(
                "timeout {} is not shorter than interval {}",
                show(health.timeout_seconds),
                show(health.interval_seconds)
            );
            let draft = wrong(Code::HealthCheck, message)
                .label("must be shorter than the interval")
                .related(check.declared.exact(&at("interval_seconds")), "the interval")
                .help("let the timeout be shorter than the interval");
            let path = if check.declared.exact(&at("timeout_seconds")).is_some() {
                at("timeout_seconds")
            } else {
                at("interval_seconds")
            };
            check.report(&path, draft);
        }
        check.within(&at("healthy_threshold"), "healthy", health.healthy_threshold, 2, 10);
        check.within(&at("unhealthy_threshold"), "unhealthy", health.unhealthy_threshold, 2, 10);
        if !is_matcher(&health.matcher) {
            let draft = wrong(Code::HealthCheck, format!("`{}` are no HTTP codes", shortened(&health.matcher)))
                .help("write codes from 200 to 499: `200`, `200,204` or `200-399`")
                .instead(Some("200"));
            check.report(&at("matcher"), draft);
        }
    }
}

/// Codes and ranges of an application load balancer: 200 to 499.
fn is_matcher(matcher: &str) -> bool {
    let code = |text: &str| text.parse::<u32>().ok().filter(|code| text.len() == 3 && (200..=499).contains(code));
    matcher.split(',').all(|part| match part.split_once('-') {
        Some((from, to)) => matches!((code(from), code(to)), (Some(from), Some(to)) if from <= to),
        None => code(part).is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_codes_lists_and_ranges() {
        for good in ["200", "200,204", "200-399", "200-299,404"] {
            assert!(is_matcher(good), "{good}");
        }
        for bad in ["", "2xx", "200-", "399-200", "500", "200, 204", "0200"] {
            assert!(!is_matcher(bad), "{bad}");
        }
    }
}
