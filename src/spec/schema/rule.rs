//! Listener rules.

use super::{At, shape};
use crate::spec::units::Span as TimeSpan;

shape! {
    /// A listener rule with its target group: which requests reach the environment.
    Rule is "a rule" {
        /// Service that it forwards to, by its name in the spec. Required.
        service: String,
        /// Host names, wildcards `*` and `?`. Required unless `paths` says which requests are meant.
        hosts: Vec<At<String>>,
        /// Paths, wildcards `*` and `?`. Default: all.
        paths: Vec<At<String>>,
        /// Listener, by its name under `borrow.listeners`. May be left out when there is one.
        listener: String,
        /// Fixed priority, 1 to 50000. Default: the lowest free one, kept afterwards.
        priority: u32,
        /// Template of the rule, below `templates/`. Default `listener-rule.json.hbs`.
        template: String,
        /// Name of the target group, at most 32 characters. Default `APPLICATION-ENVIRONMENT-RULE`, shortened with a
        /// hash where that is too long.
        target_group: String,
        /// `HTTP` or `HTTPS` between the load balancer and the task. Default `HTTP`.
        protocol: String,
        /// Health check of the target group.
        health_check: HealthCheck,
        /// Time in which a leaving task may finish its requests, at most `1h`. Default `15s`.
        deregistration_delay: TimeSpan,
        /// Sticky sessions by cookie, `1s` to `7d`. Default: off.
        stickiness: TimeSpan,
    }
}

shape! {
    /// Health check of a target group. The defaults find a task healthy after 20 seconds, where AWS takes 150.
    HealthCheck is "a health check" {
        /// Path that is asked for. Default `/`.
        path: String,
        /// Time between two checks, `5s` to `300s`. Default `10s`.
        interval: TimeSpan,
        /// Time until a check has failed, `2s` to `120s`, shorter than the interval. Default `5s`.
        timeout: TimeSpan,
        /// Successes in a row to become healthy, 2 to 10. Default 2.
        healthy: u32,
        /// Failures in a row to become unhealthy, 2 to 10. Default 3.
        unhealthy: u32,
        /// HTTP codes that are healthy: `200`, `200,204` or `200-399`. Default `200`.
        codes: String,
    }
}
