//! [`Borrowed`]: production's things that an environment stands on, as made for one test.

/// What an environment borrows.
#[derive(Clone, Debug)]
pub(crate) struct Borrowed {
    /// A word that no other test has, for names.
    pub(crate) unique: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) vpc: String,
    /// Two, sorted.
    pub(crate) subnets: Vec<String>,
    pub(crate) security_group: String,
    pub(crate) cluster: String,
    /// By name; its listener stands on port 80.
    pub(crate) load_balancer: String,
    pub(crate) listener_arn: String,
    pub(crate) file_system_id: String,
    /// Its Name tag.
    pub(crate) file_system_name: String,
    /// Production's own access point on it.
    pub(crate) foreign_access_point: String,
}
