//! Bad specs: each with its code, place, the text that is underlined, the message and the remedy.

use std::collections::BTreeMap;

use envctl::model::Problem;
use envctl::spec;

const STAGING: &str = include_str!("../../environments/staging.yaml");

/// The problems of these files, one paragraph each.
fn problems(name: &str, files: &[(&str, &str)]) -> String {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| (format!("environments/{name}.yaml"), (*text).to_owned())).collect();
    match spec::parse(name, &files) {
        Ok(_) => "no problem".to_owned(),
        Err(problems) => problems.iter().map(|problem| shown(problem, &files)).collect::<Vec<_>>().join("\n"),
    }
}

fn shown(problem: &Problem, files: &BTreeMap<String, String>) -> String {
    let place = problem.span.as_ref().map_or("nowhere".to_owned(), |span| {
        let text =
            files.get(&span.file).and_then(|text| text.get(span.start..span.end)).expect("a span inside its file");
        let file = span.file.trim_start_matches("environments/");
        format!("{file}:{}:{} [{text}: {}]", span.line, span.column, problem.label)
    });
    let instead = problem.replacement.as_ref().map_or(String::new(), |text| format!(" -> {text}"));
    format!("{} {place} {}\n  {}{instead}", problem.code, problem.message, problem.help)
}

/// The problems of the shipped staging with some of its text replaced.
fn staging(changes: &[(&str, &str)]) -> String {
    let mut text = crate::support::without_checklist(STAGING);
    for (from, to) in changes {
        assert!(text.contains(from), "the shipped spec has no `{from}`");
        text = text.replacen(from, to, 1);
    }
    problems("staging", &[("staging", &text)])
}

