//! Pod Identity associations in memory, one for each service account.

use std::sync::{MutexGuard, PoisonError};

use async_trait::async_trait;

use super::FakeEks;
use crate::fakes::calls::Fate;
use crate::fakes::refusal;
use crate::ports::eks::{
    AssociationChange, ListedAssociation, NewAssociation, PodIdentityApi, PodIdentityAssociation,
    ValueChange,
};
use crate::ports::iam::Tags;
use crate::ports::{ApiError, ErrorKind};

/// What the fake has; every cluster shows the same.
#[derive(Default)]
pub(super) struct Associations {
    all: Vec<PodIdentityAssociation>,
    made: usize,
    hidden_looks: usize,
    ignores_empty_texts: bool,
}

impl FakeEks {
    /// Gives a service account, as `namespace:name`, a role by Pod Identity.
    pub fn give_by_pod_identity(&self, account: &str, association: PodIdentityAssociation) {
        let (namespace, name) = account.split_once(':').unwrap_or_default();
        let mut known = self.associations();
        let id = known.next_id();
        known.all.push(PodIdentityAssociation {
            arn: arn("prod", &id),
            id,
            namespace: namespace.to_owned(),
            service_account: name.to_owned(),
            ..association
        });
    }

    /// The association of a service account, as `namespace:name`.
    pub fn association_of(&self, account: &str) -> Option<PodIdentityAssociation> {
        let known = self.associations();
        let mut all = known.all.iter();
        all.find(|one| format!("{}:{}", one.namespace, one.service_account) == account)
            .cloned()
    }

    /// Somebody else deletes the association of a service account.
    pub fn lose_association(&self, account: &str) {
        let is_it = |one: &PodIdentityAssociation| {
            format!("{}:{}", one.namespace, one.service_account) == account
        };
        self.associations().all.retain(|one| !is_it(one));
    }

    /// The next looks at an association do not see it yet.
    pub fn hide_associations(&self, looks: usize) {
        self.associations().hidden_looks = looks;
    }

    /// An empty text takes nothing off from now on.
    pub fn ignore_empty_texts(&self) {
        self.associations().ignores_empty_texts = true;
    }

    pub(super) fn associations(&self) -> MutexGuard<'_, Associations> {
        self.associations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wrote<T>(
        &self,
        operation: &str,
        about: &str,
        write: impl FnOnce() -> T,
    ) -> Result<T, ApiError> {
        match self.calls.made(operation, about) {
            Fate::Works => Ok(write()),
            Fate::Fails(error) => Err(error),
            Fate::CarriedOut(error) => {
                write();
                Err(error)
            }
        }
    }
}

impl Associations {
    fn next_id(&mut self) -> String {
        self.made += 1;
        format!("a-{:017}", self.made)
    }

    fn of_account(&self, namespace: &str, name: &str) -> Option<&PodIdentityAssociation> {
        let mut all = self.all.iter();
        all.find(|one| one.namespace == namespace && one.service_account == name)
    }

    fn create(
        &mut self,
        cluster: &str,
        new: &NewAssociation,
    ) -> Result<PodIdentityAssociation, ApiError> {
        let operation = "eks:CreatePodIdentityAssociation";
        if let Some(found) = self.of_account(&new.namespace, &new.service_account) {
            let message = format!("Association already exists: {}", found.id);
            return Err(refusal(
                ErrorKind::AlreadyExists,
                operation,
                "ResourceInUseException",
                &message,
            ));
        }
        if new.policy.is_some() && !new.is_without_session_tags {
            return Err(refusal(
                ErrorKind::Invalid,
                operation,
                "InvalidParameterException",
                "policy needs disableSessionTags",
            ));
        }
        let id = self.next_id();
        let made = PodIdentityAssociation {
            arn: arn(cluster, &id),
            external_id: new
                .target_role_arn
                .as_ref()
                .map(|_| format!("external-{id}")),
            id,
            namespace: new.namespace.clone(),
            service_account: new.service_account.clone(),
            role_arn: new.role_arn.clone(),
            target_role_arn: new.target_role_arn.clone(),
            is_without_session_tags: new.is_without_session_tags,
            policy: new.policy.clone(),
            tags: new.tags.clone(),
            owner_arn: None,
        };
        self.all.push(made.clone());
        Ok(made)
    }

