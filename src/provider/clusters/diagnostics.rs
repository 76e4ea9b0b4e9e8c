//! What is said of a cluster that is not named, not there, not ready, or another one than before.

use std::time::Duration;

use tf_provider::{AttributePath, Cause, Diagnostic};

use super::{ClusterRef, FoundCluster, Remembered};
use crate::diagnostics::shared_cause;
use crate::ports::Surface;

/// A cause that every object of the cluster meets.
fn of_cluster(reference: &ClusterRef, name: &str) -> Cause {
    Cause {
        key: format!("{name} {reference}"),
        name: name.to_owned(),
        about: reference.to_string(),
    }
}

const MISSING: &str = "There is no such cluster";

/// The provider block names another cluster than an object is in that names none. Said once for each pair.
pub(super) fn default_without_effect(default: &str, stays: &str) -> Diagnostic {
    Diagnostic::warning(
        "Default Cluster Without Effect",
        format!(
            "The provider block says `cluster_name = \"{default}\"`, and this object, whose block names no cluster, is in `{stays}` and stays there: the \
             provider's `cluster_name` is for new objects, and never moves what exists. Write `cluster_name = \"{stays}\"` in the object's block to leave it \
             there and be told no more, or `cluster_name = \"{default}\"` to move it."
        ),
    )
    .caused_by(Cause {
        key: format!("default {default} instead of {stays}"),
        name: "The provider's `cluster_name` moves nothing".to_owned(),
        about: format!("cluster `{stays}`"),
    })
    .at(AttributePath::attribute("cluster_name"))
}

pub(super) fn no_cluster_name() -> Diagnostic {
    Diagnostic::error(
        "Missing Cluster Name",
        "Neither this object nor the provider block names a cluster. Set `cluster_name` here, or once for all objects in \
         `provider \"eksauth\" { cluster_name = \"…\" }`.",
    )
    .at(AttributePath::attribute("cluster_name"))
}

pub(super) fn no_region(name: &str, surface: Surface) -> Diagnostic {
    let remedy = surface.choose(
        "Set `region` here or in the provider block, or have AWS_REGION or the profile's `region` say it.",
        "Give --region, or have AWS_REGION or the profile's `region` say it.",
    );
    Diagnostic::error(
        "Missing Region",
        format!("The region of cluster `{name}` is not known. {remedy}"),
    )
    .at(AttributePath::attribute("region"))
}

pub(super) fn region_is_not_that_of_arn(arn: &str, region: &str) -> Diagnostic {
    Diagnostic::error(
        "Region Contradicts ARN",
        format!("`{arn}` is in another region than `{region}`, which `region` says. Leave `region` out, or name the cluster by its name."),
    )
    .at(AttributePath::attribute("region"))
}

/// A cluster that cannot be reached yet.
pub(super) fn no_endpoint_yet(reference: &ClusterRef) -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Ready",
        format!(
            "{reference} has no endpoint or no certificate authority yet: it is still being created. Ask again once it is active."
        ),
    )
}

/// An import whose identity names one account and whose credentials find the cluster in another.
pub(super) fn in_another_account(named: &str, found: &FoundCluster) -> Diagnostic {
    Diagnostic::error(
        "Cluster In Another Account",
        format!(
            "The import names a cluster of account `{named}`, and these credentials find `{}`. Import with credentials of account \
             `{named}`, or correct the account: `account_id` in the identity, or the ARN in the import id.",
            found.cluster.arn
        ),
    )
}

pub(super) fn other_region(reference: &ClusterRef, remembered: &str) -> Diagnostic {
    let ClusterRef { name, region } = reference;
    Diagnostic::error(
        "Another Region",
        format!(
            "The state was made for cluster `{name}` in region `{remembered}`, but this run works in region `{region}`. The state was left \
             as it is. Run with the region of the state, or tell the provider where this cluster is: \
             `clusters = {{ \"{name}\" = {{ region = \"{remembered}\" }} }}`."
        ),
    )
    .caused_by(of_cluster(reference, "The state was made in another region"))
    .at(AttributePath::attribute("region"))
}

pub(super) fn other_account(reference: &ClusterRef, remembered: &str, account: &str) -> Diagnostic {
    Diagnostic::error(
        "Another Account",
        format!(
            "The state was made for cluster `{}` in account `{remembered}`, but the credentials of this run belong to account `{account}`. \
             The state was left as it is. Run with credentials of account `{remembered}`; `allowed_account_ids` in the provider block \
             catches this earlier.",
            reference.name
        ),
    )
    .caused_by(shared_cause::other_account(
        &reference.to_string(),
        remembered,
        account,
    ))
}

pub(super) fn replaced(remembered: &Remembered, cluster: &FoundCluster) -> Diagnostic {
    Diagnostic::error(
        "Cluster Was Replaced",
        format!(
            "The plan was made for a cluster `{}` with the issuer `{}`; now another cluster has that name, with the issuer `{}`. Nothing was \
             changed. Plan again. To have the plan itself see that the cluster will be replaced, pass its id \
             (`cluster_name = aws_eks_cluster.this.id`), which is unknown until the new cluster is there.",
            cluster.reference.name,
            remembered.cluster_issuer.known().map_or("", String::as_str),
            cluster.issuer().unwrap_or_default(),
        ),
    )
    .at(AttributePath::attribute("cluster_name"))
}

