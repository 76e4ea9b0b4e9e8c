//! `aws_eks_cluster`: its authentication mode, and its end; `eksauth_authentication_mode`: the mode alone, which stays when the resource goes.

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::ClusterChange;
use eksauth_provider::access::lockout_guard::mode_changes;
use serde_json::Value;

use super::super::place::{Places, Within};
use super::super::plan_file::{Deed, PlanFile, ResourceChange, is_unknown_at};
use super::{Collector, Occurrence, Order};

/// Our resource of the mode.
const OURS: &str = "eksauth_authentication_mode";

/// Where a kind keeps the mode; `None` for one that has none.
fn place_of_mode(kind: &str) -> Option<&'static str> {
    match kind {
        "aws_eks_cluster" => Some("/access_config/0/authentication_mode"),
        OURS => Some("/authentication_mode"),
        _ => None,
    }
}

/// The mode in the values of a resource, on one side of its change.
fn mode_in(resource: &ResourceChange, values: &Value) -> Option<AuthenticationMode> {
    let mode = values.pointer(place_of_mode(&resource.kind)?)?.as_str()?;
    AuthenticationMode::parse(mode)
}

/// The mode that the plan shows the cluster to have before it.
pub fn mode_before(plan: &PlanFile, places: &Places<'_>) -> Option<AuthenticationMode> {
    plan.resource_changes
        .iter()
        .filter(|resource| places.sides(resource).before == Within::Yes)
        .find_map(|resource| mode_in(resource, &resource.change.before))
}

/// Whether the plan brings a cluster that is there into the mode that ignores aws-auth.
pub fn goes_to_api(plan: &PlanFile, places: &Places<'_>) -> bool {
    let is_there = |resource: &ResourceChange| {
        resource.kind == OURS || places.sides(resource).before == Within::Yes
    };
    let goes = |resource: &ResourceChange| {
        let api = Some(AuthenticationMode::Api);
        places.sides(resource).after == Within::Yes
            && matches!(resource.deed(), Some(deed) if deed != Deed::Forget)
            && mode_in(resource, &resource.change.after) == api
            && mode_in(resource, &resource.change.before) != api
    };
    let mut resources = plan.resource_changes.iter();
    resources.any(|resource| is_there(resource) && goes(resource))
}

impl<'p> Collector<'p> {
    pub(super) fn collect_cluster(&mut self, occurrence: Occurrence<'p>) {
        let resource = occurrence.resource;
        if occurrence.is_before && occurrence.deed.deletes() {
            self.found.destroyed_by = Some(resource.address.clone());
            return;
        }
        self.collect_mode(occurrence, "access_config.authentication_mode");
    }

    pub(super) fn collect_authentication_mode(&mut self, occurrence: Occurrence<'p>) {
        let resource = occurrence.resource;
        match occurrence.is_after {
            true => self.collect_mode(occurrence, "authentication_mode"),
            false => self.found.notes.push(format!(
                "the cluster stays in its mode when `{}` goes: EKS has no way back",
                resource.address
            )),
        }
    }

    fn collect_mode(&mut self, occurrence: Occurrence<'p>, named: &str) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        let Some(place) = place_of_mode(&resource.kind) else {
            return;
        };
        if is_unknown_at(&change.after_unknown, place) {
            // Ours is for a cluster that is there, so whatever it turns out to be may take something.
            let decides = occurrence.is_before || resource.kind == OURS;
            self.unknown(resource, named, decides);
            return;
        }
        let Some(wanted) = mode_in(resource, &change.after) else {
            return;
        };
        let now = self.before.view.mode;
        if wanted < now {
            self.found.notes.push(format!(
                "`{}` is not carried out: the cluster is in mode {}, and EKS has no way back to {}",
                resource.address,
                now.id(),
                wanted.id()
            ));
            return;
        }
        if (now, wanted) == (AuthenticationMode::ConfigMap, AuthenticationMode::Api) {
            self.found.notes.push(format!(
                "`{}` is not carried out: EKS goes from CONFIG_MAP to API only by API_AND_CONFIG_MAP, one step an apply",
                resource.address
            ));
        }
        self.raise(resource, now, wanted);
    }

    /// The mode, and with the first step the access entries that EKS makes by itself.
    fn raise(
        &mut self,
        resource: &'p ResourceChange,
        now: AuthenticationMode,
        wanted: AuthenticationMode,
    ) {
        let is_first = now == AuthenticationMode::ConfigMap && wanted != now;
        let managed = match is_first {
            true => self.managed_roles(),
            false => Vec::new(),
        };
        if is_first {
            let named: Vec<String> = managed
                .iter()
                .map(|role| format!("`{}` ({})", role.role_arn, role.entry_type))
                .collect();
            let nodes = match named.is_empty() {
                true => "the plan shows no managed node groups and Fargate profiles, whose roles get entries, too".to_owned(),
                false => format!("and for the roles of managed nodes that the plan shows: {}", named.join(", ")),
            };
            self.found.notes.push(format!(
                "with `{}` EKS makes access entries by itself: for whoever made the cluster, with AmazonEKSClusterAdminPolicy; {nodes}",
                resource.address
            ));
        }
        for change in mode_changes(wanted, &managed) {
            let is_there = matches!(&change, ClusterChange::Mode(mode) if *mode == now);
            if !is_there || resource.kind != OURS {
                self.step(resource, Order::Removal, change);
            }
        }
    }
}
