//! What finding a cluster takes.

use crate::permissions::{AwsResource, AwsStatement, Need, Step};

/// The cluster itself.
pub(crate) const DESCRIBE_CLUSTER: AwsStatement = AwsStatement {
    actions: &["eks:DescribeCluster"],
    resource: AwsResource::CLUSTER,
    need: Need::Required { step: Step::Plan },
};

/// The same for an object that can do without a cluster.
pub(crate) const DESCRIBE_NAMED_CLUSTER: AwsStatement = AwsStatement {
    need: Need::RequiredFor {
        step: Step::Plan,
        what: "an issuer that is looked up by `cluster_name`",
    },
    ..DESCRIBE_CLUSTER
};

/// What telling the nearest name takes.
pub(crate) const LIST_CLUSTERS: AwsStatement = AwsStatement {
    actions: &["eks:ListClusters"],
    resource: AwsResource::All,
    need: Need::WhereGranted {
        purpose: "where there is no cluster of the name, the message tells the nearest name there is",
    },
};
