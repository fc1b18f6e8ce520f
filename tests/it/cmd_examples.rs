//! The four checklists on the simulated cloud: each is green, and with a fault planted at each of its gates it stops or
//! goes back there, with the right words and exit code 7.

use crate::support::{Answer, TestEnvironment};

/// A shipped checklist.
struct Checklist {
    environment: &'static str,
    /// The folder of its workspace.
    workspace: &'static str,
    service: &'static str,
    repository: &'static str,
    family: &'static str,
    answers: &'static [&'static str],
    /// A check of its verification, fine before the deployment.
    verified: &'static str,
    /// A check of its watch alone.
    watched: &'static str,
}

const CHECKLISTS: [Checklist; 4] = [
    Checklist {
        environment: "staging",
        workspace: "",
        service: "backend",
        repository: "pythonide-backend",
        family: "pythonide-staging-task",
        answers: &["merged=yes"],
        verified: "health",
        watched: "quiet",
    },
    Checklist {
        environment: "pipeline",
        workspace: "examples",
        service: "web",
        repository: "pipeline",
        family: "pipeline-pipeline-web",
        answers: &["install=yes"],
        verified: "unauthenticated",
        watched: "success",
    },
    Checklist {
        environment: "django",
        workspace: "examples",
        service: "web",
        repository: "repairs",
        family: "repairs-django-web",
        answers: &["plan=yes"],
        verified: "login",
        watched: "quiet",
    },
    Checklist {
        environment: "scratch",
        workspace: "examples",
        service: "web",
        repository: "scratch",
        family: "scratch-scratch-web",
        answers: &["two-editors=yes"],
        verified: "health",
        watched: "conflicts",
    },
];

impl Checklist {
    /// Its environment, up.
    fn up(&self) -> TestEnvironment {
        let environment = TestEnvironment::shipped(self.workspace);
        environment.done(&["sim", "reset", "--start", "2026-11-22T08:00:00Z", "--seed", "7"]);
        environment.done(&["up", self.environment, "--yes", "--quiet"]);
        environment
    }

    fn release(&self, environment: &TestEnvironment, tag: &str, more: &[&str]) -> Answer {
        let repository = format!("123456789012.dkr.ecr.us-east-2.amazonaws.com/{}", self.repository);
        let image = format!("{}={repository}:{tag}", self.service);
        let mut arguments = vec!["release", self.environment, "--image", &image, "--yes", "--quiet"];
        if !more.contains(&"--answer") {
            arguments.extend(self.answers.iter().flat_map(|answer| ["--answer", answer]));
        }
        arguments.extend(more);
        environment.run(&arguments)
    }

    fn record(&self, environment: &TestEnvironment) -> serde_json::Value {
        environment.json(&["release", "show", self.environment])
    }

    /// Lets a check be fine until its n-th look.
    fn fails_from(&self, environment: &TestEnvironment, check: &str, look: u32) {
        let path = format!("environments/{}.yaml", self.environment);
        let program = format!("echo x >> looks; test $(wc -l < looks) -lt {look}");
        let replaced = format!("  {check}: {{command: {{run: [/bin/sh, -c, '{program}']}}}}");
        let begins = format!("  {check}: ");
        let text = environment.read(&path);
        let lines: Vec<&str> =
            text.lines().map(|line| if line.starts_with(&begins) { replaced.as_str() } else { line }).collect();
        assert!(lines.contains(&replaced.as_str()), "{path} has no check {check} on a line of its own");
        environment.write(&path, &(lines.join("\n") + "\n"));
    }

    /// Releases with a fault planted, and looks at what is left.
    fn fault(
        &self,
        what: &str,
        tag: &str,
        more: &[&str],
        plant: &dyn Fn(&TestEnvironment),
        wanted: (&str, &str, &str),
    ) {
        let (state, gate, said) = wanted;
        let name = format!("{}, {what}", self.environment);
        let environment = self.up();
        plant(&environment);
        let answer = self.release(&environment, tag, more);
        assert_eq!(answer.code, 7, "{name}: {answer}");
        let record = self.record(&environment);
        let found = (record["state"].as_str(), record["gate"].as_str());
        assert_eq!(found, (Some(state), Some(gate)), "{name}: {answer}");
        let words = answer.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{name}: `{said}` is not in {answer}");
        environment.done(&["sim", "advance", "2h"]);
        let status = environment.done(&["status", self.environment]);
        assert!(status.contains(&format!("{}:1", self.family)), "{name}: what ran before runs: {status}");
        assert!(environment.done(&["sim", "show"]).contains("lost data: none"), "{name}");
    }
}

