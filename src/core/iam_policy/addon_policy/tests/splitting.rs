//! Policies that are too large for one document.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::iam_policy::policy_document::{Element, Statement};

fn zones(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("arn:aws:route53:::hostedzone/Z{number:019}"))
        .collect()
}

fn external_dns(count: usize) -> Result<AddonPolicy, Vec<AddonPolicyError>> {
    let arguments = arguments(&json!({ "hosted_zone_arns": zones(count) }));
    AddonPolicy::build(&request("external-dns", &arguments))
}

/// Every action on every resource, under every condition, that the statements allow.
fn allowed(statements: &[Statement]) -> BTreeSet<String> {
    let values = |element: &Element<String>| match element {
        Element::Only(values) => values.clone(),
        Element::AllBut(_) => panic!("{element:?}"),
    };
    let mut allowed = BTreeSet::new();
    for statement in statements {
        for action in values(&statement.action) {
            for resource in values(statement.resource.as_ref().unwrap()) {
                allowed.insert(format!("{action} {resource} {:?}", statement.conditions));
            }
        }
    }
    allowed
}

fn all_allowed(policy: &AddonPolicy) -> BTreeSet<String> {
    let documents = policy.parsed().unwrap();
    let statements: Vec<Statement> = documents
        .into_iter()
        .flat_map(|document| document.statements)
        .collect();
    allowed(&statements)
}

#[test]
fn many_resources_are_spread_over_documents_that_say_the_same_together() {
    let policy = external_dns(400).unwrap();
    assert!(policy.documents.len() > 2, "{}", policy.documents.len());
    assert!(
        policy
            .documents
            .iter()
            .all(|document| size(document) <= MANAGED_POLICY_SIZE)
    );
    assert_eq!(policy.document(), None);
    let expected: BTreeSet<String> = zones(400)
        .iter()
        .flat_map(|zone| {
            ["ChangeResourceRecordSets", "ListResourceRecordSets"]
                .map(|action| format!("route53:{action} {zone} []"))
        })
        .chain([
            "route53:ListTagsForResource arn:aws:route53:::hostedzone/* []".to_owned(),
            "route53:ListTagsForResources arn:aws:route53:::hostedzone/* []".to_owned(),
            "route53:ListHostedZones * []".to_owned(),
        ])
        .collect();
    assert_eq!(all_allowed(&policy), expected);
}

#[test]
fn documents_are_full_before_a_new_one_begins() {
    let sizes = |count| external_dns(count).unwrap().documents.len();
    assert_eq!(sizes(1), 1);
    let largest = (1..200).take_while(|count| sizes(*count) == 1).count();
    let full = external_dns(largest).unwrap();
    assert!(size(full.document().unwrap()) > MANAGED_POLICY_SIZE - 60);
}

#[test]
fn more_than_a_role_can_hold_is_refused() {
    let errors = external_dns(5_000).unwrap_err();
    let text = errors[0].to_string();
    assert!(
        text.starts_with(
            "the policy does not fit into the managed policies that a role can have ("
        ),
        "{text}"
    );
}

#[test]
fn a_resource_that_is_given_twice_stands_once() {
    let twice = arguments(&json!({ "hosted_zone_arns": [zones(1)[0], zones(1)[0]] }));
    let once = arguments(&json!({ "hosted_zone_arns": zones(1) }));
    let built = |arguments| AddonPolicy::build(&request("external-dns", arguments)).unwrap();
    assert_eq!(built(&twice), built(&once));
}