#[test]
fn fargate_sizes_name_the_nearest_pairs() {
    insta::assert_snapshot!(staging(&[("cpu: 512 ", "cpu: 1536 "), ("memory: 2048", "memory: 6144")]), @r#"
    ENV012 staging.yaml:48:10 [1536: not a Fargate cpu value] cpu 1536 is no Fargate size
      nearest pairs: cpu 1024 with memory 6144, or cpu 2048 with memory 6144; Fargate has cpu 256, 512, 1024, 2048, 4096, 8192, 16384, 32768 -> 2048
    "#);
    insta::assert_snapshot!(staging(&[("memory: 2048", "memory: 5 GiB")]), @r#"
    ENV013 staging.yaml:49:13 [5 GiB: cpu 512 goes with 1024 to 4096 MiB] memory 5120 MiB is no Fargate size with cpu 512
      nearest with cpu 512: 4096; or cpu 1024 with memory 5120 -> 4096
    "#);
    insta::assert_snapshot!(staging(&[("memory: 2048", "memory: 1536")]), @r#"
    ENV013 staging.yaml:49:13 [1536: cpu 512 goes with 1024 to 4096 MiB] memory 1536 MiB is no Fargate size with cpu 512
      nearest with cpu 512: 1024 or 2048 -> 2048
    "#);
    insta::assert_snapshot!(staging(&[("cpu: 512 ", "cpu: 0.3 vCPU ")]), @r#"
    ENV006 staging.yaml:48:10 [0.3 vCPU: not a whole number of CPU units] expected CPU such as `512` or `0.5 vCPU`, found `0.3 vCPU`
      write CPU such as `512` or `0.5 vCPU`
    "#);
}

#[test]
fn misspelt_and_missing_fields_are_all_named() {
    insta::assert_snapshot!(staging(&[("memory: 2048", "memroy: 2048"), ("class: db", "klass: db"), ("    port: 443", "    prot: 443")]), @r#"
    ENV005 staging.yaml:18:5 [prot: unknown field] a listener has no field `prot`
      did you mean `port`? -> port
    ENV005 staging.yaml:29:5 [klass: unknown field] a database has no field `klass`
      did you mean `class`? -> class
    ENV005 staging.yaml:49:5 [memroy: unknown field] a service has no field `memroy`
      did you mean `memory`? -> memory
    "#);
    insta::assert_snapshot!(staging(&[("    memory: 2048                # MiB\n", "")]), @r#"
    ENV007 staging.yaml:42:3 [backend: `memory` is missing here] service `backend` needs `memory`
      add `memory: 2 GiB`
    "#);
    insta::assert_snapshot!(staging(&[("services:\n", "services: 5\nvolumes:\n")]), @r#"
    ENV006 staging.yaml:41:11 [5: not a mapping from names to values] expected a mapping from names to values, found `5`
      write a mapping from names to values
    ENV005 staging.yaml:42:1 [volumes: unknown field] an environment has no field `volumes`
      did you mean `values`? -> values
    "#);
    insta::assert_snapshot!(staging(&[("region: us-east-2", "region: us-east-2\nregion: us-east-1")]), @r#"
    ENV008 staging.yaml:10:1 [region: again here] `region` stands twice in one mapping
      keep one of the two
    "#);
}

#[test]
fn values_of_the_wrong_kind_are_all_named() {
    insta::assert_snapshot!(staging(&[("port: 8080", "port: eighty\n    capacity: spott\n    exec: yes\n    count: -1")]), @r#"
    ENV006 staging.yaml:47:11 [eighty: not a whole number from 0 to 65535] expected a whole number from 0 to 65535, found `eighty`
      write a whole number from 0 to 65535
    ENV006 staging.yaml:48:15 [spott: unknown word] expected `on-demand` or `spot`, found `spott`
      did you mean `spot`? -> spot
    ENV006 staging.yaml:49:11 [yes: not `true` or `false`] expected `true` or `false`, found `yes`
      write `true` or `false` -> true
    ENV006 staging.yaml:50:12 [-1: not a whole number from 0 to 4294967295] expected a whole number from 0 to 4294967295, found `-1`
      write a whole number from 0 to 4294967295
    "#);
    insta::assert_snapshot!(staging(&[("idle: 14d ", "idle: 12 "), ("keep_for: 14d", "keep_for: [14d]")]), @r#"
    ENV006 staging.yaml:77:9 [12: 12 of what? add a unit: s, m, h, d or w] expected a duration such as `90s`, `15m`, `12h`, `3d` or `2w`, found `12`
      write a duration such as `90s`, `15m`, `12h`, `3d` or `2w`
    ENV006 staging.yaml:81:13 [[: not a duration such as `90s`, `15m`, `12h`, `3d` or `2w`] expected a duration such as `90s`, `15m`, `12h`, `3d` or `2w`, found a list
      write a duration such as `90s`, `15m`, `12h`, `3d` or `2w`
    "#);
    insta::assert_snapshot!(staging(&[("keep: 14d\n", "keep: 36h\n"), ("hosts: [staging.pythonide-classroom.tech]", "hosts: staging.pythonide-classroom.tech")]), @r#"
    ENV006 staging.yaml:58:13 [36h: not a whole number of days] expected whole days such as `14d`, found `36h`
      write whole days such as `14d`
    ENV006 staging.yaml:63:12 [staging.pythonide-classroom.tech: not a list] expected a list, found `staging.pythonide-classroom.tech`
      write a list -> [staging.pythonide-classroom.tech]
    "#);
}

#[test]
fn what_envctl_does_not_do_is_refused_with_a_way_out() {
    insta::assert_snapshot!(staging(&[("engine: postgres", "engine: aurora-postgresql")]), @r#"
    ENV014 staging.yaml:27:13 [aurora-postgresql: a cluster, not an instance] engine `aurora-postgresql` is an Aurora cluster, which envctl does not do
      stage on an instance of the same family (`engine: postgres`), or leave the database out and give its address as a value -> postgres
    "#);
    insta::assert_snapshot!(staging(&[("engine: postgres", "engine: oracle-ee")]), @r#"
    ENV006 staging.yaml:27:13 [oracle-ee: unknown word] expected `postgres`, `mysql` or `mariadb`, found `oracle-ee`
      write `postgres`, `mysql` or `mariadb`
    "#);
    insta::assert_snapshot!(staging(&[("port: 8080", "port: 8080\n    launch_type: EC2")]), @r#"
    ENV014 staging.yaml:48:18 [EC2: only Fargate] launch type EC2 needs machines, which envctl does not keep
      take this line out and give `cpu` and `memory`: the service then runs on Fargate; `capacity: spot` makes it cheap -> FARGATE
    "#);
    insta::assert_snapshot!(staging(&[("db.t4g.micro", "db.serverless")]), @r#"
    ENV014 staging.yaml:29:12 [db.serverless: ] `db.serverless` is Aurora's, which envctl does not do
      take an instance class such as `db.t4g.micro` -> db.t4g.micro
    "#);
}

#[test]
fn accounts_and_regions_are_checked() {
    insta::assert_snapshot!(staging(&[("\"123456789012\"", "1234-5678-9012"), ("us-east-2\n", "us-esat-2\n")]), @r#"
    ENV011 staging.yaml:8:10 [1234-5678-9012: 12 digits, 12 are needed] account `1234-5678-9012` is no AWS account id
      write the twelve digits in quotes; `aws sts get-caller-identity` shows them -> "123456789012"
    ENV011 staging.yaml:9:9 [us-esat-2: unknown region] `us-esat-2` is no AWS region
      did you mean `us-east-2`? -> us-east-2
    "#);
    insta::assert_snapshot!(staging(&[("    load_balancer: pythonide-alb\n    port: 443", "    arn: arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/b/c")]), @r#"
    ENV011 staging.yaml:17:10 [arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/b/c: ] this ARN is of region us-east-1, the environment of us-east-2
      borrow only from the environment's own account and region
    "#);
    insta::assert_snapshot!(staging(&[("application: pythonide ", "application: Python IDE ")]), @r#"
    ENV010 staging.yaml:7:14 [Python IDE: becomes part of AWS names] `Python IDE` cannot be an application's name: `P` is not allowed: only lower-case letters, digits and `-` are
      write lower-case letters, digits and single hyphens, such as `pythonide`
    "#);
    insta::assert_snapshot!(staging(&[("  team: classroom", "  aws:team: classroom\n  envctl:x: y")]), @r#"
    ENV026 staging.yaml:11:3 [aws:team: ] tag `aws:team` cannot be: keys that begin with `aws:` are reserved
      keys have at most 128 characters, values 256; choose another key or value
    ENV026 staging.yaml:12:3 [envctl:x: ] tag `envctl:x` cannot be: keys that begin with `envctl:` are reserved
      keys have at most 128 characters, values 256; choose another key or value
    "#);
}

#[test]
fn databases_follow_the_rules_of_rds() {
    insta::assert_snapshot!(staging(&[("version: \"16\"", "version: \"13.4\"")]), @r#"
    ENV018 staging.yaml:28:14 ["13.4": past its standard support] standard support of postgres 13 ended in 2026-03
      take a newer version, such as "17"; to pay for this one (0.10 USD per vCPU and hour and more: about 146 USD a month on a db.t4g.micro) write `extended_support: true` -> "17"
    "#);
    insta::assert_snapshot!(staging(&[("version: \"16\"", "version: latest")]), @r#"
    ENV017 staging.yaml:28:14 [latest: ] `latest` is no engine version
      write the major version, or major and minor, in quotes: "16" or "16.4"
    "#);
    insta::assert_snapshot!(staging(&[("storage: 20 GiB", "storage: 10 GiB\n    iops: 3000\n    max_storage: 5 GiB")]), @r#"
    ENV019 staging.yaml:30:14 [10 GiB: at least 20 GiB, at most 65536 GiB] 10 GiB of gp3 storage, outside 20 to 65536 GiB
      the nearest that RDS takes is 20 GiB -> 20 GiB
    ENV019 staging.yaml:31:11 [3000: leave this out] gp3 storage under 400 GiB takes no iops: RDS refuses the call
      take the line out: 3000 IOPS and 125 MiB/s are included; more needs 400 GiB
    ENV019 staging.yaml:32:18 [5 GiB: less than storage] max_storage 5 GiB is less than storage 10 GiB
      storage never shrinks: let max_storage be at least a quarter more, or leave it out
    "#);
    insta::assert_snapshot!(staging(&[("storage: 20 GiB", "storage: 500 GiB\n    iops: 3000\n    storage_throughput: 100")]), @r#"
    ENV016 staging.yaml:31:11 [3000: 12000 to 64000] iops is 3000, outside 12000 to 64000
      the nearest that AWS takes is 12000 -> 12000
    ENV016 staging.yaml:32:25 [100: 500 to 4000] storage_throughput in MiB/s is 100, outside 500 to 4000
      the nearest that AWS takes is 500 -> 500
    "#);
    insta::assert_snapshot!(staging(&[("storage: 20 GiB", "storage: 200 GiB\n    storage_type: io2")]), @r#"
    ENV019 staging.yaml:31:19 [io2: ] io2 storage needs `iops`
      add `iops: 3000`, or take gp3, which includes 3000
    "#);
    insta::assert_snapshot!(staging(&[("storage: 20 GiB", "storage: 20 GiB\n    storage_type: ssd\n    backup_retention: 36d\n    port: 80")]), @r#"
    ENV019 staging.yaml:31:19 [ssd: unknown storage type] `ssd` is no storage type that envctl offers
      write `gp3`, `gp2`, `io1` or `io2`; `gp3` is right for nearly everything -> gp3
    ENV016 staging.yaml:32:23 [36d: 0s to 35d] backup_retention is 36d, outside 0s to 35d
      the nearest that AWS takes is 35d -> 35d
    ENV016 staging.yaml:33:11 [80: 1150 to 65535] the port is 80, outside 1150 to 65535
      the nearest that AWS takes is 1150 -> 1150
    "#);
    insta::assert_snapshot!(staging(&[("pythonide_admin ", "admin "), ("database: pythonide", "database: select")]), @r#"
    ENV017 staging.yaml:31:15 [admin: ] `admin` cannot be the master user: it is a reserved word of postgres
      choose another name, such as `app_admin`; a restore keeps the snapshot's user, so let it be production's
    ENV017 staging.yaml:32:15 [select: ] `select` cannot be a database: postgres keeps this word for itself
      choose another name, letters, digits and `_` only
    "#);
    insta::assert_snapshot!(staging(&[("pythonide_admin ", "pythonide-administrator ")]), @r#"
    ENV017 staging.yaml:31:15 [pythonide-administrator: ] `pythonide-administrator` cannot be the master user: 23 characters, at most 16 are allowed
      choose another name, such as `app_admin`; a restore keeps the snapshot's user, so let it be production's
    "#);
    insta::assert_snapshot!(staging(&[("pythonide-staging-db", "Pythonide-Staging-DB")]), @r#"
    ENV010 staging.yaml:26:17 [Pythonide-Staging-DB: ] RDS stores `Pythonide-Staging-DB` in lower case, which would be drift for ever
      write it in lower case -> pythonide-staging-db
    "#);
    insta::assert_snapshot!(staging(&[("pythonide-staging-db", "pythonide--staging_db")]), @r#"
    ENV010 staging.yaml:26:17 [pythonide--staging_db: ] `pythonide--staging_db` cannot be a database identifier: `_` is not allowed: only letters, digits and `-` are
      1 to 63 letters, digits and single hyphens, a letter first
    "#);
    insta::assert_snapshot!(staging(&[("db.t4g.micro", "t4g.micro")]), @r#"
    ENV017 staging.yaml:29:12 [t4g.micro: expected `db.FAMILY.SIZE`] `t4g.micro` is no database class
      classes look like `db.t4g.micro`, `db.t4g.medium`, `db.m7g.large` -> db.t4g.micro
    "#);
    insta::assert_snapshot!(staging(&[("storage: 20 GiB", "storage: 20 GiB\n    encrypted: false\n    kms_key: alias/rds")]), @r#"
    ENV017 staging.yaml:32:14 [alias/rds: ] a KMS key, but no encryption
      leave `encrypted` out (it is on by default), or the key
    "#);
}

#[test]
fn files_follow_the_rules_of_efs() {
    insta::assert_snapshot!(staging(&[("path: /staging ", "path: staging\n    permissions: \"0888\"")]), @r#"
    ENV021 staging.yaml:39:11 [staging: ] `staging` cannot be an access point's path: it must begin with `/`
      write an absolute path of at most four levels and 100 characters, such as `/staging` -> /staging
    ENV021 staging.yaml:40:18 ["0888": three or four octal digits] `0888` are no permissions
      write them as chmod takes them, in quotes: "0755" -> "0755"
    "#);
    insta::assert_snapshot!(staging(&[("path: /staging ", "path: /a/b/c/d/e ")]), @r#"
    ENV021 staging.yaml:39:11 [/a/b/c/d/e: ] `/a/b/c/d/e` cannot be an access point's path: 5 levels, at most 4 are allowed
      write an absolute path of at most four levels and 100 characters, such as `/staging`
    "#);
    insta::assert_snapshot!(staging(&[("path: /staging ", "path: / ")]), @r#"
    ENV021 staging.yaml:39:11 [/: the whole file system] `/` would open all of production's files on `production`
      give the environment a directory of its own, such as `/staging` -> /staging
    "#);
    insta::assert_snapshot!(staging(&[("    production: {tag: Name=pythonide-efs}", "    production: {tag: Name=pythonide-efs, throughput: 10 MiB/s}")]), @r#"
    ENV020 staging.yaml:20:55 [10 MiB/s: not allowed] throughput of `production` is production's: everybody who uses it feels the change
      say so in so many words with `allow: [throughput]` beside it, or try it on a file system of your own first
    "#);
    insta::assert_snapshot!(staging(&[("    production: {tag: Name=pythonide-efs}", "    production: {tag: Name=pythonide-efs, allow: [throughput], throughput: 4000}")]), @r#"
    ENV016 staging.yaml:20:76 [4000: 1 to 3414] provisioned throughput in MiB/s is 4000, outside 1 to 3414
      the nearest that AWS takes is 3414 -> 3414
    "#);
    insta::assert_snapshot!(staging(&[("    production: {tag: Name=pythonide-efs}", "    production: {allow: [deletion]}")]), @r#"
    ENV034 staging.yaml:20:5 [production: ] a borrowed file system needs its id or its tag
      write `fs-…`, or `{tag: Name=value}`
    ENV006 staging.yaml:20:26 [deletion: ] `deletion` cannot be allowed on a borrowed file system
      only `throughput` can
    "#);
    insta::assert_snapshot!(staging(&[("    production: {tag: Name=pythonide-efs}", "    production: efs-1234")]), @r#"
    ENV034 staging.yaml:20:17 [efs-1234: expected `fs-` and 8 or 17 hexadecimal digits] `efs-1234` is no id of this kind
      ids look like `fs-0123456789abcdef0`; by Name tag it is `{tag: Name=efs-1234}`
    "#);
}

#[test]
fn rules_follow_the_rules_of_elb() {
    insta::assert_snapshot!(staging(&[("[staging.pythonide-classroom.tech]", "[\"https://staging.pythonide-classroom.tech/\", localhost, a.b, A.B, c.d, e.f]")]), @r#"
    ENV022 staging.yaml:63:5 [hosts: ] 6 hosts and paths, more than the 5 that one rule can have
      split it into two rules for the same service
    ENV022 staging.yaml:63:13 ["https://staging.pythonide-classroom.tech/": ] `https://staging.pythonide-classroom.tech/` cannot be a host condition: `:` is not allowed: only letters, digits, `-`, `.`, `*` and `?` are
      write a host name such as `staging.example.com` or `*.example.com` -> staging.pythonide-classroom.tech
    ENV022 staging.yaml:63:58 [localhost: ] `localhost` cannot be a host condition: it has no `.`
      write a host name such as `staging.example.com` or `*.example.com`
    ENV022 staging.yaml:63:74 [A.B: ] `A.B` cannot be a host condition: it stands here twice
      write a host name such as `staging.example.com` or `*.example.com`
    "#);
    insta::assert_snapshot!(staging(&[("hosts: [staging.pythonide-classroom.tech]", "paths: [/*]")]), @r#"
    ENV022 staging.yaml:62:3 [web: no condition that tells requests apart] rule `web` would take every request of the listener
      add `hosts: [staging.example.com]`
    "#);
    insta::assert_snapshot!(staging(&[("health_check: {path: /health}", "health_check: {path: health, interval: 4s, timeout: 3m, healthy: 1, codes: 2xx}")]), @r#"
    ENV024 staging.yaml:65:26 [health: ] `health` is no path to check
      write an absolute path such as `/health` -> /health
    ENV016 staging.yaml:65:44 [4s: 5s to 5m] the interval is 4s, outside 5s to 5m
      the nearest that AWS takes is 5s -> 5s
    ENV016 staging.yaml:65:57 [3m: 2s to 2m] the timeout is 3m, outside 2s to 2m
      the nearest that AWS takes is 2m -> 2m
    ENV016 staging.yaml:65:70 [1: 2 to 10] healthy is 1, outside 2 to 10
      the nearest that AWS takes is 2 -> 2
    ENV024 staging.yaml:65:80 [2xx: ] `2xx` are no HTTP codes
      write codes from 200 to 499: `200`, `200,204` or `200-399` -> 200
    "#);
    insta::assert_snapshot!(staging(&[("health_check: {path: /health}", "health_check: {interval: 10s, timeout: 10s}\n    priority: 50001")]), @r#"
    ENV024 staging.yaml:65:44 [10s: must be shorter than the interval] timeout 10s is not shorter than interval 10s
      let the timeout be shorter than the interval
    ENV023 staging.yaml:66:15 [50001: ] priority 50001 is outside 1 to 50000
      leave `priority` out: the lowest free one is taken and kept
    "#);
    insta::assert_snapshot!(staging(&[("health_check: {path: /health}", "priority: 7\n  api:\n    hosts: [STAGING.pythonide-classroom.tech]\n    priority: 7\n    service: backend")]), @r#"
    ENV022 staging.yaml:62:3 [web: ] rules `api` and `web` match the same requests: one of them is never reached
      let them differ in hosts or paths, or take one out
    ENV023 staging.yaml:65:15 [7: ] rules `api` and `web` have the same priority 7
      give one of them another priority, or leave both out
    "#);
    insta::assert_snapshot!(staging(&[("health_check: {path: /health}", "deregistration_delay: 2h\n    stickiness: 8d\n    protocol: http\n    target_group: a-name-that-is-much-too-long-for-elb")]), @r#"
    ENV016 staging.yaml:65:27 [2h: 0s to 1h] the deregistration delay is 2h, outside 0s to 1h
      the nearest that AWS takes is 1h -> 1h
    ENV016 staging.yaml:66:17 [8d: 1s to 7d] stickiness is 8d, outside 1s to 7d
      the nearest that AWS takes is 7d -> 7d
    ENV006 staging.yaml:67:15 [http: ] `http` is no protocol between load balancer and task
      write `HTTP` or `HTTPS` -> HTTP
    ENV010 staging.yaml:68:19 [a-name-that-is-much-too-long-for-elb: ] `a-name-that-is-much-too-long-for-elb` cannot be a target group: 36 characters, at most 32 are allowed
      leave `target_group` out: envctl derives a name of at most 32 characters
    "#);
    insta::assert_snapshot!(staging(&[("    port: 8080\n", "")]), @r#"
    ENV007 staging.yaml:63:14 [backend: forwards to it] service `backend` has no port that a rule could forward to
      add `port: 8080`, the port that its container listens on
    "#);
    insta::assert_snapshot!(staging(&[("  listener:                     # rules are added to it, nothing else\n    load_balancer: pythonide-alb\n    port: 443\n", "")]), @r#"
    ENV007 staging.yaml:14:1 [borrow: no listener here] rules need a listener to stand on
      add `listener: {load_balancer: NAME, port: 443}` under `borrow`
    "#);
}

#[test]
fn names_that_nothing_has_are_guessed() {
    insta::assert_snapshot!(staging(&[("database: main ", "database: mian "), ("/mnt/efs/pythonide-data: data", "mnt: date"), ("scrub: scrub ", "scrub: scrubb ")]), @r#"
    ENV015 staging.yaml:34:12 [scrubb: no such task] there is no task `scrubb`
      did you mean `scrub`? -> scrub
    ENV015 staging.yaml:53:15 [mian: no such database] there is no database `mian`
      did you mean `main`? -> main
    ENV006 staging.yaml:55:7 [mnt: ] `mnt` is no path in a container
      write PATH: FILES, such as `/mnt/efs/data: data`, where `data` stands under `files`
    ENV015 staging.yaml:55:12 [date: no such file path] there is no file path `date`
      did you mean `data`? -> data
    "#);
    insta::assert_snapshot!(staging(&[("    service: backend\n    health_check", "    service: backed\n    health_check"), ("file_system: production", "file_system: prod")]), @r#"
    ENV015 staging.yaml:38:18 [prod: no such file system] there is no file system `prod`
      did you mean `production`? -> production
    ENV015 staging.yaml:64:14 [backed: no such service] there is no service `backed`
      did you mean `backend`? -> backend
    "#);
}

#[test]
fn tasks_need_somewhere_to_run() {
    insta::assert_snapshot!(staging(&[("[subnet-0a1b2c3d4e5f60001, subnet-0a1b2c3d4e5f60002]", "[]"), ("[{tag: Name=pythonide-ecs-tasks}]", "[Name=x, sg-12]"), ("  cluster: pythonide-cluster\n", "")]), @r#"
    ENV007 staging.yaml:14:1 [borrow: `cluster` is missing here] services and tasks need an ECS cluster to run in
      add `cluster: NAME` under `borrow`
    ENV025 staging.yaml:20:3 [subnets: no subnets here] tasks need at least one subnet
      add `subnets:` under `borrow`: ids, or `{tag: Name=value}`
    ENV034 staging.yaml:21:21 [Name=x: expected `sg-` and 8 or 17 hexadecimal digits] `Name=x` is no id of this kind
      by tag it is `{tag: Name=x}` -> {tag: Name=x}
    ENV034 staging.yaml:21:29 [sg-12: expected `sg-` and 8 or 17 hexadecimal digits] `sg-12` is no id of this kind
      ids look like `sg-0123456789abcdef0`; by Name tag it is `{tag: Name=sg-12}`
    "#);
    insta::assert_snapshot!(staging(&[("[{tag: Name=pythonide-ecs-tasks}]", "[sg-00000001, sg-00000002, sg-00000003, sg-00000004, sg-00000005, sg-00000006]")]), @r#"
    ENV025 staging.yaml:22:3 [security_groups: ] 6 security groups, more than the 5 that a task can have
      keep at most 5
    "#);
}

#[test]
fn autoscaling_and_deployments_cannot_contradict_themselves() {
    insta::assert_snapshot!(staging(&[("scaling: {min: 1, max: 4, cpu: 60}", "scaling: {min: 5, max: 4}\n    deployment: {maximum_percent: 100}")]), @r#"
    ENV027 staging.yaml:59:5 [scaling: neither `cpu` nor `memory`] autoscaling needs something to aim at
      add `cpu: 60`, a target of 60 percent
    ENV027 staging.yaml:59:20 [5: more than max] min 5 is more than max 4
      let min be at most max
    ENV033 staging.yaml:60:35 [100: as many at most] ECS may neither stop an old task nor start a new one
      let maximum_percent be 200, or minimum_healthy_percent less than 100
    "#);
    insta::assert_snapshot!(staging(&[("scaling: {min: 1, max: 4, cpu: 60}", "scaling: {min: 0, max: 4, cpu: 160}\n    count: 9")]), @r#"
    ENV027 staging.yaml:59:20 [0: ] `min: 0` never wakes: target tracking does not scale up from nothing
      write `min: 1`; `envctl down` is what takes a service to zero -> 1
    ENV016 staging.yaml:59:36 [160: 1 to 100] the target is 160, outside 1 to 100
      the nearest that AWS takes is 100 -> 100
    ENV027 staging.yaml:60:12 [9: ] count 9 lies outside min 0 and max 4
      leave `count` out: autoscaling decides, and begins with min
    "#);
}

#[test]
fn logs_sleep_and_snapshots_have_bounds() {
    insta::assert_snapshot!(staging(&[("keep: 14d\n", "keep: 15d\n")]), @r#"
    ENV031 staging.yaml:58:13 [15d: not offered] CloudWatch Logs cannot keep events for 15 days
      nearest: 14d or 30d; or `forever` -> 30d
    "#);
    insta::assert_snapshot!(staging(&[("mode: auto ", "mode: sleep\n  status: 302\n  content_type: text/htm\n  page: ../secret")]), @r#"
    ENV006 staging.yaml:76:9 [sleep: unknown word] expected `auto`, `park` or `hibernate`, found `sleep`
      write `auto`, `park` or `hibernate`
    ENV032 staging.yaml:77:11 [302: 2XX, 4XX or 5XX] a rule cannot answer with status 302
      write 503: clients try again, and caches keep nothing -> 503
    ENV032 staging.yaml:78:17 [text/htm: ] a rule cannot answer with content type `text/htm`
      write `text/plain`, `text/css`, `text/html`, `application/javascript` or `application/json` -> text/html
    ENV006 staging.yaml:79:9 [../secret: ] `../secret` is no path below templates/
      write the path as seen from templates/, such as `task-definition.json.hbs`
    "#);
    insta::assert_snapshot!(staging(&[("keep: 3 ", "keep: 0 ")]), @r#"
    ENV016 staging.yaml:80:9 [0: 1 to 100] snapshots.keep is 0, outside 1 to 100
      the nearest that AWS takes is 1 -> 1
    "#);
}

#[test]
fn tasks_must_be_able_to_end() {
    insta::assert_snapshot!(staging(&[("    command: [python, manage.py, migrate]", "")]), @r#"
    ENV030 staging.yaml:71:3 [migrate: no `command`] task `migrate` would run service `backend` itself, which never ends
      add the command to run once, a list of words: `command: [python, manage.py, migrate]`
    "#);
    insta::assert_snapshot!(staging(&[("  scrub:\n    service: backend", "  scrub:\n    timeout: 2s")]), @r#"
    ENV030 staging.yaml:68:3 [scrub: neither `service` nor `template`] task `scrub` has no task definition
      add `service: NAME` to take a service's with another command, or `template: FILE`
    ENV016 staging.yaml:69:14 [2s: 10s to 1d] the timeout is 2s, outside 10s to 1d
      the nearest that AWS takes is 10s -> 10s
    "#);
    insta::assert_snapshot!(staging(&[("    command: [python, manage.py, migrate]", "    template: migrate.json.hbs")]), @r#"
    ENV030 staging.yaml:73:15 [migrate.json.hbs: ] task `migrate` has a service's task definition and a template of its own
      keep one of the two
    "#);
}

#[test]
fn two_things_cannot_have_one_name() {
    insta::assert_snapshot!(staging(&[("family: pythonide-staging-task", "family: pythonide-staging-scrub")]), @r#"
    ENV028 staging.yaml:68:3 [scrub: the second] two task definition families would be called `pythonide-staging-scrub` at AWS
      give one of them another name
    "#);
    insta::assert_snapshot!(staging(&[("rules:\n", "file_systems:\n  production: {}\nrules:\n")]), @r#"
    ENV028 staging.yaml:62:3 [production: ] file system `production` is owned and borrowed at once
      give the owned one another name
    "#);
}

#[test]
fn text_that_is_no_yaml_says_where() {
    insta::assert_snapshot!(staging(&[("tasks:\n", "tasks:\n\t  x: y\n")]), @r#"
    ENV002 staging.yaml:68:4 [x: ] not YAML: tabs disallowed within this context (block indentation)
      YAML indents with spaces, never with tabs: replace the tab by two spaces
    "#);
    insta::assert_snapshot!(staging(&[("tasks:\n", "tasks: [unclosed\n")]), @r#"
    ENV002 staging.yaml:68:8 [:: ] not YAML: illegal placement of ':' indicator
      check indentation, quotes and the colon after each key on this line and the one before
    "#);
    insta::assert_snapshot!(staging(&[("tasks:\n", "---\ntasks:\n")]), @r#"
    ENV002 staging.yaml:68:1 [: ] a second document begins here
      one environment a file: put the second one into a file of its own under environments/
    "#);
    insta::assert_snapshot!(staging(&[("database: main ", "database: *main ")]), @r#"
    ENV002 staging.yaml:53:15 [*: ] this alias names no anchor
      declare the anchor with &NAME before, or quote a text that begins with `*`
    "#);
    insta::assert_snapshot!(staging(&[("application: pythonide ", "application: \"py⟦thon\" ")]), @r#"
    ENV004 staging.yaml:7:14 ["py⟦thon": ] a spec may not contain `⟦` or `⟧`
      envctl marks values that are known late with these characters: write others
    ENV010 staging.yaml:7:14 ["py⟦thon": becomes part of AWS names] `py⟦thon` cannot be an application's name: `⟦` is not allowed: only lower-case letters, digits and `-` are
      write lower-case letters, digits and single hyphens, such as `pythonide`
    "#);
}