#[test]
fn each_checklist_is_green() {
    for checklist in &CHECKLISTS {
        let environment = checklist.up();
        let answer = checklist.release(&environment, "2.1", &[]);
        assert_eq!(answer.code, 0, "{}: {answer}", checklist.environment);
        // Where the spec leaves it open, somebody judges it later.
        let state = if answer.stdout.contains("release close") { "open" } else { "succeeded" };
        assert_eq!(checklist.record(&environment)["state"], state, "{answer}");
        let open = ["staging", "scratch"].contains(&checklist.environment);
        assert_eq!(state == "open", open, "{answer}");
        let drift = environment.run(&["drift", checklist.environment]);
        assert_eq!(drift.code, 0, "{}: a release is no drift: {drift}", checklist.environment);
        let verified = environment.run(&["verify", checklist.environment]);
        assert_eq!(verified.code, 0, "{}: {verified}", checklist.environment);
    }
}

#[test]
fn a_fault_at_a_gate_that_all_of_them_have_stops_or_goes_back_there() {
    for checklist in &CHECKLISTS {
        let name = checklist.environment;
        let blank = |environment: &TestEnvironment| {
            environment.done(&["sim", "fail", name, checklist.verified, "it is blank"]);
        };
        let of_baseline = format!("check {}: it is blank", checklist.verified);
        checklist.fault("baseline", "2.1", &[], &blank, ("stopped", "before", &of_baseline));
        let nothing = |_: &TestEnvironment| {};
        checklist.fault("unhealthy", "never-healthy", &[], &nothing, ("rolled-back", "deploy", "health check"));
        // Most run a task of the new image first, and so find out before anything is deployed.
        let crash = if name == "staging" { ("rolled-back", "deploy") } else { ("stopped", "before") };
        checklist.fault("crash", "exits-1", &[], &nothing, (crash.0, crash.1, "exit code 1"));
        let verified = |environment: &TestEnvironment| checklist.fails_from(environment, checklist.verified, 2);
        let said = format!("check {}: /bin/sh ended with 1", checklist.verified);
        checklist.fault("verification", "2.1", &[], &verified, ("rolled-back", "verify", &said));
        let watched = |environment: &TestEnvironment| checklist.fails_from(environment, checklist.watched, 2);
        let said = format!("check {}", checklist.watched);
        checklist.fault("watch", "2.1", &[], &watched, ("rolled-back", "watch", &said));
    }
}

#[test]
fn a_fault_at_a_gate_of_its_own_stops_or_goes_back_there() {
    let [ide, pipeline, django, scratch] = &CHECKLISTS;
    let nothing = |_: &TestEnvironment| {};
    let task = |name: &'static str, task: &'static str, more: &'static [&'static str]| {
        move |environment: &TestEnvironment| {
            environment.done(&[&["sim", "task", name, task], more].concat());
        }
    };
    let no = "answered no";
    ide.fault("person", "2.1", &["--answer", "merged=no"], &nothing, ("stopped", "before", no));
    let printed = task("staging", "migrate", &["--prints", "Created: 58, Errors: 2"]);
    ide.fault("migration", "2.1", &[], &printed, ("rolled-back", "tasks", "Created: 58, Errors: 2"));
    pipeline.fault("person", "2.1", &["--answer", "install=no"], &nothing, ("stopped", "before", no));
    let exits = task("pipeline", "migrate", &["--exits", "1"]);
    pipeline.fault("migration", "2.1", &[], &exits, ("stopped", "before", "exit code 1"));
    let debug = ["--set", "environment.DEBUG=True"];
    django.fault("policy", "2.1", &debug, &nothing, ("stopped", "before", "POL001"));
    django.fault("person", "2.1", &["--answer", "plan=no"], &nothing, ("stopped", "before", no));
    let issues = task("django", "check", &["--prints", "System check identified 3 problems"]);
    django.fault("settings", "2.1", &[], &issues, ("stopped", "before", "no issues"));
    let exits = task("django", "migrate", &["--exits", "1"]);
    django.fault("migration", "2.1", &[], &exits, ("rolled-back", "tasks", "exit code 1"));
    let exits = task("scratch", "migrate", &["--exits", "1"]);
    scratch.fault("migration", "2.1", &[], &exits, ("stopped", "before", "exit code 1"));
    let schema = |environment: &TestEnvironment| {
        environment.done(&["sim", "fail", "scratch", "schema", "projects has no column version"]);
    };
    scratch.fault("schema", "2.1", &[], &schema, ("stopped", "before", "no column version"));
    scratch.fault("person", "2.1", &["--answer", "two-editors=no"], &nothing, ("rolled-back", "verify", no));
}
