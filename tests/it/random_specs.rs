//! Specs that nobody wrote: random values for nearly every field. Each environment is in sync right after `up`, asleep and
//! awake again, and a second plan is empty. More of them with `ENVCTL_RANDOM_SPECS=100`, one again with
//! `ENVCTL_RANDOM_SEED=7`.

use crate::simulation::chance::Chance;
use crate::support::TestEnvironment;

/// Specs in a usual run.
const SPECS: u64 = 6;

/// Values of a spec, one after the other.
struct Values(Chance);

impl Values {
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let at = self.0.below(of.len() as u64);
        of[usize::try_from(at).unwrap()]
    }

    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.0.below(most - least + 1)
    }

    fn bool(&mut self) -> bool {
        self.0.percent(50)
    }

    /// A line, in half of the cases.
    fn maybe(&mut self, line: impl FnOnce(&mut Self) -> String) -> String {
        if self.bool() { line(self) + "\n" } else { String::new() }
    }
}

fn spec(seed: u64) -> String {
    let mut v = Values(Chance::new(seed, "spec"));
    let databases = v.between(0, 2);
    let services = v.between(1, 3);
    let owned = v.bool();
    let mut text = String::from(
        "application: shop\naccount: \"123456789012\"\nregion: us-east-2\nborrow:\n  cluster: shop-cluster\n  listener: \
         {load_balancer: shop-alb, port: 443}\n  file_systems:\n    production: {tag: Name=shop-efs}\n  subnets: \
         [subnet-0a1b2c3d4e5f60001, subnet-0a1b2c3d4e5f60002]\n  security_groups: [sg-0a1b2c3d4e5f60001]\n",
    );
    text += &v.maybe(|v| format!("tags: {{team: t{}, \"a b\": \"c:d/e\"}}", v.between(1, 99)));
    if owned {
        text += &format!("file_systems:\n  own: {{throughput: {}}}\n", v.one(&["bursting", "elastic", "7 MiB/s"]));
    }
    let files = v.between(0, 2);
    if files > 0 {
        text += "files:\n";
    }
    for number in 0..files {
        let system = if owned && v.bool() { "own" } else { "production" };
        let (uid, gid) = (v.between(0, 70000), v.between(0, 70000));
        text += &format!(
            "  f{number}: {{file_system: {system}, path: /e{seed}/f{number}, uid: {uid}, gid: {gid}, permissions: \"{}\"}}\n",
            v.one(&["0700", "0755", "0777"])
        );
    }
    if databases > 0 {
        text += "databases:\n";
    }
    for number in 0..databases {
        text += &format!("  d{number}:\n{}", database(&mut v));
    }
    text += "services:\n";
    let mut serving = Vec::new();
    for number in 0..services {
        let serves = v.0.percent(70);
        if serves {
            serving.push(number);
        }
        text += &format!("  s{number}:\n{}", service(&mut v, number, serves, databases, files));
    }
    if !serving.is_empty() {
        text += "rules:\n";
    }
    for number in &serving {
        text += &format!("  r{number}:\n{}", rule(&mut v, seed, *number));
    }
    if v.bool() {
        text += &format!("alarms:\n  a:\n    metric: service.cpu\n    of: s0\n    threshold: {}\n", v.between(1, 99));
        text += &v.maybe(|v| format!("    periods: {}", v.between(2, 9)));
        text += &v.maybe(|v| format!("    missing: {}", v.one(&["breaching", "ignore", "missing"])));
        text += &v.maybe(|v| format!("    statistic: {}", v.one(&["Maximum", "p95", "Minimum"])));
        text += &v.maybe(|_| "    description: \"100 % & more\"".to_owned());
    }
    text += &v.maybe(|_| "dashboard: {}".to_owned());
    text
}

fn database(v: &mut Values) -> String {
    let (engine, version) = match v.between(0, 3) {
        0 => ("postgres", "\"16\""),
        1 => ("postgres", "\"15.8\""),
        2 => ("mysql", "\"8.4\""),
        _ => ("mariadb", "\"10.11\""),
    };
    let mut text = format!("    engine: {engine}\n    version: {version}\n    username: keeper\n");
    text += &v.maybe(|v| format!("    class: {}", v.one(&["db.t4g.micro", "db.t4g.medium", "db.t4g.large"])));
    let storage = v.between(20, 300);
    text += &format!("    storage: {storage} GiB\n");
    text += &v.maybe(|v| format!("    max_storage: {} GiB", storage + v.between(50, 500)));
    text += &v.maybe(|v| format!("    storage_type: {}", v.one(&["gp3", "gp2"])));
    text += &v.maybe(|v| format!("    backup_retention: {}d", v.between(0, 35)));
    text += &v.maybe(|v| format!("    deletion_protection: {}", v.bool()));
    text += &v.maybe(|v| format!("    auto_minor_version_upgrade: {}", v.bool()));
    text += &v.maybe(|v| format!("    performance_insights: {}", v.bool()));
    text += &v.maybe(|v| format!("    multi_az: {}", v.bool()));
    text += &v.maybe(|v| format!("    publicly_accessible: {}", v.bool()));
    text += &v.maybe(|v| format!("    encrypted: {}", v.bool()));
    text += &v.maybe(|v| format!("    port: {}", v.between(2000, 9000)));
    text += &v.maybe(|v| format!("    parameter_group: {}", v.one(&["tuned", "default.other"])));
    text
}