    fn update(
        &mut self,
        id: &str,
        change: &AssociationChange,
    ) -> Result<PodIdentityAssociation, ApiError> {
        let ignores = self.ignores_empty_texts;
        let mut all = self.all.iter_mut();
        let found = all.find(|one| one.id == id);
        let found = found.ok_or_else(|| gone("eks:UpdatePodIdentityAssociation", id))?;
        found.role_arn = change.role_arn.clone();
        found.is_without_session_tags = change.is_without_session_tags;
        changed(&mut found.target_role_arn, &change.target_role_arn, ignores);
        changed(&mut found.policy, &change.policy, ignores);
        match &found.target_role_arn {
            None => found.external_id = None,
            Some(_) if found.external_id.is_none() => {
                found.external_id = Some(format!("external-{id}"))
            }
            Some(_) => {}
        }
        Ok(found.clone())
    }

    pub(super) fn tag(&mut self, arn: &str, change: impl FnOnce(&mut Tags)) {
        if let Some(found) = self.all.iter_mut().find(|one| one.arn == arn) {
            change(&mut found.tags);
        }
    }
}

fn changed(value: &mut Option<String>, change: &ValueChange, ignores_empty_texts: bool) {
    match change {
        ValueChange::Set(text) => *value = Some(text.clone()),
        ValueChange::Removed if !ignores_empty_texts => *value = None,
        ValueChange::Removed | ValueChange::Stays => {}
    }
}

fn arn(cluster: &str, id: &str) -> String {
    format!("arn:aws:eks:eu-central-1:111122223333:podidentityassociation/{cluster}/{id}")
}

fn gone(operation: &str, id: &str) -> ApiError {
    let message = format!("No pod identity association found for ID: {id}.");
    refusal(
        ErrorKind::NotFound,
        operation,
        "ResourceNotFoundException",
        &message,
    )
}

fn listed(found: &PodIdentityAssociation) -> ListedAssociation {
    ListedAssociation {
        id: found.id.clone(),
        arn: found.arn.clone(),
        namespace: found.namespace.clone(),
        service_account: found.service_account.clone(),
        owner_arn: found.owner_arn.clone(),
    }
}

#[async_trait]
impl PodIdentityApi for FakeEks {
    async fn list_pod_identity_associations(
        &self,
        cluster: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<ListedAssociation>, ApiError> {
        self.calls.read("ListPodIdentityAssociations", cluster)?;
        let known = self.associations();
        let all = known.all.iter();
        Ok(all
            .filter(|one| namespace.is_none_or(|namespace| one.namespace == namespace))
            .map(listed)
            .collect())
    }

    async fn find_pod_identity_association(
        &self,
        cluster: &str,
        namespace: &str,
        service_account: &str,
    ) -> Result<Option<ListedAssociation>, ApiError> {
        let about = format!("{cluster} {namespace}:{service_account}");
        self.calls.read("ListPodIdentityAssociations", &about)?;
        let known = self.associations();
        Ok(known.of_account(namespace, service_account).map(listed))
    }

    async fn describe_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<Option<PodIdentityAssociation>, ApiError> {
        self.calls.read("DescribePodIdentityAssociation", cluster)?;
        let mut known = self.associations();
        if known.hidden_looks > 0 {
            known.hidden_looks -= 1;
            return Ok(None);
        }
        Ok(known.all.iter().find(|one| one.id == id).cloned())
    }

    async fn create_pod_identity_association(
        &self,
        cluster: &str,
        new: &NewAssociation,
    ) -> Result<PodIdentityAssociation, ApiError> {
        self.calls.permit("PassRole")?;
        let about = format!("{cluster} {}:{}", new.namespace, new.service_account);
        self.wrote("CreatePodIdentityAssociation", &about, || {
            self.associations().create(cluster, new)
        })?
    }

    async fn update_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
        change: &AssociationChange,
    ) -> Result<PodIdentityAssociation, ApiError> {
        let about = format!("{cluster} {}", change.role_arn);
        self.wrote("UpdatePodIdentityAssociation", &about, || {
            self.associations().update(id, change)
        })?
    }

    async fn delete_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<(), ApiError> {
        self.wrote("DeletePodIdentityAssociation", cluster, || {
            self.associations().all.retain(|one| one.id != id);
        })
    }
}
