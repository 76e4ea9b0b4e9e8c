//! What is said of a cluster's authentication mode.

use tf_provider::{Attr, AttributePath, Diagnostic};

use super::schema::AuthenticationModeModel;
use crate::access::cluster_access::unreadable;
use crate::clusters::FoundCluster;
use crate::diagnostics::api_failure;
use crate::ports::ApiError;
use crate::ports::authentication_mode::{ClusterUpdate, ManagedRole};
use crate::ports::eks::AuthenticationMode;

/// A mode that EKS does not go back to.
pub(super) fn step_back(
    cluster: &FoundCluster,
    now: AuthenticationMode,
    wanted: AuthenticationMode,
) -> Diagnostic {
    Diagnostic::error(
        "Authentication Mode Cannot Go Back",
        format!(
            "{} is in mode {now}, and EKS has no way back to {wanted}. Nothing was changed. If the mode was raised outside this configuration, write what is true: \
             `authentication_mode = \"{now}\"`. Another mode takes another cluster.",
            cluster.reference,
            now = now.id(),
            wanted = wanted.id(),
        ),
    )
    .at(AttributePath::attribute("authentication_mode"))
}

/// Two steps at once, which EKS refuses, too.
pub(super) fn two_steps(cluster: &FoundCluster) -> Diagnostic {
    Diagnostic::error(
        "Authentication Mode Takes Two Steps",
        format!(
            "{} is in mode CONFIG_MAP, and EKS goes to API only by API_AND_CONFIG_MAP: whoever is only in aws-auth needs an access entry between the two. Nothing was changed. \
             Write `authentication_mode = \"API_AND_CONFIG_MAP\"` and apply; make the access entries and see that everybody gets in; then write `authentication_mode = \"API\"`.",
            cluster.reference
        ),
    )
    .at(AttributePath::attribute("authentication_mode"))
}

/// What EKS makes by itself with the first step, which no plan shows.
pub(super) fn entries_of_eks(
    cluster: &FoundCluster,
    wanted: AuthenticationMode,
    managed: &Result<Vec<ManagedRole>, ApiError>,
) -> Diagnostic {
    let nodes = match managed {
        Ok(roles) if roles.is_empty() => {
            "It has no managed node groups and no Fargate profiles, whose roles would get entries, too.".to_owned()
        }
        Ok(roles) => {
            let named = roles
                .iter()
                .map(|role| format!("  {} ({})", role.role_arn, role.entry_type));
            format!(
                "The roles of its managed node groups and Fargate profiles get entries, too; leave these to EKS, which removes them with the last group or profile:\n{}",
                named.collect::<Vec<_>>().join("\n")
            )
        }
        Err(error) => {
            let unread = unreadable("which these are", error);
            format!("The roles of its managed node groups and Fargate profiles get entries, too; {unread}.")
        }
    };
    Diagnostic::warning(
        "EKS Makes Access Entries",
        format!(
            "With the step of cluster `{}` from CONFIG_MAP to {}, EKS itself makes access entries that no plan shows. Whoever made the cluster gets one with \
             AmazonEKSClusterAdminPolicy; no API says who that is, and its hidden access ends where that entry is removed. {nodes}",
            cluster.reference.name,
            wanted.id(),
        ),
    )
}

/// `refuses`: one of them is to be made.
pub(super) fn two_resources(planned: &AuthenticationModeModel, refuses: bool) -> Diagnostic {
    let cluster = planned.cluster_name.known().map_or("", String::as_str);
    let text = format!(
        "Two `eksauth_authentication_mode` of this configuration are for cluster `{cluster}`, which has one mode. Keep one of them and remove the other: destroy leaves the mode as it is."
    );
    let title = "Two Resources For One Authentication Mode";
    match refuses {
        true => Diagnostic::error(title, text).at(AttributePath::attribute("cluster_name")),
        false => Diagnostic::warning(title, text),
    }
}

pub(super) fn mode_stays(model: &AuthenticationModeModel) -> Diagnostic {
    let known = |attribute: &Attr<String>| attribute.known().cloned().unwrap_or_default();
    Diagnostic::warning(
        "Authentication Mode Stays",
        format!(
            "Cluster `{}` stays in mode {}: EKS has no way back, so the resource only leaves the state.",
            known(&model.cluster_name),
            known(&model.authentication_mode),
        ),
    )
}

pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` names no cluster. The import id is the cluster's name, `prod` or `prod@eu-central-1`, or its ARN."
        ),
    )
}

pub(super) fn failed(cluster: &FoundCluster, error: &ApiError) -> Diagnostic {
    api_failure::failed(
        "Cannot Change Authentication Mode",
        &cluster.reference.to_string(),
        error,
    )
}

pub(super) fn update_failed(cluster: &FoundCluster, update: &ClusterUpdate) -> Diagnostic {
    let reasons = match update.errors.is_empty() {
        true => "it does not say why".to_owned(),
        false => update.errors.join("; "),
    };
    Diagnostic::error(
        "Cannot Change Authentication Mode",
        format!(
            "EKS began the update `{}` of cluster `{}` and did not end it well: {reasons}. The mode is what it was. Apply again once the cause is gone.",
            update.id, cluster.reference.name
        ),
    )
}

/// The update goes on without anybody who waits.
fn goes_on(update: Option<&str>) -> String {
    match update {
        Some(id) => format!("The update `{id}` goes on: EKS does not take it back."),
        None => "Another update of the cluster was under way.".to_owned(),
    }
}

pub(super) fn not_in_time(
    cluster: &FoundCluster,
    wanted: AuthenticationMode,
    update: Option<&str>,
) -> Diagnostic {
    Diagnostic::error(
        "Authentication Mode Not Changed In Time",
        format!(
            "{} was not in mode {} within the timeout. {} Raise the timeout of this resource (`timeouts`) or apply again: what is done already is found.",
            cluster.reference,
            wanted.id(),
            goes_on(update)
        ),
    )
}

pub(super) fn cancelled(
    cluster: &FoundCluster,
    wanted: AuthenticationMode,
    update: Option<&str>,
) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The wait for cluster `{}` in mode {} was cancelled. {} Plan again to see the mode.",
            cluster.reference.name,
            wanted.id(),
            goes_on(update)
        ),
    )
}

pub(super) fn gone(cluster: &FoundCluster) -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Found",
        format!(
            "{} was deleted while its authentication mode was being changed.",
            cluster.reference
        ),
    )
}

/// What whoever acts had before the step and has not after it.
pub(super) fn lost(
    cluster: &FoundCluster,
    mode: AuthenticationMode,
    lost: &[String],
) -> Diagnostic {
    let name = &cluster.reference.name;
    Diagnostic::error(
        "This Step Of The Mode Locked You Out",
        format!(
            "{} is in mode {} now, and whoever runs this step has lost with it: {}. The guard did not foresee that, and the mode cannot go back. The way in is open through EKS, \
             which needs no access to the cluster: `aws eks create-access-entry --cluster-name {name} --principal-arn ARN` and `aws eks associate-access-policy --cluster-name {name} \
             --principal-arn ARN --policy-arn arn:{}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy --access-scope type=cluster`, with the ARN of your role, its path included.",
            cluster.reference,
            mode.id(),
            lost.join(", "),
            cluster.partition,
        ),
    )
}
