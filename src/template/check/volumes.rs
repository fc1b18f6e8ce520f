//! Volumes and mounts (`aws.md` 3.4).

use serde_json::Value;

use crate::model::LATE_OPEN;
use crate::template::source::did_you_mean;

use super::{Check, items, text_of};

impl Check<'_> {
    pub(super) fn volumes(&mut self) {
        let mut names: Vec<&str> = Vec::new();
        for (path, volume) in items(&self.document.value, "volumes", "volumes") {
            if let Some(name) = text_of(volume, "name") {
                if names.contains(&name) {
                    self.refuse(
                        "TPL044",
                        &format!("{path}.name"),
                        format!("there are two volumes `{name}`"),
                        "rename one",
                    );
                }
                names.push(name);
            }
            if let Some(efs) = volume.get("efsVolumeConfiguration").filter(|efs| efs.is_object()) {
                self.efs(&format!("{path}.efsVolumeConfiguration"), efs);
            }
            if volume.get("dockerVolumeConfiguration").is_some_and(Value::is_object)
                || volume.get("host").is_some_and(|host| text_of(host, "sourcePath").is_some())
            {
                self.refuse(
                    "TPL044",
                    &path,
                    "Fargate has no volumes of the host or of Docker",
                    "use EFS, or a bare volume",
                );
            }
        }
        let mut mounted: Vec<&str> = Vec::new();
        for (path, container) in self.each_container() {
            let mut paths: Vec<&str> = Vec::new();
            for (path, mount) in items(container, "mountPoints", &format!("{path}.mountPoints")) {
                if let Some(source) = text_of(mount, "sourceVolume").filter(|source| !names.contains(source)) {
                    let help = did_you_mean(source, names.iter().copied());
                    self.refuse(
                        "TPL044",
                        &format!("{path}.sourceVolume"),
                        format!("there is no volume `{source}`"),
                        help,
                    );
                }
                let Some(place) = text_of(mount, "containerPath") else { continue };
                if paths.contains(&place) {
                    let message = format!("two volumes are mounted at `{place}`");
                    self.refuse("TPL044", &format!("{path}.containerPath"), message, "mount one elsewhere");
                }
                paths.push(place);
            }
            mounted.extend(paths);
        }
        let declared = self.expected.service.into_iter().flat_map(|(_, service)| service.mounts.keys());
        for missing in declared.filter(|path| !mounted.contains(&path.as_str())).collect::<Vec<_>>() {
            let message = format!("the spec mounts `{missing}`, and no container here does");
            let help = "write {{#each mounts}} around a mount point, and {{#each volumes}} around a volume";
            self.contradicts("containerDefinitions", "mounts", message, help);
        }
    }

    fn efs(&mut self, path: &str, efs: &Value) {
        let authorization = efs.get("authorizationConfig").unwrap_or(&Value::Null);
        let by_access_point = text_of(authorization, "accessPointId").is_some();
        let by_role = text_of(authorization, "iam") == Some("ENABLED");
        let encrypted = text_of(efs, "transitEncryption") == Some("ENABLED");
        if (by_access_point || by_role) && !encrypted {
            let what = if by_access_point { "an access point" } else { "access by role" };
            let help = "write \"transitEncryption\": \"ENABLED\" beside it";
            self.refuse("TPL044", path, format!("{what} needs encryption in transit"), help);
        }
        if by_access_point && text_of(efs, "rootDirectory").is_some_and(|directory| directory != "/") {
            let help = "the access point decides the directory: leave it out";
            let message = "an access point and a root directory exclude each other";
            self.refuse("TPL044", &format!("{path}.rootDirectory"), message, help);
        }
        if by_role && self.text("taskRoleArn").is_none() {
            let help = "write `task_role:` at the service, or \"iam\": \"DISABLED\" here";
            self.refuse("TPL044", path, "access by role needs a task role", help);
        }
        for (owner, at, field, prefix) in [
            (efs, path.to_owned(), "fileSystemId", "fs-"),
            (authorization, format!("{path}.authorizationConfig"), "accessPointId", "fsap-"),
        ] {
            if let Some(id) = text_of(owner, field).filter(|id| !id.starts_with(prefix) && !id.contains(LATE_OPEN)) {
                let message = format!("`{id}` is no id of the kind {prefix}…");
                self.refuse(
                    "TPL044",
                    &format!("{at}.{field}"),
                    message,
                    format!("write {{{{{}}}}}", if prefix == "fs-" { "file_system_id" } else { "access_point_id" }),
                );
            }
        }
    }
}
