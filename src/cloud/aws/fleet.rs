//! Many environments of one account, read by batch and page instead of one by one (`aws.md` 7.3): what the account
//! holds is listed once and kept for the whole run, what can be asked for by name is asked for in batches.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::AwsCloud;
use super::scaling::resource_id;
use crate::cloud::{CloudError, sizes};
use crate::model::{
    FileSystemSpec, Live, LiveAccessPoint, LiveAlarm, LiveDatabase, LiveFileSystem, LiveListener, LiveLogGroup,
    LiveRule, LiveScaling, LiveSecret, LiveService, LiveSnapshot, LiveTargetGroup, ResourceKey, ResourceKind, Scope,
    TAG_ENVIRONMENT, TAG_WORKSPACE, Tags,
};

/// How long what was listed is believed: longer than a run over hundreds takes, shorter than anybody waits.
const LISTS_LAST: Duration = Duration::from_secs(300);

type Read<T> = Result<T, CloudError>;

/// Things by name, and by the environment that owns them.
pub(super) struct Index<T> {
    by_name: BTreeMap<String, T>,
    by_owner: BTreeMap<(String, String), BTreeSet<String>>,
}

impl<T: Clone> Index<T> {
    fn new(things: Vec<T>, name: impl Fn(&T) -> &str, tags: impl Fn(&T) -> &Tags) -> Self {
        let mut index = Self { by_name: BTreeMap::new(), by_owner: BTreeMap::new() };
        for thing in things {
            if let (Some(workspace), Some(owner)) = (tags(&thing).get(TAG_WORKSPACE), tags(&thing).get(TAG_ENVIRONMENT))
            {
                let owned = index.by_owner.entry((workspace.clone(), owner.clone())).or_default();
                owned.insert(name(&thing).to_owned());
            }
            index.by_name.insert(name(&thing).to_owned(), thing);
        }
        index
    }

    /// What the environment of a scope owns, and what has one of these names.
    pub(super) fn of<'a>(&'a self, scope: &Scope, names: impl Iterator<Item = &'a String>) -> Vec<T> {
        let owner = (scope.desired.application.clone(), scope.desired.environment.clone());
        let mut wanted: BTreeSet<&String> = self.by_owner.get(&owner).into_iter().flatten().collect();
        wanted.extend(names);
        wanted.into_iter().filter_map(|name| self.by_name.get(name)).cloned().collect()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }
}

/// What the account holds, listed once.
pub(super) struct Fleet {
    listed_at: Instant,
    account: Read<String>,
    pub(super) databases: Read<Index<LiveDatabase>>,
    pub(super) secrets: Read<BTreeMap<String, LiveSecret>>,
    pub(super) file_systems: Read<Vec<(String, LiveFileSystem)>>,
    pub(super) groups: Read<BTreeMap<String, LiveTargetGroup>>,
    /// Every manual snapshot; `None`: not needed so far.
    pub(super) snapshots: Option<Read<Vec<LiveSnapshot>>>,
    /// Access points by file system.
    pub(super) points: BTreeMap<String, Read<Index<LiveAccessPoint>>>,
    /// Listeners by their selector.
    pub(super) listeners: BTreeMap<String, Read<Option<LiveListener>>>,
    /// Rules by listener, those of others without tags.
    pub(super) rules: BTreeMap<String, Read<Option<Vec<LiveRule>>>>,
    /// Tags by ARN, of what cannot be described with them.
    tags: BTreeMap<String, Tags>,
}

/// The fleet, and what these environments were asked for by name.
pub(super) struct Batch<'a> {
    pub(super) fleet: &'a Fleet,
    /// By cluster and name.
    pub(super) services: BTreeMap<String, Read<BTreeMap<String, LiveService>>>,
    /// By resource id.
    pub(super) targets: Read<BTreeMap<String, LiveScaling>>,
    /// By name.
    pub(super) log_groups: Read<BTreeMap<String, LiveLogGroup>>,
    /// By name.
    pub(super) alarms: Read<BTreeMap<String, LiveAlarm>>,
}

impl AwsCloud {
    /// See [`Cloud::observe_all`](crate::cloud::Cloud).
    pub(super) async fn look_at_all(&self, scopes: &[Scope]) -> Vec<Read<Live>> {
        let mut kept = self.fleet.lock().await;
        let mut fleet = match kept.take() {
            Some(fleet) if fleet.listed_at.elapsed() < LISTS_LAST => fleet,
            _ => {
                let (mut fleet, points) = futures_util::join!(self.list(), self.points_of_known(scopes));
                fleet.points = points;
                fleet
            }
        };
        self.list_more(scopes, &mut fleet).await;
        let batch = self.ask_by_name(scopes, &fleet).await;
        let looks = scopes.iter().map(|scope| async {
            let mut live = self.look(scope, Some(&batch)).await?;
            live.account = fleet.account.clone()?;
            Ok(live)
        });
        let seen = join_all(looks).await;
        drop(batch);
        *kept = Some(fleet);
        seen
    }

