//! Permissions in AWS, in the shape of a statement of an IAM policy.
//!
//! Source of the resources' ARNs: the service authorization reference of EKS and IAM.

use super::Need;

/// The account of the examples.
pub const EXAMPLE_ACCOUNT: &str = "111122223333";
/// Their region.
pub const EXAMPLE_REGION: &str = "eu-central-1";
/// Their cluster.
pub const EXAMPLE_CLUSTER: &str = "prod";

/// Actions that are needed on one resource for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwsStatement {
    /// `iam:CreateRole`.
    pub actions: &'static [&'static str],
    /// What they are done to.
    pub resource: AwsResource,
    /// Whether the object can do without.
    pub need: Need,
}

impl AwsStatement {
    /// Actions without which something is not known, and what.
    pub const fn where_granted(
        actions: &'static [&'static str],
        resource: AwsResource,
        purpose: &'static str,
    ) -> Self {
        Self {
            actions,
            resource,
            need: Need::WhereGranted { purpose },
        }
    }
}

/// What an action is granted on, by its name in the examples. `*` stands where they leave it open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsResource {
    /// The action knows no resources.
    All,
    /// A cluster.
    EksCluster {
        /// Its name.
        name: &'static str,
    },
    /// The access entries of a cluster; their ARNs end in an id that nobody chooses.
    EksAccessEntry {
        /// The cluster's name.
        cluster: &'static str,
    },
    /// The Pod Identity associations of a cluster; their ARNs end in an id that nobody chooses.
    EksPodIdentityAssociation {
        /// The cluster's name.
        cluster: &'static str,
    },
    /// The managed node groups of a cluster; their ARNs end in a name and an id that nobody chooses.
    EksNodeGroup {
        /// The cluster's name.
        cluster: &'static str,
    },
    /// The Fargate profiles of a cluster, likewise.
    EksFargateProfile {
        /// The cluster's name.
        cluster: &'static str,
    },
    /// A role.
    IamRole {
        /// Its name, with its path in front where it has one.
        name: &'static str,
    },
    /// A user.
    IamUser {
        /// Its name, with its path in front where it has one.
        name: &'static str,
    },
    /// An OIDC provider.
    IamOidcProvider {
        /// Its issuer without the scheme.
        issuer: &'static str,
    },
    /// An instance profile.
    IamInstanceProfile {
        /// Its name, with its path in front where it has one.
        name: &'static str,
    },
    /// The managed policies of the account and those of AWS.
    IamPolicies,
}

impl AwsResource {
    /// The cluster of the examples.
    pub const CLUSTER: Self = Self::EksCluster {
        name: EXAMPLE_CLUSTER,
    };
    /// The access entries of the cluster of the examples.
    pub const ACCESS_ENTRIES: Self = Self::EksAccessEntry {
        cluster: EXAMPLE_CLUSTER,
    };

    /// The Pod Identity associations of the cluster of the examples.
    pub const POD_IDENTITY_ASSOCIATIONS: Self = Self::EksPodIdentityAssociation {
        cluster: EXAMPLE_CLUSTER,
    };

    /// The managed node groups of the cluster of the examples.
    pub const NODE_GROUPS: Self = Self::EksNodeGroup {
        cluster: EXAMPLE_CLUSTER,
    };

    /// The Fargate profiles of the cluster of the examples.
    pub const FARGATE_PROFILES: Self = Self::EksFargateProfile {
        cluster: EXAMPLE_CLUSTER,
    };

    /// Its ARN, as a policy names it.
    pub fn arn(self) -> String {
        let eks = format!("arn:aws:eks:{EXAMPLE_REGION}:{EXAMPLE_ACCOUNT}");
        let iam = format!("arn:aws:iam::{EXAMPLE_ACCOUNT}");
        match self {
            Self::All => "*".to_owned(),
            Self::EksCluster { name } => format!("{eks}:cluster/{name}"),
            Self::EksAccessEntry { cluster } => format!("{eks}:access-entry/{cluster}/*"),
            Self::EksPodIdentityAssociation { cluster } => {
                format!("{eks}:podidentityassociation/{cluster}/*")
            }
            Self::EksNodeGroup { cluster } => format!("{eks}:nodegroup/{cluster}/*"),
            Self::EksFargateProfile { cluster } => format!("{eks}:fargateprofile/{cluster}/*"),
            Self::IamRole { name } => format!("{iam}:role/{name}"),
            Self::IamUser { name } => format!("{iam}:user/{name}"),
            Self::IamOidcProvider { issuer } => format!("{iam}:oidc-provider/{issuer}"),
            Self::IamInstanceProfile { name } => format!("{iam}:instance-profile/{name}"),
            Self::IamPolicies => "arn:aws:iam::*:policy/*".to_owned(),
        }
    }
}
