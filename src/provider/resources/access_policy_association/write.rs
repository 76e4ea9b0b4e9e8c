//! Associating a policy, changing its scope in place, and taking it away.

use std::sync::Arc;

use eksauth_core::access::access_entry::{AccessEntry, EntryType, PoliciesAllowed};
use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::AccessPolicyAssociationModel;
use super::{about, claim_key, diagnostics, with_held};
use crate::access::entry_guard::{Begun, EntryChange};
use crate::access::makings::Change;
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;
use crate::ports::eks::AccessPolicy;
use crate::ports::{ApiError, ErrorKind};
use crate::resources::access_entry::diagnostics as of_entry;
use crate::resources::access_entry::live::{self, LiveEntry};
use crate::resources::access_entry::plan::partition;
use crate::resources::access_entry::teardown::Teardown;
use crate::resources::access_entry::write::steps::is_same;
use crate::session::consistency::{until_consistent, until_shown};
use crate::session::object_claim::{self, Origin};

/// The change of an entry that an association comes to; `None`: the policy goes.
pub(super) fn change(
    about: &About,
    found: &LiveEntry,
    wanted: Option<AccessPolicy>,
) -> EntryChange {
    let before = found.whole();
    let mut policies = before.policies.clone();
    policies.retain(|policy| policy.name() != about.policy);
    policies.extend(wanted);
    EntryChange {
        principal_arn: about.principal_arn.clone(),
        after: Some(AccessEntry {
            policies,
            ..before.clone()
        }),
        before: Some(before),
        resource: about.label(),
        is_teardown: false,
        policy: Some(about.policy.clone()),
    }
}

/// Whether an entry of its type may have the policy.
pub(super) fn check_type(found: &LiveEntry, about: &About) -> Result<(), Diagnostics> {
    let Some(kind) = EntryType::parse(&found.details.entry.kind) else {
        return Ok(());
    };
    let allowed = kind.policies_allowed();
    let is_allowed = match allowed {
        PoliciesAllowed::All => true,
        PoliciesAllowed::Only(only) => about.policy == only,
        PoliciesAllowed::None => false,
    };
    match is_allowed {
        true => Ok(()),
        false => Err(of_entry::policy_of_nodes(&about.policy, kind, allowed).into()),
    }
}

pub(super) fn say(cx: &Context<Client>, told: &Diagnostics) {
    for diagnostic in told.iter() {
        cx.add(diagnostic.clone());
    }
}

pub(super) async fn create(
    cx: &Context<Client>,
    apply: Apply<AccessPolicyAssociationModel>,
) -> Result<State<AccessPolicyAssociationModel>, Failed<AccessPolicyAssociationModel>> {
    let writing = Writing::begin(cx, apply, Operation::Create).await?;
    let made = writing.make().await;
    let key = claim_key(&writing.planned);
    cx.client.makings().note_done(&key);
    if made.is_err() {
        object_claim::note_failed(cx, &key);
    }
    made.map_err(Failed::from)
}

pub(super) async fn update(
    cx: &Context<Client>,
    apply: Apply<AccessPolicyAssociationModel>,
) -> Result<State<AccessPolicyAssociationModel>, Failed<AccessPolicyAssociationModel>> {
    let writing = Writing::begin(cx, apply, Operation::Update).await?;
    let changed = writing.change().await;
    cx.client.makings().note_done(&claim_key(&writing.planned));
    changed?;
    Ok(writing.state(None))
}

pub(super) async fn delete(
    cx: &Context<Client>,
    state: State<AccessPolicyAssociationModel>,
) -> Result<(), Diagnostics> {
    let model = &state.model;
    if let Some(key) = claim_key(model).known()
        && object_claim::is_followed(cx, &state.private, key)
    {
        return Ok(());
    }
    let Some(cluster) = model.placement().at_delete(cx.client.clusters()).await? else {
        return Ok(());
    };
    let about = about(model, &cluster);
    let key = claim_key(model);
    let teardown = Teardown {
        cx,
        cluster: &cluster,
        placement: &model.placement(),
        private: &state.private,
        own: super::noted(model, &key),
        principal_arn: &about.principal_arn,
        label: about.label(),
    };
    let change = Change {
        private: &state.private,
        cluster_arn: &model.cluster_arn,
        own: key.known().cloned().into_iter().collect(),
    };
    // What the guard refuses as things are waits for what the plan makes beside it.
    let mut awaited = cx.client.makings().awaited(cx, change);
    let removed = loop {
        awaited.begin();
        let removed = remove(&teardown, &about, model).await;
        let Err(reasons) = &removed else {
            break removed;
        };
        if !awaited.is_worth_another_try(cx, reasons).await {
            break removed;
        }
    };
    teardown.note_settled(removed.is_ok());
    removed
}

