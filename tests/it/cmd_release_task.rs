//! Tasks around a deployment: before it with what is released, after it with what runs.

use crate::support::TestEnvironment;

/// Staging, up with this image in its spec, and a task before each deployment.
fn up(image: &str) -> TestEnvironment {
    let environment = TestEnvironment::on_a_known_day();
    let spec = environment.read("environments/staging.yaml");
    let image_of_spec = "123456789012.dkr.ecr.us-east-2.amazonaws.com/pythonide-backend:latest";
    assert!(spec.contains(image_of_spec), "{spec}");
    let procedure = "
release: {before: [{task: migrate}]}
";
    environment.write("environments/staging.yaml", &format!("{}{procedure}", spec.replace(image_of_spec, image)));
    environment.done(&["up", "staging", "--yes", "--quiet"]);
    environment
}

/// Image and CPU of each revision of the task's family, oldest first.
fn revisions_of_the_task(environment: &TestEnvironment) -> Vec<String> {
    let worlds: serde_json::Value =
        serde_json::from_str(&environment.read(".envctl/sim/world.json")).expect("the simulated cloud");
    let families = &worlds["worlds"]["123456789012/us-east-2"]["families"];
    let family = families.as_object().expect("families").iter().find(|(name, _)| name.contains("migrate"));
    let revisions = family.expect("the task's family").1["revisions"].clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let of = |revision: &serde_json::Value| {
        let document = &revision["document"];
        format!("{} {}", text(&document["containerDefinitions"][0]["image"]), text(&document["cpu"]))
    };
    revisions.as_array().expect("revisions").iter().map(of).collect()
}

fn release(environment: &TestEnvironment, what: &[&str]) {
    environment.done(&[&["release", "staging", "--yes", "--quiet"], what].concat());
}

#[test]
fn a_task_before_the_deployment_runs_with_the_image_that_is_released() {
    let environment = up("repository/app:1");
    release(&environment, &["--image", "repository/app:2"]);
    assert_eq!(revisions_of_the_task(&environment), ["repository/app:2 512"]);
    // Back to what the spec says, while something else was deployed before.
    release(&environment, &["--image", "repository/app:1", "--set", "cpu=1024"]);
    release(&environment, &["--set", "cpu=512"]);
    let all = ["repository/app:2 512", "repository/app:1 1024", "repository/app:1 512"];
    assert_eq!(revisions_of_the_task(&environment), all);
    // What was deployed before and is not released stays.
    release(&environment, &["--image", "repository/app:3"]);
    release(&environment, &["--set", "cpu=1024"]);
    assert_eq!(revisions_of_the_task(&environment)[3..], ["repository/app:3 512", "repository/app:3 1024"]);
}

#[test]
fn a_task_before_a_deployment_whose_image_is_missing_is_never_started() {
    let environment = up("repository/app:1");
    let missing = "123456789012.dkr.ecr.us-east-2.amazonaws.com/no-such-image:1";
    let answer = environment.run(&["release", "staging", "--image", missing, "--yes", "--quiet"]);
    assert_eq!(answer.code, 1, "{answer}");
    assert_eq!(environment.json(&["release", "list"])["releases"], serde_json::json!([]), "nothing was begun");
}
