//! `aws_eks_cluster`: its authentication mode, and its end.

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::ClusterChange;
use serde_json::Value;

use super::{Collector, Occurrence, Order};

/// Where hashicorp/aws keeps the mode.
const MODE: &str = "/access_config/0/authentication_mode";

impl<'p> Collector<'p> {
    pub(super) fn collect_cluster(&mut self, occurrence: Occurrence<'p>) {
        let (resource, change) = (occurrence.resource, &occurrence.resource.change);
        if occurrence.is_before && occurrence.deed.deletes() {
            self.found.destroyed_by = Some(resource.address.clone());
            return;
        }
        let unknown = change.after_unknown.pointer(MODE);
        if unknown == Some(&Value::Bool(true)) {
            self.unknown(
                resource,
                "access_config.authentication_mode",
                occurrence.is_before,
            );
            return;
        }
        let old = change.before.pointer(MODE).and_then(Value::as_str);
        self.found.begins_with_entries |= old == Some("CONFIG_MAP");
        let mode = change.after.pointer(MODE).and_then(Value::as_str);
        if let Some(mode) = mode.and_then(AuthenticationMode::parse) {
            self.step(resource, Order::Removal, ClusterChange::Mode(mode));
        }
    }
}
