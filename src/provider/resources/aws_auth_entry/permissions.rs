//! What an entry of aws-auth has to be granted, whatever its kind.

use crate::access::permissions::{GROUPS_OF_BINDINGS, GUARD_READS, READ_OWN_ROLE};
use crate::aws_auth::permissions::{CHANGE, COPIES, MAKE, READ};
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::Permissions;

pub(crate) const PERMISSIONS: Permissions = Permissions {
    aws: &[DESCRIBE_CLUSTER, LIST_CLUSTERS, READ_OWN_ROLE],
    kubernetes: &[
        READ,
        CHANGE,
        MAKE,
        COPIES,
        GROUPS_OF_BINDINGS[0],
        GROUPS_OF_BINDINGS[1],
        GROUPS_OF_BINDINGS[2],
        GROUPS_OF_BINDINGS[3],
    ],
    for_the_guard: GUARD_READS,
};
