//! Names of images, and what a registry says about one.

/// An image as a task definition names it: `123456789012.dkr.ecr.us-east-2.amazonaws.com/shop/web:2.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageName {
    /// Host of the registry and path of the repository, without tag and digest.
    pub repository: String,
    /// Tag; `None`: none was written, which means `latest` where there is no digest either.
    pub tag: Option<String>,
    /// `sha256:…`; `None`: the tag decides, whatever it points to when a task starts.
    pub digest: Option<String>,
}

/// A repository of the Elastic Container Registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EcrRepository {
    /// Account of the registry.
    pub account: String,
    /// Region of the registry.
    pub region: String,
    /// Name of the repository, `shop/web`.
    pub name: String,
}

/// An image that a registry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundImage {
    /// Digest of its manifest, or of the list of its manifests: `sha256:…`.
    pub digest: String,
    /// The platforms that it is for, `linux/arm64`. Empty: that could not be read.
    pub platforms: Vec<String>,
}

impl ImageName {
    /// Takes a name apart, as the `distribution` project's grammar of references has it.
    pub fn parse(text: &str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        // A colon in front of a slash is the port of a registry.
        let (repository, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (rest, None),
        };
        Self { repository: repository.to_owned(), tag, digest }
    }

    /// Its repository of ECR, `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME`; `None`: it is in another registry.
    pub fn ecr(&self) -> Option<EcrRepository> {
        let (host, name) = self.repository.split_once('/')?;
        let mut parts = host.splitn(5, '.');
        let (account, docker, ecr) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, domain) = (parts.next()?, parts.next()?);
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_ecr = docker == "dkr" && matches!(ecr, "ecr" | "ecr-fips") && domain.starts_with("amazonaws.com");
        (is_account && is_ecr && !name.is_empty()).then(|| EcrRepository {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The tag that it stands for, `latest` where none is written.
    pub fn tag_or_latest(&self) -> &str {
        self.tag.as_deref().unwrap_or("latest")
    }

    /// The same image by its digest alone: what ECS documents, `REPOSITORY@DIGEST`.
    pub fn at(&self, digest: &str) -> String {
        format!("{}@{digest}", self.repository)
    }
}

impl FoundImage {
    /// Does it run there? `None`: that is not known.
    pub fn runs_on(&self, platform: &str) -> Option<bool> {
        (!self.platforms.is_empty()).then(|| self.platforms.iter().any(|found| found == platform))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let check = |text: &str, repository: &str, tag: Option<&str>, digest: Option<&str>| {
            let name = ImageName::parse(text);
            assert_eq!((name.repository.as_str(), name.tag.as_deref()), (repository, tag), "{text}");
            assert_eq!(name.digest.as_deref(), digest, "{text}");
        };
        check("nginx", "nginx", None, None);
        check("nginx:1.27", "nginx", Some("1.27"), None);
        check("localhost:5000/app", "localhost:5000/app", None, None);
        check("localhost:5000/app:2", "localhost:5000/app", Some("2"), None);
        check("a/app:2@sha256:ab", "a/app", Some("2"), Some("sha256:ab"));
    }

    #[test]
    fn a_repository_of_ecr_is_told_by_its_host() {
        let ecr = |text: &str| ImageName::parse(text).ecr();
        let found = ecr("123456789012.dkr.ecr.us-east-2.amazonaws.com/shop/web:2.1").unwrap();
        assert_eq!((found.account.as_str(), found.region.as_str()), ("123456789012", "us-east-2"));
        assert_eq!(found.name, "shop/web");
        assert!(ecr("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web").is_some());
        assert_eq!(ecr("public.ecr.aws/nginx/nginx:1"), None);
        assert_eq!(ecr("nginx:1.27"), None);
        assert_eq!(ecr("12.dkr.ecr.us-east-2.amazonaws.com/web"), None);
    }
}
