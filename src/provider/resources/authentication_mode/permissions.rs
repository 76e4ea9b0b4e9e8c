//! What `eksauth_authentication_mode` has to be granted.

use super::AuthenticationModeResource;
use crate::access::permissions::{GUARD_READS, list_entries, read_entries};
use crate::aws_auth;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, KubernetesRule, Need, Permissions, Step,
};

const MANAGED: Need = Need::WhereGranted {
    purpose: "a plan of the first step names the roles of managed nodes for which EKS makes access entries, and the lock-out guard counts these",
};

/// The guard lets nobody go on a guess where nothing takes the step back.
const TO_API: Need = Need::RefusedWithout {
    change: "the step to `API`",
    purpose: "the lock-out guard knows whom only aws-auth lets in",
};

impl DeclaresPermissions for AuthenticationModeResource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["eks:UpdateClusterConfig", "eks:DescribeUpdate"],
                resource: AwsResource::CLUSTER,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "a step of the mode",
                },
            },
            AwsStatement {
                need: TO_API,
                ..list_entries("")
            },
            AwsStatement {
                need: TO_API,
                ..read_entries("")
            },
            AwsStatement {
                actions: &["eks:ListNodegroups", "eks:ListFargateProfiles"],
                resource: AwsResource::CLUSTER,
                need: MANAGED,
            },
            AwsStatement {
                actions: &["eks:DescribeNodegroup"],
                resource: AwsResource::NODE_GROUPS,
                need: MANAGED,
            },
            AwsStatement {
                actions: &["eks:DescribeFargateProfile"],
                resource: AwsResource::FARGATE_PROFILES,
                need: MANAGED,
            },
        ],
        kubernetes: &[KubernetesRule {
            need: TO_API,
            ..aws_auth::permissions::READ
        }],
        for_the_guard: GUARD_READS,
    };
}
