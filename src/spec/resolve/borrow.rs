//! `borrow:` to cluster, listeners and network.

use std::collections::BTreeMap;

use crate::model::{ListenerSelector, NetworkSpec, Selector};

use super::Section;
use crate::spec::schema::{At, Borrow, Field, Listener, Root, SelectorText};

/// The name of the listener that `borrow.listener` declares.
const DEFAULT_LISTENER: &str = "default";

/// What `borrow:` says apart from file systems.
pub(super) struct Borrowed {
    pub(super) cluster: Option<String>,
    pub(super) listeners: BTreeMap<String, ListenerSelector>,
    pub(super) network: NetworkSpec,
}

/// Reads `borrow:` into the environment's own section.
pub(super) fn resolve(section: &mut Section<'_>, field: &Field<Borrow>) -> Borrowed {
    section.maybe("borrow", field);
    let borrow = field.get().cloned().unwrap_or_default();
    let mut listeners: BTreeMap<String, ListenerSelector> = section
        .map("listeners", &borrow.listeners)
        .into_iter()
        .map(|(name, listener)| {
            let selector = selector(section, &format!("listeners.{name}"), &listener);
            (name, selector)
        })
        .collect();
    if let Some(listener) = section.maybe(&format!("listeners.{DEFAULT_LISTENER}"), &borrow.listener) {
        let selector = selector(section, &format!("listeners.{DEFAULT_LISTENER}"), &listener);
        listeners.entry(DEFAULT_LISTENER.to_owned()).or_insert(selector);
    }
    let network = NetworkSpec {
        subnets: selectors(section, "network.subnets", &borrow.subnets),
        security_groups: selectors(section, "network.security_groups", &borrow.security_groups),
        assign_public_ip: section.or("network.assign_public_ip", &borrow.assign_public_ip, false),
    };
    Borrowed { cluster: section.maybe("cluster", &borrow.cluster), listeners, network }
}

fn selector(section: &mut Section<'_>, path: &str, listener: &Listener) -> ListenerSelector {
    let port = section.or(&format!("{path}.port"), &listener.0.port, 443);
    let name = section.maybe(&format!("{path}.load_balancer"), &listener.0.load_balancer);
    match section.maybe(&format!("{path}.arn"), &listener.0.arn) {
        Some(arn) if name.is_none() => ListenerSelector::Arn(arn),
        _ => ListenerSelector::LoadBalancer { name: name.unwrap_or_default(), port },
    }
}

/// A list of ids and tags.
pub(super) fn selectors(section: &mut Section<'_>, path: &str, field: &Field<Vec<At<SelectorText>>>) -> Vec<Selector> {
    section.list(path, field).into_iter().map(|selector| selector.0).collect()
}

/// `borrow:` as it was written, or an empty one.
pub(super) fn written(root: &Root) -> Borrow {
    root.borrow.get().cloned().unwrap_or_default()
}
