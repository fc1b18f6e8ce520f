//! How many things one call takes or answers (`aws.md` 7.1). Both clouds count by them.

/// Services in one `DescribeServices` (`aws.md` 1.2).
pub(super) const SERVICES_AT_ONCE: usize = 10;
/// Ids in one `DescribeScalableTargets`.
pub(super) const SCALABLE_TARGETS_AT_ONCE: usize = 50;
/// ARNs in one ELB `DescribeTags` (`aws.md` 4.4).
pub(super) const TAGGED_AT_ONCE: usize = 20;
/// Names in one `DescribeAlarms`.
pub(super) const ALARMS_AT_ONCE: usize = 100;
/// Names in one `DescribeLogGroups` (`logGroupIdentifiers`).
pub(super) const LOG_GROUPS_AT_ONCE: usize = 50;
/// Answers on a page of `DescribeDBInstances`, `DescribeDBSnapshots`, `DescribeAccessPoints`, `DescribeFileSystems`,
/// `ListSecrets` and `GetResources`.
pub(super) const PAGE: usize = 100;
/// Answers on a page of ELB's `DescribeRules` and `DescribeTargetGroups`.
pub(super) const BALANCER_PAGE: usize = 400;
