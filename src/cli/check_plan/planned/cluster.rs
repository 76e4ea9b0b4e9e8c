//! `aws_eks_cluster`: its authentication mode, and its end.

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::ClusterChange;
use serde_json::Value;

use super::super::place::{Places, Within};
use super::super::plan_file::{PlanFile, is_unknown_at};
use super::{Collector, Occurrence, Order};

/// Where hashicorp/aws keeps the mode.
const MODE: &str = "/access_config/0/authentication_mode";

/// The mode that the plan shows the cluster to have before it.
pub fn mode_before(plan: &PlanFile, places: &Places<'_>) -> Option<AuthenticationMode> {
    plan.resource_changes
        .iter()
        .filter(|resource| {
            resource.kind == "aws_eks_cluster" && places.sides(resource).before == Within::Yes
        })
        .find_map(|resource| resource.change.before.pointer(MODE)?.as_str())
        .and_then(AuthenticationMode::parse)
}

impl<'p> Collector<'p> {
    pub(super) fn collect_cluster(&mut self, occurrence: Occurrence<'p>) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        if occurrence.is_before && occurrence.deed.deletes() {
            self.found.destroyed_by = Some(resource.address.clone());
            return;
        }
        if is_unknown_at(&change.after_unknown, MODE) {
            self.unknown(
                resource,
                "access_config.authentication_mode",
                occurrence.is_before,
            );
            return;
        }
        let mode = change.after.pointer(MODE).and_then(Value::as_str);
        if let Some(mode) = mode.and_then(AuthenticationMode::parse) {
            self.step(resource, Order::Removal, ClusterChange::Mode(mode));
        }
    }
}
