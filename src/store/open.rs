//! Opens a store: a folder, or with the feature `bucket` an S3 bucket.

use std::path::Path as FilePath;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;

use super::{Store, StoreError, chain};

/// Keys for a bucket, from whatever source the rest of envctl takes them.
#[derive(Clone)]
#[allow(missing_docs, reason = "named as everywhere at AWS")]
pub struct BucketKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

impl std::fmt::Debug for BucketKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BucketKeys")
    }
}

/// Gives keys for a bucket, fresh ones when the last have expired.
#[async_trait::async_trait]
pub trait KeySource: std::fmt::Debug + Send + Sync {
    /// # Errors
    /// Why there are none, in words.
    async fn keys(&self) -> Result<BucketKeys, String>;
}

impl Store {
    /// Opens `s3://bucket/prefix`, or a folder, which is made when it is not there. `keys` may be `None`: then a
    /// bucket takes its keys from the environment variables (or the metadata service) of every AWS tool.
    ///
    /// # Errors
    /// When the folder cannot be made, the address is wrong, or this build knows no buckets.
    pub fn open(location: &str, region: Option<&str>, keys: Option<Arc<dyn KeySource>>) -> Result<Self, StoreError> {
        match location.split_once("://") {
            Some(("s3", rest)) => bucket(location, rest, region, keys),
            Some((scheme, _)) => Err(StoreError {
                location: location.to_owned(),
                why: format!("`{scheme}://` is no store"),
                remedy: "give a folder, or s3://bucket/prefix".to_owned(),
            }),
            None => Self::open_folder(FilePath::new(location)),
        }
    }

    /// Opens `s3://bucket/prefix` at an endpoint of its own, whatever the environment says: an S3 beside AWS's.
    ///
    /// # Errors
    /// As [`Store::open`].
    #[cfg(feature = "bucket")]
    pub fn open_bucket_at(
        location: &str,
        endpoint: &str,
        region: &str,
        keys: Arc<dyn KeySource>,
    ) -> Result<Self, StoreError> {
        let rest = location.strip_prefix("s3://").unwrap_or(location);
        super::bucket::open(location, rest, Some(region), Some(keys), Some(endpoint))
    }

    /// A store that is gone with the process: for rehearsals and simulations.
    pub fn in_memory() -> Self {
        Self {
            objects: Arc::new(object_store::memory::InMemory::new()),
            prefix: Path::default(),
            folder: None,
            location: "memory".to_owned(),
            notices: Arc::default(),
        }
    }

    /// Opens a folder, which is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made: no permission, or a file is in the way.
    pub fn open_folder(folder: &FilePath) -> Result<Self, StoreError> {
        let unusable = |why: String| StoreError {
            location: folder.display().to_string(),
            why,
            remedy: "check that it is a folder that you may write, or name another with ENVCTL_STORE".to_owned(),
        };
        std::fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
        let folder = folder.canonicalize().map_err(|error| unusable(error.to_string()))?;
        let objects = LocalFileSystem::new_with_prefix(&folder).map_err(|error| unusable(chain(&error)))?;
        Ok(Self {
            // Not synced: a lock record that a power failure swallows was of a run that it ended too. The journal syncs its
            // own file.
            objects: Arc::new(objects),
            prefix: Path::default(),
            location: folder.display().to_string(),
            folder: Some(folder),
            notices: Arc::default(),
        })
    }
}

#[cfg(not(feature = "bucket"))]
fn bucket(
    location: &str,
    _rest: &str,
    _region: Option<&str>,
    _keys: Option<Arc<dyn KeySource>>,
) -> Result<Store, StoreError> {
    Err(StoreError {
        location: location.to_owned(),
        why: "this build of envctl knows no buckets".to_owned(),
        remedy: "use a folder, or a build with the feature `aws`".to_owned(),
    })
}

#[cfg(feature = "bucket")]
fn bucket(
    location: &str,
    rest: &str,
    region: Option<&str>,
    keys: Option<Arc<dyn KeySource>>,
) -> Result<Store, StoreError> {
    super::bucket::open(location, rest, region, keys, None)
}
