//! Launch type, network mode and platform.

use serde_json::Value;

use crate::model::Architecture;

use super::{Check, items, text_of};

impl Check<'_> {
    pub(super) fn network(&mut self) {
        match self.text("networkMode") {
            Some("awsvpc") => {}
            Some(other) => {
                let message = format!("the network mode is `{other}`: Fargate has only `awsvpc`");
                self.refuse("TPL040", "networkMode", message, "write \"networkMode\": \"awsvpc\"");
            }
            None => self.refuse("TPL040", "", "`networkMode` is missing", "write \"networkMode\": \"awsvpc\""),
        }
        let launch = "requiresCompatibilities";
        let fargate = items(&self.document.value, launch, launch).iter().any(|(_, word)| *word == "FARGATE");
        if !fargate {
            let help = "write \"requiresCompatibilities\": [\"FARGATE\"]; envctl runs nothing else";
            self.refuse("TPL040", launch, "the document does not ask for FARGATE", help);
        }
        let platform = self.field("runtimePlatform");
        let architecture = platform.and_then(|platform| text_of(platform, "cpuArchitecture")).unwrap_or("X86_64");
        if let Some(wanted) =
            self.expected.architecture().map(Architecture::as_str).filter(|wanted| *wanted != architecture)
        {
            let message = format!("the architecture is {wanted} in the spec, and {architecture} here");
            let help = "write \"runtimePlatform\": { \"cpuArchitecture\": \"{{service.architecture}}\" }";
            self.contradicts("runtimePlatform", "architecture", message, help);
        }
        for field in ["placementConstraints", "ipcMode"] {
            let set = self.field(field).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
            if set {
                self.refuse("TPL040", field, format!("Fargate has no `{field}`"), "leave it out");
            }
        }
        self.ports();
    }

    /// All containers of a task share one network interface.
    fn ports(&mut self) {
        let mut taken: Vec<(u64, String)> = Vec::new();
        for (path, container) in self.each_container() {
            for (path, mapping) in items(container, "portMappings", &format!("{path}.portMappings")) {
                let number = |name: &str| mapping.get(name).and_then(Value::as_u64);
                let Some(port) = number("containerPort") else { continue };
                if !(1..=65535).contains(&port) {
                    let message = format!("{port} is no port");
                    self.refuse("TPL042", &format!("{path}.containerPort"), message, "ports are 1 to 65535");
                }
                if let Some(host) = number("hostPort").filter(|host| *host != port) {
                    let message = format!("the host port is {host} and the container port {port}");
                    let help = "in awsvpc mode they are the same: leave `hostPort` out";
                    self.refuse("TPL042", &format!("{path}.hostPort"), message, help);
                }
                let key = (port, text_of(mapping, "protocol").unwrap_or("tcp").to_owned());
                if taken.contains(&key) {
                    let help = "all containers of a task share one address";
                    self.refuse("TPL042", &path, format!("port {port} is taken twice"), help);
                }
                taken.push(key);
            }
        }
    }
}