fn service(v: &mut Values, number: u64, serves: bool, databases: u64, files: u64) -> String {
    let (cpu, memory) = match v.between(0, 4) {
        0 => ("256", "512"),
        1 => ("0.5 vCPU", "1 GiB"),
        2 => ("1024", "3072"),
        3 => ("2 vCPU", "16 GiB"),
        _ => ("512", "2048"),
    };
    let image = v.one(&[
        "nginx:1.27",
        "ghcr.io/acme/app@sha256:0123456789012345678901234567890123456789012345678901234567890123",
    ]);
    let mut text = format!("    image: {image}\n    cpu: {cpu}\n    memory: {memory}\n    execution_role: e\n");
    if serves {
        text += &format!("    port: {}\n", v.between(80, 9000));
    }
    text += &v.maybe(|v| format!("    architecture: {}", v.one(&["x86_64", "arm64"])));
    text += &v.maybe(|v| format!("    capacity: {}", v.one(&["spot", "on-demand"])));
    text += &v.maybe(|_| "    task_role: arn:aws:iam::123456789012:role/app".to_owned());
    text += &v.maybe(|v| {
        format!("    environment: {{ZEBRA: \"{}\", ALPHA: \"ä ö \", EMPTY: \"\", JSON: '[1, 2]'}}", v.between(0, 9))
    });
    if databases > 0 {
        text += &v.maybe(|v| format!("    database: d{}", v.between(0, databases - 1)));
    }
    if files > 0 {
        text += &v.maybe(|v| format!("    mounts: {{/data: f{}}}", v.between(0, files - 1)));
    }
    text += &match v.between(0, 2) {
        0 => "    log: none\n".to_owned(),
        1 => format!("    log: {{keep: {}, name: /x/s{number}}}\n", v.one(&["1d", "30d", "forever", "365d"])),
        _ => String::new(),
    };
    text += &v.maybe(|v| format!("    exec: {}", v.bool()));
    text += &v.maybe(|v| format!("    health_check_grace: {}s", v.between(0, 300)));
    text += &v.maybe(|v| {
        let (most, least) = (v.between(150, 200), v.between(0, 100));
        format!("    deployment: {{maximum_percent: {most}, minimum_healthy_percent: {least}}}")
    });
    if v.bool() {
        let min = v.between(1, 3);
        text += &format!("    scaling: {{min: {min}, max: {}, cpu: {}", min + v.between(0, 5), v.between(20, 90));
        text += if v.bool() { ", memory: 71" } else { "" };
        text += if v.bool() { ", scale_in_cooldown: 77s" } else { "" };
        text += "}\n";
    } else {
        text += &v.maybe(|v| format!("    count: {}", v.between(1, 4)));
    }
    text
}

fn rule(v: &mut Values, seed: u64, number: u64) -> String {
    let mut text = format!("    service: s{number}\n    hosts: [E{seed}.S{number}.shop.example]\n");
    text += &v.maybe(|v| format!("    paths: [/{}/*, /b?]", v.between(0, 9)));
    text += &v.maybe(|_| format!("    priority: {}", 100 + number));
    text += &v.maybe(|v| format!("    deregistration_delay: {}s", v.between(0, 3600)));
    text += &v.maybe(|v| format!("    stickiness: {}s", v.between(1, 604_800)));
    text += &v.maybe(|v| {
        let interval = v.between(6, 300);
        let timeout = v.between(2, (interval - 1).min(120));
        let (healthy, unhealthy) = (v.between(2, 10), v.between(2, 10));
        let codes = v.one(&["200", "200,204", "200-399"]);
        format!(
            "    health_check: {{path: \"/h?x=1\", interval: {interval}s, timeout: {timeout}s, healthy: {healthy}, unhealthy: \
             {unhealthy}, codes: \"{codes}\"}}"
        )
    });
    text
}

#[test]
#[allow(clippy::print_stderr, reason = "the seed of a failure")]
fn an_environment_of_any_spec_is_in_sync_after_up_down_and_up() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("ENVCTL_RANDOM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ENVCTL_RANDOM_SPECS").unwrap_or(SPECS),
    };
    for seed in seeds {
        let environment = TestEnvironment::on_a_known_day();
        let spec = spec(seed);
        environment.write("environments/any.yaml", &spec);
        for command in
            [&["up", "any", "--yes", "-q"][..], &["down", "any", "--yes", "-q"], &["up", "any", "--yes", "-q"]]
        {
            let done = environment.run(command);
            assert_eq!(done.code, 0, "ENVCTL_RANDOM_SEED={seed}: {command:?}\n{spec}\n{done}");
            for look in [&["drift", "any"], &["plan", "any"]] {
                let answer = environment.run(look);
                assert_eq!(answer.code, 0, "ENVCTL_RANDOM_SEED={seed}: {look:?} after {command:?}\n{spec}\n{answer}");
            }
        }
    }
}
