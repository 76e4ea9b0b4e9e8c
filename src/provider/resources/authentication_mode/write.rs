//! Making a step of the mode, and waiting until it is made.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tf_provider::resource::{Apply, Failed, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use super::plan::{check_step, label, managed_roles};
use super::schema::AuthenticationModeModel;
use crate::access::cluster_access::authentication_mode;
use crate::access::mode_guard::ModeStep;
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;
use crate::ports::authentication_mode::{ClusterUpdate, UpdateStatus};
use crate::ports::eks::{AuthenticationMode, ClusterStatus};
use crate::ports::{ApiError, EksApi, ErrorKind};
use crate::session::cancellable_wait::{Cancelled, wait};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// Brings a cluster into the planned mode; one that is in it already is left alone.
pub(super) async fn raise(
    cx: &Context<Client>,
    apply: Apply<AuthenticationModeModel>,
    operation: Operation,
) -> Result<State<AuthenticationModeModel>, Failed<AuthenticationModeModel>> {
    let (config, planned) = (apply.config.placement(), apply.planned.placement());
    let applying = Applying {
        config: &config,
        planned: &planned,
        operation,
    };
    let cluster = applying.cluster(cx, cx.client.clusters()).await?;
    let Some(wanted) = apply.planned.mode() else {
        return Err(api_failure::not_known_at_apply("authentication mode").into());
    };
    let timeout = Timeouts::or_default(planned.timeouts.as_ref(), operation);
    let began = cx.client.clock().now();
    let raising = Raising {
        cx,
        eks: cluster.eks(),
        deadline: began.checked_add(timeout),
        cluster: cluster.clone(),
        wanted,
    };
    let brought = raising.bring().await;
    cx.client.clusters().forget(&cluster.reference);
    let lost = brought?;
    let state = State {
        model: AuthenticationModeModel {
            authentication_mode: Attr::Known(wanted.id().to_owned()),
            ..apply.planned.placed(planned.in_cluster(&cluster))
        },
        private: apply.private,
    };
    match lost.is_empty() {
        true => Ok(state),
        false => Err(Failed {
            diagnostics: diagnostics::lost(&cluster, wanted, &lost).into(),
            state: Some(state),
        }),
    }
}

/// A cluster on its way to a mode.
struct Raising<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    eks: Arc<dyn EksApi>,
    wanted: AuthenticationMode,
    deadline: Option<SystemTime>,
}

impl Raising<'_> {
    /// Once the cluster is in the mode: what whoever acts has lost with it.
    async fn bring(&self) -> Result<Vec<String>, Diagnostics> {
        loop {
            let now = self.look().await?;
            let mode = authentication_mode(&now);
            if mode == self.wanted {
                return Ok(Vec::new());
            }
            // The update may be of the mode, so nothing is said of the step before it is done.
            if now.cluster.status != ClusterStatus::Updating {
                check_step(&now, mode, self.wanted)?;
                if let Some(lost) = self.make(&now).await? {
                    return Ok(lost);
                }
            }
            self.pause("for the update of the cluster that is under way", None)
                .await?;
        }
    }

    /// Judges and makes the step from the mode that the cluster has; `None` where it is being updated, so that it is judged again.
    async fn make(&self, now: &FoundCluster) -> Result<Option<Vec<String>>, Diagnostics> {
        let guard = self.cx.client.mode_guard(now);
        // What may not be read was said by the plan, and is judged without.
        let managed = managed_roles(now, authentication_mode(now)).await;
        let managed = managed.unwrap_or_default();
        let step = ModeStep {
            mode: self.wanted,
            managed: &managed,
            resource: &label(now),
        };
        let passed = guard.judge(step).await?;
        let proof = match passed.is_loss_meant {
            true => None,
            false => guard.proof(now).await,
        };
        let name = &now.reference.name;
        match self.eks.update_authentication_mode(name, self.wanted).await {
            Ok(update) => self.follow(&update).await?,
            Err(error) if error.kind == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => self.after_failure(&error).await?,
        }
        guard.note_made(self.wanted);
        for diagnostic in passed.told.iter() {
            self.cx.add(diagnostic.clone());
        }
        Ok(Some(match proof {
            Some(proof) => proof.lost().await,
            None => Vec::new(),
        }))
    }

    /// A call that failed may have been carried out, or somebody else may have made the step.
    async fn after_failure(&self, error: &ApiError) -> Result<(), Diagnostics> {
        let is_open = error.kind.leaves_outcome_open();
        if is_open || error.kind == ErrorKind::Invalid {
            let now = self.look().await?;
            if authentication_mode(&now) == self.wanted {
                return Ok(());
            }
            if is_open && now.cluster.status == ClusterStatus::Updating {
                return self.wait_for_mode().await;
            }
        }
        Err(diagnostics::failed(&self.cluster, error).into())
    }

    async fn follow(&self, update: &ClusterUpdate) -> Result<(), Diagnostics> {
        let name = &self.cluster.reference.name;
        let mut seen = update.clone();
        loop {
            match seen.status {
                UpdateStatus::Successful => return self.wait_for_mode().await,
                UpdateStatus::Failed => {
                    return Err(diagnostics::update_failed(&self.cluster, &seen).into());
                }
                UpdateStatus::InProgress => {}
            }
            let about = self.cluster.reference.to_string();
            let found = self.eks.cluster_update(name, &update.id).await;
            match found.map_err(api_failure::failure("Cannot Read Cluster Update", &about))? {
                Some(found) => seen = found,
                None => return self.wait_for_mode().await,
            }
            if seen.status == UpdateStatus::InProgress {
                self.pause("for the authentication mode", Some(&update.id))
                    .await?;
            }
        }
    }

    /// The update is done, and DescribeCluster may be behind it.
    async fn wait_for_mode(&self) -> Result<(), Diagnostics> {
        loop {
            let now = self.look().await?;
            if authentication_mode(&now) == self.wanted {
                return Ok(());
            }
            self.pause("for the authentication mode", None).await?;
        }
    }

    /// The cluster as it is now.
    async fn look(&self) -> Result<Arc<FoundCluster>, Diagnostics> {
        let (clusters, reference) = (self.cx.client.clusters(), &self.cluster.reference);
        clusters.forget(reference);
        let about = reference.to_string();
        let found = clusters.find_now(reference).await;
        found
            .map_err(api_failure::failure("Cannot Read Cluster", &about))?
            .ok_or_else(|| diagnostics::gone(&self.cluster).into())
    }

    async fn pause(&self, what: &str, update: Option<&str>) -> Result<(), Diagnostics> {
        let clock = self.cx.client.clock();
        if self.deadline.is_none_or(|deadline| clock.now() >= deadline) {
            return Err(diagnostics::not_in_time(&self.cluster, self.wanted, update).into());
        }
        tracing::info!(cluster = %self.cluster.reference.name, mode = self.wanted.id(), update, "waiting {what}");
        let waited = wait(clock.as_ref(), &self.cx.cancel, INTERVAL).await;
        waited
            .map_err(|Cancelled| diagnostics::cancelled(&self.cluster, self.wanted, update).into())
    }
}
