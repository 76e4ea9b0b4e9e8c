//! Audiences that tokens can have, and what is wrong with a text that no token has as its audience.
//!
//! The webhook writes `sts.amazonaws.com` in every partition; an annotation can name any other text. A text that is almost the default, or
//! that names something else of AWS, is a mistake and no audience. Source: amazon-eks-pod-identity-webhook (README), EKS user guide.

use super::super::condition::{Comparison, Operator};
use super::super::document::PolicyDocument;
use crate::principal::partition::Partition;

/// Letters by which a misspelt default differs at most.
const MOST_TYPING_ERRORS: usize = 4;

/// Why no token has a text as its audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum AudienceFault {
    Empty,
    /// It is the subject of a service account, or the beginning of one.
    Subject,
    /// China's audience where the partition is another one.
    OtherPartition,
    /// It is the default but for letters, case, white space, scheme or region.
    Misspelt,
    /// The audience of EKS Pod Identity, whose tokens STS does not take.
    PodIdentity,
}

/// What is wrong with an audience. `partition` is the provider's.
pub(in super::super) fn fault(audience: &str, partition: Partition) -> Option<AudienceFault> {
    let default = partition.default_audience();
    if audience == default || Some(audience) == partition.alternative_audience() {
        return None;
    }
    let plain = audience.trim().to_ascii_lowercase();
    if plain.is_empty() {
        return Some(AudienceFault::Empty);
    }
    if plain.starts_with("system:serviceaccount") {
        return Some(AudienceFault::Subject);
    }
    if plain == "pods.eks.amazonaws.com" {
        return Some(AudienceFault::PodIdentity);
    }
    if Some(audience) == Partition::AwsCn.alternative_audience() {
        return Some(AudienceFault::OtherPartition);
    }
    let host = plain
        .split_once("://")
        .map_or(plain.as_str(), |(_, rest)| rest)
        .trim_end_matches(['/', '.']);
    let is_near = |meant: &str| strsim::osa_distance(host, meant) <= MOST_TYPING_ERRORS;
    let is_of_sts = host.starts_with("sts.") && host.contains("amazon");
    let is_misspelt = is_of_sts
        || is_near(default)
        || Partition::AwsCn.alternative_audience().is_some_and(is_near);
    is_misspelt.then_some(AudienceFault::Misspelt)
}

/// Audiences of tokens, where it is not known which ones the provider takes: the default, those the policy speaks of, and another one.
pub(super) fn possible(document: &PolicyDocument, partition: Partition) -> Vec<String> {
    let mut audiences = vec![partition.default_audience().to_owned()];
    audiences.extend(partition.alternative_audience().map(str::to_owned));
    let conditions = document
        .statements
        .iter()
        .flat_map(|statement| &statement.conditions);
    for condition in conditions.filter(|condition| is_audience(&condition.key)) {
        let has_wildcards = Operator::parse(&condition.operator)
            .is_some_and(|operator| operator.comparison == Comparison::Like);
        for value in &condition.values {
            let audience = match has_wildcards {
                true => value.replace(['*', '?'], "x"),
                false => value.clone(),
            };
            if fault(&audience, partition).is_none() && !audiences.contains(&audience) {
                audiences.push(audience);
            }
        }
    }
    audiences.push("another-audience".to_owned());
    audiences
}

fn is_audience(key: &str) -> bool {
    key.rsplit_once(':')
        .is_some_and(|(_, claim)| claim.eq_ignore_ascii_case("aud"))
}