async fn remove(
    teardown: &Teardown<'_>,
    about: &About,
    model: &AccessPolicyAssociationModel,
) -> Result<(), Diagnostics> {
    let (cx, cluster) = (teardown.cx, teardown.cluster);
    let find = || async {
        let found = live::find(cluster, &about.principal_arn, true).await;
        found.map_err(|error| super::cannot_read(about, &error))
    };
    let is_there = |found: &LiveEntry| {
        let mut policies = found.policies.iter();
        policies.any(|one| one.name() == about.policy)
    };
    if find().await?.is_none_or(|found| !is_there(&found)) {
        return Ok(());
    }
    if model.adopted != Attr::Known(true) {
        teardown.await_others().await?;
    }
    // What is there may be another thing by now.
    let Some(found) = find().await? else {
        return Ok(());
    };
    let there = found.policies.iter().find(|one| one.name() == about.policy);
    let Some(there) = there else {
        return Ok(());
    };
    if model.adopted == Attr::Known(true) {
        cx.add(diagnostics::adopted_stays(about, there));
        return Ok(());
    }
    let guarded = Guarded {
        cx,
        cluster,
        about,
        found: &found,
    };
    let change = EntryChange {
        is_teardown: teardown.is_whole(),
        ..change(about, &found, None)
    };
    let begun = guarded.begin(&change).await?;
    let (eks, name) = (cluster.eks(), &cluster.reference.name);
    let gone = eks
        .disassociate_access_policy(name, &about.principal_arn, &there.policy_arn)
        .await;
    let text = about.text();
    gone.map_err(api_failure::failure(
        "Cannot Disassociate Access Policy",
        &text,
    ))?;
    let is_gone = |there: &[AccessPolicy]| !there.iter().any(|one| one.name() == about.policy);
    guarded.wait_until_listed(is_gone).await;
    guarded.end(&begun, &change).await
}

/// A change under the eyes of the guard.
struct Guarded<'a> {
    cx: &'a Context<Client>,
    cluster: &'a FoundCluster,
    about: &'a About,
    /// The entry before the change.
    found: &'a LiveEntry,
}

impl Guarded<'_> {
    async fn begin(&self, change: &EntryChange) -> Result<Begun, Diagnostics> {
        let guard = self.cx.client.entry_guard(self.cluster);
        let begun = guard.begin(self.cluster, change).await?;
        say(self.cx, &begun.told);
        Ok(begun)
    }

    /// Until EKS lists what was written, so that the next plan finds it. It is written whether that is seen or not.
    async fn wait_until_listed(&self, is_listed: impl Fn(&[AccessPolicy]) -> bool) {
        let (eks, name) = (self.cluster.eks(), &self.cluster.reference.name);
        let principal = &self.about.principal_arn;
        let look = || async {
            match eks.list_associated_policies(name, principal).await {
                // The entry goes as well.
                Err(error) if error.kind == ErrorKind::NotFound => Ok(is_listed(&[])),
                listed => Ok(is_listed(&listed?)),
            }
        };
        let operation = "eks:ListAssociatedAccessPolicies";
        if let Err(error) = until_shown(self.cx, operation, look).await {
            tracing::info!(%error, "the access policy was written and may not be listed yet");
        }
    }

    /// Looks whether whoever acts has what it had; else the association is put back.
    async fn end(&self, begun: &Begun, change: &EntryChange) -> Result<(), Diagnostics> {
        let guard = self.cx.client.entry_guard(self.cluster);
        let principal = &self.about.principal_arn;
        guard.note_written(principal, change.after.clone());
        let associated = self.cx.client.associated_policies();
        associated.forget(self.cluster, principal).await;
        let reason = match guard.end(begun, change).await {
            Ok(told) => {
                say(self.cx, &told);
                return Ok(());
            }
            Err(reason) => reason,
        };
        let put_back = self.put_back().await;
        guard.note_written(principal, change.before.clone());
        associated.forget(self.cluster, principal).await;
        let failed = put_back.as_ref().err();
        Err(of_entry::taken_back(&self.about.text(), &reason, failed))
    }

    async fn put_back(&self) -> Result<(), ApiError> {
        let (eks, name) = (self.cluster.eks(), &self.cluster.reference.name);
        let (principal, policy) = (&self.about.principal_arn, &self.about.policy);
        let mut before = self.found.policies.iter();
        match before.find(|one| one.name() == policy) {
            Some(before) => eks.associate_access_policy(name, principal, before).await,
            None => {
                let arn = format!(
                    "arn:{}:eks::aws:cluster-access-policy/{policy}",
                    self.cluster.partition
                );
                eks.disassociate_access_policy(name, principal, &arn).await
            }
        }
    }
}

