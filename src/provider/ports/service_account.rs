//! ServiceAccounts, who holds which of their fields, and the pods that run as them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use async_trait::async_trait;

use super::error::ApiError;

/// Under which name this provider holds fields that it applies.
pub const FIELD_MANAGER: &str = "terraform-provider-eksauth";

/// So many pods of an account are named at most.
pub const NAMED_PODS: usize = 10;

/// A field of a ServiceAccount that this provider may hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountField {
    /// An annotation, by its key.
    Annotation(String),
    /// A label, by its key.
    Label(String),
    /// `imagePullSecrets`, which is held as a whole.
    ImagePullSecrets,
    /// `automountServiceAccountToken`.
    AutomountToken,
}

impl fmt::Display for AccountField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Annotation(key) => write!(f, "the annotation `{key}`"),
            Self::Label(key) => write!(f, "the label `{key}`"),
            Self::ImagePullSecrets => f.write_str("`imagePullSecrets`"),
            Self::AutomountToken => f.write_str("`automountServiceAccountToken`"),
        }
    }
}

/// The fields that are set, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFields {
    /// Annotations by key.
    pub annotations: BTreeMap<String, String>,
    /// Labels by key.
    pub labels: BTreeMap<String, String>,
    /// Names of `imagePullSecrets`; `None`: not set.
    pub image_pull_secrets: Option<Vec<String>>,
    /// `automountServiceAccountToken`; `None`: not set.
    pub automount_token: Option<bool>,
}

impl AccountFields {
    /// Each field that is set, with its value as text. The secrets are a set: their order in Kubernetes says nothing.
    pub fn values(&self) -> BTreeMap<AccountField, String> {
        let annotations = self
            .annotations
            .iter()
            .map(|(key, value)| (AccountField::Annotation(key.clone()), value.clone()));
        let labels = self
            .labels
            .iter()
            .map(|(key, value)| (AccountField::Label(key.clone()), value.clone()));
        let secrets = self.image_pull_secrets.iter().map(|names| {
            let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            let names: Vec<&str> = names.into_iter().collect();
            (AccountField::ImagePullSecrets, names.join(", "))
        });
        let automount = self
            .automount_token
            .map(|value| (AccountField::AutomountToken, value.to_string()));
        annotations
            .chain(labels)
            .chain(secrets)
            .chain(automount)
            .collect()
    }
}

/// Who holds fields: one entry of `metadata.managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOwner {
    /// Its name, `kubectl-edit`.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// Those of its fields that this provider may hold too.
    pub fields: BTreeSet<AccountField>,
    /// Whether it wrote them when the account was made, and has not changed which since.
    pub is_from_creation: bool,
}

impl FieldOwner {
    /// True for what this provider has applied.
    pub fn is_own(&self) -> bool {
        self.manager == FIELD_MANAGER && self.operation == "Apply"
    }
}

/// A ServiceAccount as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceAccount {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `metadata.uid`: another one means another account of the same name.
    pub uid: String,
    /// What it has.
    pub fields: AccountFields,
    /// Who holds what of it.
    pub owners: Vec<FieldOwner>,
}

impl ServiceAccount {
    /// The fields that this provider has applied.
    pub fn own_fields(&self) -> BTreeSet<AccountField> {
        let own = self.owners.iter().filter(|owner| owner.is_own());
        own.flat_map(|owner| owner.fields.iter().cloned()).collect()
    }

    /// True if nobody but this provider holds anything of it: it was made here.
    pub fn is_own_alone(&self) -> bool {
        !self.owners.is_empty() && self.owners.iter().all(FieldOwner::is_own)
    }

    /// True if this provider made the account, as far as that shows: nobody else holds anything of it, or it alone wrote when the account was made.
    pub fn is_made_here(&self) -> bool {
        let mut first = self.owners.iter().filter(|owner| owner.is_from_creation);
        let is_first = first.next().is_some_and(FieldOwner::is_own) && first.next().is_none();
        is_first || self.is_own_alone()
    }

    /// Everybody else who holds a field, by name.
    pub fn other_owners(&self, field: &AccountField) -> BTreeSet<&str> {
        let others = self.owners.iter().filter(|owner| !owner.is_own());
        let holding = others.filter(|owner| owner.fields.contains(field));
        holding.map(|owner| owner.manager.as_str()).collect()
    }
}

/// What is applied: the fields that this provider holds from then on, and no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppliedFields {
    /// The namespace.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The account that is meant, if it is there; another one, or none, is then a conflict.
    pub uid: Option<String>,
    /// The fields.
    pub fields: AccountFields,
    /// Whether fields that others hold with another value are taken from them.
    pub is_forced: bool,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The account as it is now.
    pub account: ServiceAccount,
    /// Whether it was made by this.
    pub is_new: bool,
}

/// Pods that run as an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningPods {
    /// The names of [`NAMED_PODS`] at most.
    pub names: Vec<String>,
    /// Whether there are more.
    pub has_more: bool,
}

/// The ServiceAccounts of one cluster.
#[async_trait]
pub trait ServiceAccountApi: Send + Sync {
    /// GET; `None` where there is none.
    async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<ServiceAccount>, ApiError>;

    /// GET of all of a namespace, or of the cluster.
    async fn service_accounts(
        &self,
        namespace: Option<&str>,
    ) -> Result<Vec<ServiceAccount>, ApiError>;

    /// PATCH (server-side apply), which makes the account where there is none and no `uid` is given. [`ErrorKind::Conflict`](super::ErrorKind) where somebody
    /// else holds a field with another value, [`ErrorKind::NotFound`](super::ErrorKind) where there is no such namespace.
    async fn apply_service_account(&self, applied: &AppliedFields) -> Result<Applied, ApiError>;

    /// DELETE of the very account; gone already is success, another one of its name is a conflict.
    async fn delete_service_account(
        &self,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> Result<(), ApiError>;

    /// GET of the pods that run as an account and have not ended.
    async fn pods_of_service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<RunningPods, ApiError>;
}
