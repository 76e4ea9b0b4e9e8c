//! A change that waits for what the plan makes beside it.

use tf_provider::Diagnostics;
use tf_provider::resource::Private;

use super::super::making;
use super::super::objects::HeldObject;
use super::Writing;
use crate::access::makings::Change;

impl Writing<'_> {
    /// Changes what there is. What the guard refuses as things are waits for what the plan makes beside it.
    pub(super) async fn change_once_let(
        &self,
        held: &mut Vec<HeldObject>,
    ) -> Result<(), Diagnostics> {
        let guard = self.cx.client.rbac_guard(&self.cluster, &self.kube);
        let change = Change {
            private: &Private::default(),
            cluster_arn: &self.planned.cluster_arn,
            own: making(&self.planned).into_iter().collect(),
        };
        let mut awaited = self.cx.client.makings().awaited(self.cx, change);
        loop {
            awaited.begin();
            let changed = self.change(held).await;
            guard.note_made().await;
            awaited.note_done();
            let Err(reasons) = &changed else {
                return changed;
            };
            if !awaited.is_worth_another_try(self.cx, reasons).await {
                return changed;
            }
            guard.note_made().await;
        }
    }
}