/// An association on its way.
struct Writing<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    about: About,
    planned: AccessPolicyAssociationModel,
    private: Private,
}

impl<'a> Writing<'a> {
    async fn begin(
        cx: &'a Context<Client>,
        apply: Apply<AccessPolicyAssociationModel>,
        operation: Operation,
    ) -> Result<Self, Diagnostics> {
        let (config, planned) = (apply.config.placement(), apply.planned.placement());
        let applying = Applying {
            config: &config,
            planned: &planned,
            operation,
        };
        let clusters = cx.client.clusters();
        let cluster = applying.cluster(cx, clusters).await?;
        let timeout = Timeouts::or_default(planned.timeouts.as_ref(), operation);
        let cluster = clusters
            .wait_for_access_entries(&cx.cancel, cluster, timeout)
            .await?;
        let planned = apply.planned.placed(planned.in_cluster(&cluster));
        Ok(Self {
            about: about(&planned, &cluster),
            cx,
            cluster,
            planned,
            private: apply.private,
        })
    }

    /// The entry, which EKS may list only some seconds after it was made.
    async fn change(&self) -> Result<(), Diagnostics> {
        let found = self.entry().await?;
        self.put(&found).await
    }

    async fn entry(&self) -> Result<LiveEntry, Diagnostics> {
        let is_unseen = |error: &ApiError| error.kind == ErrorKind::NotFound;
        let look = || async {
            let found = live::find(&self.cluster, &self.about.principal_arn, true).await?;
            found.ok_or_else(|| {
                ApiError::new(
                    ErrorKind::NotFound,
                    "eks:DescribeAccessEntry",
                    "there is no entry",
                )
            })
        };
        match until_consistent(self.cx, is_unseen, look).await {
            Ok(found) => {
                check_type(&found, &self.about)?;
                Ok(found)
            }
            Err(error) if error.kind == ErrorKind::NotFound => {
                Err(diagnostics::no_entry(&self.about).into())
            }
            Err(error) => Err(super::cannot_read(&self.about, &error)),
        }
    }

    async fn make(&self) -> Result<State<AccessPolicyAssociationModel>, Diagnostics> {
        let found = self.entry().await?;
        let mut policies = found.policies.iter();
        let origin = match policies.find(|one| one.name() == self.about.policy) {
            None => Origin::Made,
            Some(there) => self.takes_over(there)?,
        };
        self.put(&found).await?;
        Ok(self.state(Some(origin)))
    }

    fn takes_over(&self, there: &AccessPolicy) -> Result<Origin, Diagnostics> {
        let key = claim_key(&self.planned).into_known().unwrap_or_default();
        if let Some(origin) = object_claim::given_up(self.cx, &key) {
            return Ok(origin);
        }
        match self.planned.on_conflict == Attr::Known("adopt".to_owned()) {
            true => Ok(Origin::Adopted),
            false => Err(diagnostics::exists(&self.about, there).into()),
        }
    }

    async fn put(&self, found: &LiveEntry) -> Result<(), Diagnostics> {
        let wanted = self
            .planned
            .expand(partition(&self.cluster))
            .ok_or_else(|| api_failure::not_known_at_apply("association"))?;
        let guarded = Guarded {
            cx: self.cx,
            cluster: &self.cluster,
            about: &self.about,
            found,
        };
        let change = change(&self.about, found, Some(wanted.clone()));
        let begun = guarded.begin(&change).await?;
        let (eks, name) = (self.cluster.eks(), &self.cluster.reference.name);
        let principal = &self.about.principal_arn;
        let is_unseen = |error: &ApiError| error.kind == ErrorKind::NotFound;
        let associated = until_consistent(self.cx, is_unseen, || {
            eks.associate_access_policy(name, principal, &wanted)
        });
        let text = self.about.text();
        associated.await.map_err(api_failure::failure(
            "Cannot Associate Access Policy",
            &text,
        ))?;
        let is_listed = |there: &[AccessPolicy]| there.iter().any(|one| is_same(one, &wanted));
        guarded.wait_until_listed(is_listed).await;
        guarded.end(&begun, &change).await
    }

    fn state(&self, origin: Option<Origin>) -> State<AccessPolicyAssociationModel> {
        State {
            private: with_held(self.private.clone(), &self.planned),
            model: AccessPolicyAssociationModel {
                adopted: match (&self.planned.adopted, origin) {
                    (Attr::Known(promised), _) => Attr::Known(*promised),
                    (_, origin) => Attr::Known(origin == Some(Origin::Adopted)),
                },
                ..self.planned.clone()
            },
        }
    }
}
