//! EKS Pod Identity associations: which service account of a cluster gets which role.

use async_trait::async_trait;

use crate::ports::error::ApiError;
use crate::ports::iam::Tags;

/// A Pod Identity association as a list names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedAssociation {
    /// `a-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Namespace of the service account.
    pub namespace: String,
    /// Its name.
    pub service_account: String,
    /// The add-on whose it is.
    pub owner_arn: Option<String>,
}

/// A Pod Identity association, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodIdentityAssociation {
    /// `a-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Namespace of the service account.
    pub namespace: String,
    /// Its name.
    pub service_account: String,
    /// The role that EKS assumes.
    pub role_arn: String,
    /// The role that is then assumed with that one, and that pods get.
    pub target_role_arn: Option<String>,
    /// What EKS says when it asks for the target role.
    pub external_id: Option<String>,
    /// Whether sessions are without tags.
    pub is_without_session_tags: bool,
    /// A session policy, as JSON.
    pub policy: Option<String>,
    /// Tags.
    pub tags: Tags,
    /// The add-on whose it is.
    pub owner_arn: Option<String>,
}

/// An association to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewAssociation {
    /// Namespace of the service account.
    pub namespace: String,
    /// Its name.
    pub service_account: String,
    /// The role that EKS assumes.
    pub role_arn: String,
    /// The role that is then assumed with that one.
    pub target_role_arn: Option<String>,
    /// Whether sessions are without tags.
    pub is_without_session_tags: bool,
    /// A session policy, as JSON.
    pub policy: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// What becomes of a value that can be taken off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValueChange {
    /// It stays, and is not sent.
    #[default]
    Stays,
    /// It is set.
    Set(String),
    /// It is taken off, which is sent as an empty text.
    Removed,
}

/// A change of an association. The role is sent with every change: EKS compares it with the caller's rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssociationChange {
    /// The role that EKS assumes.
    pub role_arn: String,
    /// The role that is then assumed with that one.
    pub target_role_arn: ValueChange,
    /// Whether sessions are without tags.
    pub is_without_session_tags: bool,
    /// The session policy.
    pub policy: ValueChange,
}

/// The associations of EKS in one region. Every write carries a `clientRequestToken`, so that a repeated one is done once.
#[async_trait]
pub trait PodIdentityApi: Send + Sync {
    /// ListPodIdentityAssociations of a namespace, or of the whole cluster. The list names no roles.
    async fn list_pod_identity_associations(
        &self,
        cluster: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<ListedAssociation>, ApiError>;

    /// ListPodIdentityAssociations of one service account, which has one or none.
    async fn find_pod_identity_association(
        &self,
        cluster: &str,
        namespace: &str,
        service_account: &str,
    ) -> Result<Option<ListedAssociation>, ApiError>;

    /// DescribePodIdentityAssociation; `None` where it is gone.
    async fn describe_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<Option<PodIdentityAssociation>, ApiError>;

    /// CreatePodIdentityAssociation; [`ErrorKind::AlreadyExists`](super::super::error::ErrorKind) where the account has one.
    async fn create_pod_identity_association(
        &self,
        cluster: &str,
        new: &NewAssociation,
    ) -> Result<PodIdentityAssociation, ApiError>;

    /// UpdatePodIdentityAssociation: the association as it is afterwards.
    async fn update_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
        change: &AssociationChange,
    ) -> Result<PodIdentityAssociation, ApiError>;

    /// DeletePodIdentityAssociation; success for what is gone already.
    async fn delete_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<(), ApiError>;
}