    /// What needs no more than the account.
    async fn list(&self) -> Fleet {
        let (account, databases, secrets, file_systems, groups, tags) = futures_util::join!(
            self.account(),
            self.databases(),
            self.all_secrets(),
            self.file_systems(),
            self.all_target_groups(),
            self.tags_of_all(),
        );
        let by_name = |groups: Vec<LiveTargetGroup>| {
            groups.into_iter().map(|group| (group.target_group_name.clone(), group)).collect()
        };
        Fleet {
            listed_at: Instant::now(),
            account,
            databases: databases.map(|all| Index::new(all, |one| &one.identifier, |one| &one.tags)),
            secrets: secrets.map(|all| all.into_iter().map(|secret| (secret.secret_name.clone(), secret)).collect()),
            file_systems,
            groups: groups.map(by_name),
            snapshots: None,
            points: BTreeMap::new(),
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            // Only a hint: what it does not know is asked for where it stands.
            tags: tags.unwrap_or_default(),
        }
    }

    /// Access points of the file systems whose ids are known beforehand.
    async fn points_of_known(&self, scopes: &[Scope]) -> BTreeMap<String, Read<Index<LiveAccessPoint>>> {
        let systems =
            scopes.iter().flat_map(|scope| scope.desired.file_systems.values().map(move |spec| (scope, spec)));
        let ids: BTreeSet<String> =
            systems.filter_map(|(scope, spec)| super::observe_storage::known_id(spec, scope)).collect();
        join_all(ids.into_iter().map(|id| self.points_by_owner(id))).await.into_iter().collect()
    }

    async fn points_by_owner(&self, id: String) -> (String, Read<Index<LiveAccessPoint>>) {
        let points = self.access_points(&id).await;
        (id, points.map(|all| Index::new(all, |one| &one.id, |one| &one.tags)))
    }

    /// What these environments need beside it: access points, listeners, rules, tags, and snapshots of what is gone.
    async fn list_more(&self, scopes: &[Scope], fleet: &mut Fleet) {
        let systems: BTreeSet<String> = scopes
            .iter()
            .flat_map(|scope| scope.desired.file_systems.iter().map(move |(name, spec)| (scope, name, spec)))
            .filter_map(|(scope, name, spec)| fleet.file_system_id(scope, name, spec))
            .filter(|id| !fleet.points.contains_key(id))
            .collect();
        let points = systems.into_iter().map(|id| self.points_by_owner(id));
        let selectors: BTreeMap<String, _> = scopes
            .iter()
            .flat_map(|scope| scope.desired.listeners.values().map(move |selector| (scope, selector)))
            .map(|(scope, selector)| (selector.to_string(), (scope, selector)))
            .filter(|(text, _)| !fleet.listeners.contains_key(text))
            .collect();
        let listeners = selectors.into_iter().map(|(text, (scope, selector))| async move {
            let (listener, rules) = self.listener_with_rules(scope, selector).await;
            (text, listener, rules)
        });
        let missing = |scope: &Scope| match &fleet.databases {
            Ok(found) => scope.desired.databases.values().any(|spec| !found.by_name.contains_key(&spec.identifier)),
            Err(_) => false,
        };
        let gone = fleet.snapshots.is_none() && scopes.iter().any(missing);
        let snapshots = async { if gone { Some(self.manual_snapshots().await) } else { None } };
        let (points, listeners, snapshots) = futures_util::join!(join_all(points), join_all(listeners), snapshots);
        fleet.points.extend(points);
        fleet.snapshots = snapshots.or(fleet.snapshots.take());
        for (text, listener, rules) in listeners {
            if let Ok(Some(listener)) = &listener {
                fleet.rules.insert(listener.arn.clone(), rules);
            }
            fleet.listeners.insert(text, listener);
        }
        self.complete_tags_of(scopes, fleet).await;
    }

    /// Tags of target groups and rules of these environments: from the list where it knows them as they are wanted, and
    /// else from where they stand, for the list is late sometimes (`aws.md` 7.1).
    async fn complete_tags_of(&self, scopes: &[Scope], fleet: &mut Fleet) {
        let mut doubtful: BTreeSet<String> = BTreeSet::new();
        for scope in scopes {
            let groups = fleet.groups_of(scope);
            for (name, group) in &groups {
                let wanted = scope.desired.tags_with_name(&ResourceKey::new(ResourceKind::TargetGroup, name));
                if !fleet.tags.get(&group.arn).is_some_and(|found| holds(found, &wanted)) {
                    doubtful.insert(group.arn.clone());
                }
            }
            let arns: Vec<String> = groups.into_values().map(|group| group.arn).collect();
            for rule in
                fleet.listener_rules_of(scope).filter(|rule| super::observe_balancer::could_be_ours(scope, rule, &arns))
            {
                let known = fleet.tags.get(&rule.arn);
                let settled = known.is_some_and(|tags| {
                    super::observe::key_in(tags).is_some_and(|key| holds(tags, &scope.desired.tags_with_name(&key)))
                });
                if !settled {
                    doubtful.insert(rule.arn.clone());
                }
            }
        }
        let doubtful: Vec<String> = doubtful.into_iter().collect();
        let reads = doubtful.chunks(sizes::TAGGED_AT_ONCE).map(|arns| async move { self.elb_tags(arns).await });
        for read in join_all(reads).await {
            match read {
                Ok(read) => fleet.tags.extend(read),
                // Whose they are decides everything: without tags they are not known at all.
                Err(error) => fleet.hide_balancer(&error),
            }
        }
        fleet.hand_out_tags();
    }

