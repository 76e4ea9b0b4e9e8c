//! Making an association, taking over one that exists, and changing it in place.
//!
//! EKS and IAM are consistent only after some seconds: a role that was just made is waited for, and so is the association itself.

use std::sync::Arc;

use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::PodIdentityAssociationModel;
use super::{
    about, claim_key, diagnostics, flatten, id_part, known_id, of_account, owner, trust, with_facts,
};
use crate::attributes::tags::tag_changes;
use crate::attributes::timeouts::Operation;
use crate::attributes::values::known_map;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;
use crate::ports::eks::{NewAssociation, PodIdentityAssociation};
use crate::ports::iam::Tags;
use crate::ports::{ApiError, EksApi, ErrorKind};
use crate::session::consistency::until_consistent;
use crate::session::object_claim::{self, Origin};

/// Makes the association of a plan, or takes over the one that is there if the plan says so.
pub(super) async fn create(
    cx: &Context<Client>,
    apply: Apply<PodIdentityAssociationModel>,
) -> Result<State<PodIdentityAssociationModel>, Failed<PodIdentityAssociationModel>> {
    let writing = Writing::begin(cx, &apply, Operation::Create).await?;
    let made = writing.make().await;
    if made.is_err() {
        object_claim::note_failed(cx, &claim_key(&writing.planned));
    }
    let made = made?;
    Ok(writing.state(&made.association, made.origin, Private::default()))
}

/// Changes the association in place.
pub(super) async fn update(
    cx: &Context<Client>,
    apply: Apply<PodIdentityAssociationModel>,
) -> Result<State<PodIdentityAssociationModel>, Failed<PodIdentityAssociationModel>> {
    let writing = Writing::begin(cx, &apply, Operation::Update).await?;
    let prior = apply.prior.unwrap_or_default();
    let known = prior.association_id.known().map(String::as_str);
    let id = known.or(known_id(&apply.private)).unwrap_or_default();
    if let Some(owner) = owner(&apply.private) {
        return Err(diagnostics::owned(&writing.about.account, owner).into());
    }
    let live = writing.read(id).await?;
    let own = known_map(&prior.tags_all).unwrap_or_default();
    let changed = writing.change(&live, &own).await?;
    let origin = super::origin(&prior);
    Ok(writing.state(&changed, origin, apply.private))
}

/// What a create came to.
struct Made {
    association: PodIdentityAssociation,
    origin: Origin,
}

/// An association on its way.
struct Writing<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    eks: Arc<dyn EksApi>,
    planned: PodIdentityAssociationModel,
    wanted: NewAssociation,
    about: About,
}

impl<'a> Writing<'a> {
    async fn begin(
        cx: &'a Context<Client>,
        apply: &Apply<PodIdentityAssociationModel>,
        operation: Operation,
    ) -> Result<Self, Diagnostics> {
        let (config, planned) = (apply.config.placement(), apply.planned.placement());
        let applying = Applying {
            config: &config,
            planned: &planned,
            operation,
        };
        let cluster = applying.cluster(cx, cx.client.clusters()).await?;
        let planned = apply.planned.clone().placed(planned.in_cluster(&cluster));
        trust::check_account(&cluster, &planned)?;
        let wanted = flatten::expand(&planned)
            .ok_or_else(|| api_failure::not_known_at_apply("Pod Identity association"))?;
        Ok(Self {
            about: about(&planned, &cluster),
            eks: cluster.eks(),
            cx,
            cluster,
            planned,
            wanted,
        })
    }

    fn cluster_name(&self) -> &str {
        &self.cluster.cluster.name
    }

    /// What was promised, and what EKS has decided.
    fn state(
        &self,
        association: &PodIdentityAssociation,
        origin: Origin,
        private: Private,
    ) -> State<PodIdentityAssociationModel> {
        State {
            private: with_facts(private, association),
            model: PodIdentityAssociationModel {
                association_id: Attr::Known(association.id.clone()),
                association_arn: Attr::Known(association.arn.clone()),
                external_id: association.external_id.clone().into(),
                adopted: Attr::Known(origin == Origin::Adopted),
                ..self.planned.clone()
            },
        }
    }

    async fn make(&self) -> Result<Made, Diagnostics> {
        let made = match self.send_create().await {
            Ok(made) => self.seen(made).await,
            Err(error) => match self.existing_after(&error).await {
                Some(existing) if self.is_ours(&existing, &error) => existing,
                Some(existing) => return self.take_over(existing).await,
                None => return Err(diagnostics::cannot_create(&self.about, &error).into()),
            },
        };
        Ok(Made {
            association: made,
            origin: Origin::Made,
        })
    }

    async fn send_create(&self) -> Result<PodIdentityAssociation, ApiError> {
        let (eks, name) = (&self.eks, self.cluster_name());
        let made = until_consistent(self.cx, is_about_a_role, || {
            eks.create_pod_identity_association(name, &self.wanted)
        });
        let made = made.await;
        self.cx.client.pod_identity().forget(&self.cluster).await;
        made
    }

    /// The association once EKS shows it; it is made, so a look that fails is no failure of the apply.
    async fn seen(&self, made: PodIdentityAssociation) -> PodIdentityAssociation {
        let not_there = || {
            let message = "the association that was just made cannot be read";
            ApiError::new(
                ErrorKind::NotFound,
                "eks:DescribePodIdentityAssociation",
                message,
            )
        };
        let look = || async {
            let (eks, name) = (&self.eks, self.cluster_name());
            let found = eks.describe_pod_identity_association(name, &made.id);
            found.await?.ok_or_else(not_there)
        };
        let is_missing = |error: &ApiError| error.kind == ErrorKind::NotFound;
        let seen = until_consistent(self.cx, is_missing, look).await;
        if let Err(error) = seen {
            tracing::warn!(%error, id = made.id, "the association that was just made is not shown yet");
        }
        made
    }

