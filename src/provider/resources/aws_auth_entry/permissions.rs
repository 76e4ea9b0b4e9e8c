//! What an entry of aws-auth has to be granted, whatever its kind.

use crate::access::lockout_guard;
use crate::access::unauthorized::READ_OWN_ROLE;
use crate::aws_auth::{self, recovery};
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::Permissions;

pub(crate) const PERMISSIONS: Permissions = Permissions {
    aws: &[DESCRIBE_CLUSTER, LIST_CLUSTERS, READ_OWN_ROLE],
    kubernetes: &[
        aws_auth::READ,
        aws_auth::CHANGE,
        aws_auth::MAKE,
        recovery::COPIES,
    ],
    for_the_guard: lockout_guard::READS,
};