    /// Services, scalable targets, log groups and alarms, by name.
    async fn ask_by_name<'a>(&self, scopes: &[Scope], fleet: &'a Fleet) -> Batch<'a> {
        let mut by_cluster: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for spec in scopes.iter().flat_map(|scope| scope.desired.services.values()) {
            by_cluster.entry(&spec.cluster).or_default().insert(spec.service_name.clone());
            ids.insert(resource_id(&spec.cluster, &spec.service_name));
        }
        let services = by_cluster.into_iter().map(|(cluster, names)| async move {
            let names: Vec<String> = names.into_iter().collect();
            (cluster.clone(), self.services_at_once(cluster, &names).await)
        });
        let ids: Vec<String> = ids.into_iter().collect();
        let names = scopes.iter().flat_map(|scope| scope.desired.log_groups.values());
        let names: BTreeSet<String> = names.map(|spec| spec.log_group_name.clone()).collect();
        let names: Vec<String> = names.into_iter().collect();
        let alarms = scopes.iter().flat_map(|scope| scope.desired.alarms.values());
        let alarms: BTreeSet<String> = alarms.map(|spec| spec.alarm_name.clone()).collect();
        let alarms: Vec<String> = alarms.into_iter().collect();
        let (services, targets, mut log_groups, alarms) = futures_util::join!(
            join_all(services),
            self.bare_targets_by_id(&ids),
            self.log_groups(&names),
            self.alarms(&alarms)
        );
        if let Ok(found) = &mut log_groups {
            for group in found.values_mut() {
                group.tags = fleet.tags.get(&group.arn).cloned();
            }
        }
        Batch { fleet, services: services.into_iter().collect(), targets, log_groups, alarms }
    }

    async fn services_at_once(&self, cluster: &str, names: &[String]) -> Read<BTreeMap<String, LiveService>> {
        let reads = names.chunks(sizes::SERVICES_AT_ONCE).map(|names| self.services(cluster, names));
        let mut all = BTreeMap::new();
        for read in join_all(reads).await {
            all.extend(read?);
        }
        Ok(all)
    }
}

impl Fleet {
    /// The id of a file system of the spec, as far as it is known.
    fn file_system_id(&self, scope: &Scope, name: &str, spec: &FileSystemSpec) -> Option<String> {
        let all = self.file_systems.as_ref().ok()?;
        super::observe_storage::find(spec, scope, name, all).ok()?.map(|system| system.id)
    }

    /// The target groups of a scope, by their name in the spec.
    fn groups_of(&self, scope: &Scope) -> BTreeMap<String, LiveTargetGroup> {
        let wanted = scope.desired.target_groups.iter();
        let find = |name: &str| self.groups.as_ref().ok().and_then(|groups| groups.get(name)).cloned();
        wanted.filter_map(|(name, spec)| Some((name.clone(), find(&spec.target_group_name)?))).collect()
    }

    /// Every rule of the listeners of a scope, but for default rules.
    fn listener_rules_of(&self, scope: &Scope) -> impl Iterator<Item = &LiveRule> {
        let listeners =
            scope.desired.listeners.values().filter_map(|selector| self.listeners.get(&selector.to_string()));
        let arns = listeners.filter_map(|listener| Some(&listener.as_ref().ok()?.as_ref()?.arn));
        let rules = arns.filter_map(|arn| self.rules.get(arn)?.as_ref().ok()?.as_ref());
        rules.flatten().filter(|rule| rule.priority.is_some())
    }

    fn hide_balancer(&mut self, error: &CloudError) {
        self.groups = Err(error.clone());
        self.rules.values_mut().for_each(|rules| *rules = Err(error.clone()));
    }

    fn hand_out_tags(&mut self) {
        for group in self.groups.iter_mut().flat_map(BTreeMap::values_mut) {
            if let Some(tags) = self.tags.get(&group.arn) {
                group.tags.clone_from(tags);
            }
        }
        for rules in self.rules.values_mut() {
            let Ok(Some(rules)) = rules else { continue };
            for rule in rules {
                rule.tags = self.tags.get(&rule.arn).cloned().or(rule.tags.take());
            }
        }
    }
}

/// Are all these tags among those found?
fn holds(found: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| found.get(key) == Some(value))
}
