//! [`Scene`]: an AWS account with what is borrowed, a workspace, and one environment.

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::client::{Client, Found};
use crate::support::emulator::{Corner, Emulator};
use crate::support::fault_proxy::{FaultProxy, Faults};
use crate::support::{Answer, Borrowed, TestEnvironment};

/// A secret access key that must occur in nothing that envctl writes.
pub(super) const ACCESS_KEY: &str = "planted-secret-access-key-0123456789";

/// Longest time in which a journal may stand still.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) struct Scene {
    pub(super) workspace: TestEnvironment,
    pub(super) client: Client,
    borrowed_before: Vec<String>,
}

impl Scene {
    /// Makes one; `None`: the emulators were left out, with a reason.
    pub(super) fn new() -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let corner = runtime.block_on(Corner::new(Emulator::MiniStack))?;
        let variables = corner.variables.clone();
        let client = Client::new(runtime, corner);
        client.make_foreign_things();
        let mut workspace = TestEnvironment::new();
        std::fs::remove_file(workspace.path("environments/preview.yaml")).expect("the other spec");
        workspace.write("environments/staging.yaml", &spec(&client.borrowed));
        // MiniStack does not escape a page, and no XML reader takes its answer: this one needs none.
        workspace.write("templates/asleep.html.hbs", "asleep");
        for (name, value) in variables {
            workspace.set(name, &value);
        }
        for (name, value) in [
            ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ] {
            workspace.set(name, value);
        }
        let borrowed_before = client.borrowed_things();
        Some(Self { workspace, client, borrowed_before })
    }

    pub(super) fn up(&self) {
        self.workspace.done(&["up", "staging", "--yes"]);
    }

    pub(super) fn down(&self) {
        self.workspace.done(&["down", "staging", "--yes", "--mode", "hibernate"]);
    }

    pub(super) fn destroy(&self) {
        self.workspace.done(&["destroy", "staging", "--yes", "--confirm", "staging"]);
    }

    /// A proxy in front of the emulator.
    pub(super) fn proxy(&self, faults: Faults) -> FaultProxy {
        let address = Emulator::MiniStack.address().expect("the emulator");
        FaultProxy::start(address.trim_start_matches("http://"), faults)
    }

    /// Runs the binary through a proxy.
    pub(super) fn run_through(&self, proxy: &FaultProxy, arguments: &[&str]) -> Answer {
        let output = self.workspace.command(arguments).env("AWS_ENDPOINT_URL", proxy.url()).output();
        self.workspace.answer(&output.expect("the binary runs"))
    }

    /// Starts the binary, and returns when its journal has `lines` more lines, or it has ended: then `None`.
    #[allow(clippy::disallowed_methods, reason = "a real process is looked at until it has come so far, in real time")]
    pub(super) fn start_until(&self, arguments: &[&str], lines: usize) -> Option<Child> {
        let before = self.journal_lines();
        let mut command = self.workspace.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let begun = Instant::now();
        while self.journal_lines() < before + lines {
            if let Some(status) = child.try_wait().expect("its status") {
                let mut said = String::new();
                child.stderr.take().expect("stderr").read_to_string(&mut said).expect("text");
                assert!(status.success(), "{arguments:?}, line {lines}: {said}");
                return None;
            }
            assert!(begun.elapsed() < PATIENCE, "{arguments:?} never wrote line {lines} of its journal");
            std::thread::sleep(Duration::from_millis(1));
        }
        Some(child)
    }

    /// Runs the binary and kills it with SIGKILL when its journal has `lines` more lines; `false`: it ended before.
    pub(super) fn kill_at(&self, arguments: &[&str], lines: usize) -> bool {
        let Some(mut child) = self.start_until(arguments, lines) else { return false };
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
        true
    }

    fn journal_lines(&self) -> usize {
        let Ok(files) = std::fs::read_dir(self.workspace.path(".envctl/store/runs/staging")) else { return 0 };
        let texts = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
        texts.map(|text| text.iter().filter(|byte| **byte == b'\n').count()).sum()
    }

    /// Everything stands once, and a plan has nothing left to do.
    pub(super) fn is_up(&self, story: &str) {
        let found = self.client.find();
        assert_eq!(found.databases, ["available"], "{story}: {found:#?}");
        self.every_thing_once(&found, story);
        self.is_converged(story);
    }

    /// The newest data is in an available snapshot, no database is left, and a plan has nothing left to do.
    pub(super) fn is_down(&self, story: &str) {
        let found = self.client.find();
        assert!(found.databases.is_empty(), "{story}: {found:#?}");
        assert!(!found.snapshots.is_empty(), "{story}: {found:#?}");
        assert!(found.snapshots.iter().all(|status| status == "available"), "{story}: {found:#?}");
        self.every_thing_once(&found, story);
        self.is_converged(story);
    }

    /// Nothing is left but available snapshots, and a second `destroy` has nothing to do.
    pub(super) fn is_gone(&self, story: &str) {
        let found = self.client.find();
        assert!(found.databases.is_empty(), "{story}: {found:#?}");
        assert!(!found.snapshots.is_empty(), "{story}: {found:#?}");
        assert!(found.snapshots.iter().all(|status| status == "available"), "{story}: {found:#?}");
        for (what, names) in &found.things {
            assert!(names.is_empty(), "{story}: {what} are left: {found:#?}");
        }
        self.is_converged_with(&["plan", "staging", "--for", "destroy"], story);
    }

    fn every_thing_once(&self, found: &Found, story: &str) {
        for (what, names) in &found.things {
            assert_eq!(names.len(), 1, "{story}: {what}: {found:#?}");
        }
    }

    fn is_converged(&self, story: &str) {
        self.is_converged_with(&["plan", "staging"], story);
    }

    fn is_converged_with(&self, arguments: &[&str], story: &str) {
        let plan = self.workspace.run(arguments);
        assert_eq!(plan.code, 0, "{story}: {plan}");
        assert_eq!(self.client.borrowed_things(), self.borrowed_before, "{story}: something borrowed was changed");
    }

    /// A live database, or an available snapshot of it.
    pub(super) fn data_is_safe(&self, story: &str) {
        let found = self.client.find();
        let live = found.databases.iter().any(|status| status != "deleting");
        let kept = found.snapshots.iter().any(|status| status == "available");
        assert!(live || kept, "{story}: the data is nowhere: {found:#?}");
    }
}

fn spec(borrowed: &Borrowed) -> String {
    let Borrowed { unique, account, region, cluster, load_balancer, file_system_id, security_group, .. } = borrowed;
    let subnets = borrowed.subnets.join(", ");
    format!(
        r#"application: {unique}
account: "{account}"
region: {region}
borrow:
  cluster: {cluster}
  listener: {{load_balancer: {load_balancer}, port: 80}}
  file_systems: {{production: {file_system_id}}}
  subnets: [{subnets}]
  security_groups: [{security_group}]
databases:
  main:
    identifier: {unique}-staging-db
    engine: postgres
    version: "16"
    class: db.t4g.micro
    storage: 20 GiB
    username: someone
    database: app
    security_groups: [{security_group}]
files:
  data: {{file_system: production, path: /staging}}
services:
  web:
    image: nginx:1.27
    port: 80
    cpu: 256
    memory: 512
    execution_role: ecsTaskExecutionRole
    database: main
    mounts: {{/data: data}}
    log: {{keep: 14d}}
rules:
  web: {{hosts: [{unique}.example.com], service: web}}
"#
    )
}
