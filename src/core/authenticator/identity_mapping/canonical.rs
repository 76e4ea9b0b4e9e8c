//! The reference's canonical ARN, with all its leniency.

use crate::principal::partition::Partition;

/// The reference's canonical form with all its leniency: account, region and names are not looked at. `None` where it refuses.
///
/// The judge of tokens uses the stricter [`crate::principal::arn::canonical_caller_arn`]; mappings follow the reference.
pub(super) fn lenient_canonical_arn(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [prefix, partition, service, _region, account, resource] = parts.as_slice() else {
        return None;
    };
    if *prefix != "arn" || Partition::parse(partition).is_err() {
        return None;
    }
    let segments: Vec<&str> = resource.split('/').collect();
    match (*service, segments.as_slice()) {
        ("sts", ["assumed-role", role @ .., _session]) if !role.is_empty() => Some(format!(
            "arn:{partition}:iam::{account}:role/{}",
            role.join("/")
        )),
        ("sts", ["federated-user", ..]) | ("iam", ["role" | "user" | "root", ..]) => {
            Some(arn.to_owned())
        }
        _ => None,
    }
}