    /// After a create that may have been carried out, or that another association stopped: what is there now.
    async fn existing_after(&self, error: &ApiError) -> Option<PodIdentityAssociation> {
        if error.kind != ErrorKind::AlreadyExists && !error.may_have_been_carried_out() {
            return None;
        }
        // A second failure here is less telling than the first, which is reported.
        of_account(&self.cluster, &self.about.account)
            .await
            .ok()
            .flatten()
    }

    /// Made by our own call, whose answer was lost: what is there is what was asked for.
    fn is_ours(&self, existing: &PodIdentityAssociation, error: &ApiError) -> bool {
        error.may_have_been_carried_out()
            && existing.owner_arn.is_none()
            && flatten::change(existing, &self.wanted).is_none()
            && existing.tags == self.wanted.tags
    }

    /// Goes on with an association that is there, as another address has left it or as somebody else has.
    async fn take_over(&self, existing: PodIdentityAssociation) -> Result<Made, Diagnostics> {
        if let Some(owner) = &existing.owner_arn {
            return Err(diagnostics::owned(&self.about.account, owner).into());
        }
        let key = claim_key(&self.planned).into_known().unwrap_or_default();
        let part = id_part(&existing.id);
        let given_up = object_claim::given_up(self.cx, &key)
            .filter(|_| object_claim::is_part_given_up(self.cx, &key, &part));
        let origin = match given_up {
            Some(origin) => origin,
            None if self.planned.adopts() => {
                self.cx.add(diagnostics::adopted(&self.about, &existing));
                Origin::Adopted
            }
            None => {
                let told = diagnostics::exists_already(&self.about, &existing, &self.wanted);
                return Err(told.into());
            }
        };
        let own = match origin {
            Origin::Made => existing.tags.clone(),
            Origin::Adopted => Tags::new(),
        };
        let association = self.change(&existing, &own).await?;
        Ok(Made {
            association,
            origin,
        })
    }

    /// The association as it is, which the plan was about.
    async fn read(&self, id: &str) -> Result<PodIdentityAssociation, Diagnostics> {
        let found = self
            .eks
            .describe_pod_identity_association(self.cluster_name(), id)
            .await;
        match found {
            Ok(Some(found)) => match &found.owner_arn {
                Some(owner) => Err(diagnostics::owned(&self.about.account, owner).into()),
                None => Ok(found),
            },
            Ok(None) => Err(diagnostics::changed_meanwhile(&self.about).into()),
            Err(error) => Err(diagnostics::cannot_read(&self.about, &error).into()),
        }
    }

    /// Changes an association to what is wanted; `own` are the tags that were set here.
    async fn change(
        &self,
        live: &PodIdentityAssociation,
        own: &Tags,
    ) -> Result<PodIdentityAssociation, Diagnostics> {
        let failed = |error: ApiError| diagnostics::cannot_change(&self.about, &error);
        let mut now = live.clone();
        if let Some(change) = flatten::change(live, &self.wanted) {
            let (eks, name) = (&self.eks, self.cluster_name());
            let changed = until_consistent(self.cx, is_about_a_role, || {
                eks.update_pod_identity_association(name, &live.id, &change)
            });
            now = changed.await.map_err(failed)?;
        }
        // An answer with what was taken off is an association that has it still.
        if flatten::change(&now, &self.wanted).is_some() {
            return self.make_anew(&now, own).await;
        }
        self.tags(&now, own).await.map_err(failed)?;
        Ok(now)
    }

    async fn make_anew(
        &self,
        now: &PodIdentityAssociation,
        own: &Tags,
    ) -> Result<PodIdentityAssociation, Diagnostics> {
        let deleted = self
            .eks
            .delete_pod_identity_association(self.cluster_name(), &now.id);
        deleted
            .await
            .map_err(|error| diagnostics::cannot_change(&self.about, &error))?;
        let mut wanted = self.wanted.clone();
        for (key, value) in &now.tags {
            if !own.contains_key(key) && !wanted.tags.contains_key(key) && !key.starts_with("aws:")
            {
                wanted.tags.insert(key.clone(), value.clone());
            }
        }
        let made = self
            .eks
            .create_pod_identity_association(self.cluster_name(), &wanted)
            .await;
        self.cx.client.pod_identity().forget(&self.cluster).await;
        made.map_err(|error| {
            let mut told = Diagnostics::from(diagnostics::not_made_again(&self.about));
            told.push(diagnostics::cannot_create(&self.about, &error));
            told
        })
    }

    async fn tags(&self, live: &PodIdentityAssociation, own: &Tags) -> Result<(), ApiError> {
        let (written, _) = tag_changes(&live.tags, &self.wanted.tags);
        let (_, removed) = tag_changes(own, &self.wanted.tags);
        if !written.is_empty() {
            let eks = &self.eks;
            eks.tag_resource(&live.arn, &written).await?;
        }
        if !removed.is_empty() {
            let eks = &self.eks;
            eks.untag_resource(&live.arn, &removed).await?;
        }
        Ok(())
    }
}

/// A role that was just made is not seen by EKS at once; what else is invalid stays so.
fn is_about_a_role(error: &ApiError) -> bool {
    let is_refusal = matches!(error.kind, ErrorKind::Invalid | ErrorKind::UnknownPrincipal);
    is_refusal && error.message.to_ascii_lowercase().contains("role")
}
