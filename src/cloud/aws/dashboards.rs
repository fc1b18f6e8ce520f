//! CloudWatch dashboards. One without the mark of this environment in a text of it is never touched: the body is read
//! before every change.

use serde_json::Value;

use super::AwsCloud;
use super::error::own_error;
use super::observe::sighting;
use crate::cloud::{CloudError, CloudErrorKind};
use crate::model::{DashboardSpec, Depth, LiveDashboard, Receipt, Scope, Sightings};

impl AwsCloud {
    /// The declared dashboard: one call; not in a survey of many environments.
    pub(super) async fn look_at_dashboards(&self, scope: &Scope) -> Sightings<LiveDashboard> {
        let mut sightings = Sightings::new();
        for (name, spec) in scope.desired.dashboards.iter().filter(|_| scope.depth != Depth::Survey) {
            sightings.insert(name.clone(), sighting(self.dashboard(&spec.dashboard_name).await));
        }
        sightings
    }

    /// One dashboard; `None`: it is not there.
    async fn dashboard(&self, name: &str) -> Result<Option<LiveDashboard>, CloudError> {
        let request = self.clients.cloudwatch.get_dashboard().dashboard_name(name);
        match self.caller.call("cloudwatch:GetDashboard", || request.clone().send()).await {
            Ok(answer) => {
                let text = answer.dashboard_body().unwrap_or_default();
                let body = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
                Ok(Some(LiveDashboard { dashboard_name: name.to_owned(), body }))
            }
            Err(error) if error.kind == CloudErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The dashboard, when it is there and ours.
    ///
    /// # Errors
    /// Of the kind given when it is there and not ours.
    async fn our_dashboard(
        &self,
        name: &str,
        mark: &str,
        otherwise: CloudErrorKind,
    ) -> Result<Option<LiveDashboard>, CloudError> {
        match self.dashboard(name).await? {
            Some(found) if !found.carries(mark) => {
                let message = format!("dashboard {name} does not carry this environment's mark; it was left as it is");
                Err(own_error(otherwise, "cloudwatch:GetDashboard", message))
            }
            found => Ok(found),
        }
    }

    pub(super) async fn put_dashboard(&self, spec: &DashboardSpec, mark: &str) -> Result<Receipt, CloudError> {
        let there = self.our_dashboard(&spec.dashboard_name, mark, CloudErrorKind::Conflict).await?;
        if there.is_some_and(|there| there.body == spec.body) {
            return Ok(super::done(false));
        }
        let request = self.clients.cloudwatch.put_dashboard().dashboard_name(&spec.dashboard_name);
        let request = request.dashboard_body(spec.body.to_string());
        self.caller.call("cloudwatch:PutDashboard", || request.clone().send()).await?;
        Ok(super::done(true))
    }

    pub(super) async fn delete_dashboard(&self, name: &str, mark: &str) -> Result<Receipt, CloudError> {
        if self.our_dashboard(name, mark, CloudErrorKind::Unsafe).await?.is_none() {
            return Ok(super::done(false));
        }
        let request = self.clients.cloudwatch.delete_dashboards().dashboard_names(name);
        super::gone_is_done(self.caller.call("cloudwatch:DeleteDashboards", || request.clone().send()).await)
    }
}
