//! What other provider configurations (`alias`) of the same plan remove in a cluster. Terraform runs each in a process of its own, so the notes of the plan say what
//! goes, and the cluster what of it is still there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eksauth_core::aws_auth::{self, ReadEntry, Section, read};
use tf_provider::claims::GoingBeside;
use tf_provider::resource::Private;
use tf_provider::{Attr, Context};

use super::concerned::Concerned;
use super::departing::{MOST_QUIET, Stage};
use super::removal_rights::RemovalRights;
use super::teardown::{Group, binding_object};
use crate::aws_auth::entry_claim;
use crate::clusters::Remembered;
use crate::ports::access_review::ReviewedUser;
use crate::ports::rbac_objects::{RbacKey, RbacKind, RbacObject};
use crate::ports::{ApiError, Clock, KubeApi};

const INTERVAL: Duration = Duration::from_millis(250);

/// What they remove beside this one.
pub(crate) struct Beside {
    entries: GoingBeside,
    bindings: GoingBeside,
    cluster: Remembered,
    kube: Arc<dyn KubeApi>,
    /// Whoever acts; `None` where the API server does not say.
    user: Option<ReviewedUser>,
}

impl Beside {
    /// By the notes of the plan of a removal; `None` where they remove nothing.
    pub(crate) async fn of<C>(
        cx: &Context<C>,
        cluster: &Remembered,
        private: &Private,
        kube: &Arc<dyn KubeApi>,
    ) -> Option<Self> {
        let going = |group: Option<String>| {
            let going = group.map(|group| cx.claims.going_beside(&private.entries, &group));
            going.unwrap_or_default()
        };
        let (entries, bindings) = (
            going(entry_claim::all_of(cluster)),
            going(Group::Bindings.of(&cluster.cluster_arn)),
        );
        if entries.is_none() && bindings.is_none() {
            return None;
        }
        Some(Self {
            entries,
            bindings,
            cluster: cluster.clone(),
            kube: kube.clone(),
            user: kube.self_subject_review().await.ok(),
        })
    }

    /// Waits until nothing of it is there, as long as something goes on; how much is there then. Bindings of whoever acts that go at the stage or later wait as well,
    /// and are not waited for; without a stage none of them is.
    pub(crate) async fn awaited(&self, clock: &dyn Clock, stage: Option<Stage>) -> usize {
        let (mut last, mut quiet) = (usize::MAX, Duration::ZERO);
        loop {
            let now = self.still_there(stage).await;
            if now != last {
                quiet = Duration::ZERO;
            }
            last = now;
            if now == 0 || quiet >= MOST_QUIET {
                return now;
            }
            clock.sleep(INTERVAL).await;
            quiet = quiet.saturating_add(INTERVAL);
        }
    }

    /// How much of it is there. What cannot be read counts as something.
    async fn still_there(&self, stage: Option<Stage>) -> usize {
        let counted = |found: Result<usize, ApiError>| {
            found.unwrap_or_else(|error| {
                tracing::info!(%error, "what another provider block removes cannot be looked for, so it counts as there");
                1
            })
        };
        counted(self.entries_there().await) + counted(self.bindings_there(stage).await)
    }

    async fn entries_there(&self) -> Result<usize, ApiError> {
        if self.entries.is_none() {
            return Ok(0);
        }
        let found = self
            .kube
            .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
            .await?;
        let reading = read(&found.map(|found| found.data).unwrap_or_default());
        let entries = Section::ALL
            .into_iter()
            .flat_map(|section| reading.section(section));
        let goes = |entry: &&ReadEntry| {
            let claim = entry.to_entry();
            let claim = claim.and_then(|entry| entry_claim::claim_of(&self.cluster, &entry));
            claim.is_some_and(|claim| self.entries.has(&claim.object))
        };
        Ok(entries.filter(goes).count())
    }

    async fn bindings_there(&self, stage: Option<Stage>) -> Result<usize, ApiError> {
        let (false, Attr::Known(cluster)) = (self.bindings.is_none(), &self.cluster.cluster_arn)
        else {
            return Ok(0);
        };
        let mut objects: BTreeMap<RbacKey, RbacObject> = BTreeMap::new();
        for kind in RbacKind::ALL {
            let listed = self.kube.rbac_objects(kind).await?.into_iter();
            objects.extend(listed.map(|object| (object.key.clone(), object)));
        }
        let waits = |object: &&RbacObject| {
            let is_of_it = |binding: &RbacObject| {
                binding.key == object.key || binding.role_key().as_ref() == Some(&object.key)
            };
            let mut bindings = objects.values().filter(|one| !one.key.kind.is_role());
            bindings.any(|binding| {
                let role = binding.role_key().and_then(|key| objects.get(&key));
                is_of_it(binding) && self.waits_as_well(binding, role, stage)
            })
        };
        let goes = |object: &&RbacObject| self.bindings.has(&binding_object(cluster, &object.key));
        let there = objects.values().filter(goes);
        Ok(there.filter(|object| !waits(object)).count())
    }

    /// Whether a binding of whoever acts goes at the stage or later.
    fn waits_as_well(
        &self,
        binding: &RbacObject,
        role: Option<&RbacObject>,
        stage: Option<Stage>,
    ) -> bool {
        let subjects = Concerned::of_subjects(binding.fields.subjects.iter().flatten());
        let is_own = self.user.as_ref().is_none_or(|user| subjects.has(user));
        let rights = role.map_or(RemovalRights::UNKNOWN, RemovalRights::of_role);
        is_own && stage.is_none_or(|stage| rights.stage(binding.key.kind) >= stage)
    }
}