pub(super) fn not_there(reference: &ClusterRef, text: &str, waited: Duration) -> Diagnostic {
    let detail = format!(
        "{text} The provider waited {} s for it. Correct `cluster_name` or `region`, or let the cluster be made first by referring to it: \
         `cluster_name = aws_eks_cluster.this.id`.",
        waited.as_secs()
    );
    Diagnostic::error("Cluster Not Found", detail)
        .caused_by(of_cluster(reference, MISSING))
        .at(AttributePath::attribute("cluster_name"))
}

pub(super) fn cancelled(reference: &ClusterRef) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The wait for {} was cancelled. Nothing was changed.",
            reference
        ),
    )
}

pub(super) fn unknown_at_apply() -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Known",
        "The cluster's name or the provider block is not known yet, so nothing can be done in it. If the provider block takes values from \
         resources, apply those first (`terraform apply -target=…`).",
    )
}

/// A cluster that nothing can be done in any more.
pub(super) fn failed(reference: &ClusterRef) -> Diagnostic {
    Diagnostic::error(
        "Cluster Failed",
        format!("{reference} is in state FAILED, so nothing can be done in it."),
    )
    .caused_by(of_cluster(reference, "The cluster has failed"))
    .at(AttributePath::attribute("cluster_name"))
}

/// A cluster that is being deleted.
pub(super) fn being_deleted(reference: &ClusterRef) -> Diagnostic {
    Diagnostic::error(
        "Cluster Is Being Deleted",
        format!("{reference} is being deleted. Apply again once the new one is there."),
    )
    .caused_by(of_cluster(reference, "The cluster is being deleted"))
    .at(AttributePath::attribute("cluster_name"))
}

/// A cluster that was waited for as long as the resource allows.
pub(super) fn not_ready_in_time(cluster: &FoundCluster, waited: Duration) -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Ready In Time",
        format!(
            "{} was still {} after {} s. Raise the timeout of this resource (`timeouts`) or apply again.",
            cluster.reference,
            cluster.cluster.status.as_str(),
            waited.as_secs()
        ),
    )
    .caused_by(of_cluster(&cluster.reference, "The cluster is not ready"))
    .at(AttributePath::attribute("cluster_name"))
}

/// The mode has no access entries, and nobody is changing it.
pub(super) fn takes_no_entries(cluster: &FoundCluster) -> Diagnostic {
    Diagnostic::error(
        "Cluster Takes No Access Entries",
        format!(
            "The authentication mode of {} is CONFIG_MAP, in which EKS takes no access entries, and no update of it is under way. Nothing was changed. Raise the mode to              API_AND_CONFIG_MAP first, which cannot be undone, and let this resource depend on that.",
            cluster.reference
        ),
    )
    .caused_by(of_cluster(
        &cluster.reference,
        "The cluster takes no access entries",
    ))
    .at(AttributePath::attribute("cluster_name"))
}

/// A plan without the cluster: said once for all that are to be in it. `text` says who looked where.
pub(super) fn missing_at_plan(reference: &ClusterRef, text: &str) -> Diagnostic {
    let detail = format!(
        "{text} Nothing that depends on it was checked at plan. If this apply makes it, write `cluster_name = aws_eks_cluster.this.id` or add \
         `depends_on`, so that Terraform makes it first. Otherwise apply waits 2 minutes for it to be there, and then fails."
    );
    Diagnostic::warning("Cluster Not Found", detail)
        .caused_by(of_cluster(reference, MISSING))
        .at(AttributePath::attribute("cluster_name"))
}

/// A refresh without the cluster of objects that are in the state: they leave it. Said once for all of them, and the plan after it says no more.
pub(super) fn missing_at_read(reference: &ClusterRef, text: &str) -> Diagnostic {
    let detail = format!(
        "{text} What the state has in it is taken to be gone with it, and leaves the state with this run, also with `apply -refresh-only`. If the cluster is there all the \
         same, do not apply: check the account and the region that are named here, correct credentials, `region` or `cluster_name`, and run again; the state keeps its \
         objects until an apply. If this configuration makes the cluster again, that is expected: nothing that depends on it was checked at plan, and apply waits 2 minutes for it."
    );
    Diagnostic::warning("Cluster Not Found", detail)
        .caused_by(of_cluster(reference, MISSING))
        .at(AttributePath::attribute("cluster_name"))
}

/// An import without the cluster.
pub(super) fn not_found_at_import(reference: &ClusterRef, text: &str) -> Diagnostic {
    let detail = format!("{text} An import id begins with the cluster's name.");
    Diagnostic::error("Cluster Not Found", detail).caused_by(of_cluster(reference, MISSING))
}

/// A question about a cluster that is not there. `text` says who looked where.
pub(super) fn not_found(reference: &ClusterRef, text: &str) -> Diagnostic {
    Diagnostic::error("Cluster Not Found", text)
        .caused_by(of_cluster(reference, MISSING))
        .at(AttributePath::attribute("cluster_name"))
}

/// A read without the cluster.
pub(super) fn not_found_now(reference: &ClusterRef, text: &str) -> Diagnostic {
    let detail = format!(
        "{text} A data source waits for no cluster. Correct `cluster_name` or `region`, or let it be read once the cluster is there: \
         `cluster_name = aws_eks_cluster.this.id`."
    );
    Diagnostic::error("Cluster Not Found", detail)
        .caused_by(of_cluster(reference, MISSING))
        .at(AttributePath::attribute("cluster_name"))
}
