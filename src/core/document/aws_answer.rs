//! Answers of the AWS command line: roles, OIDC providers, access entries, clusters; and others by their names.

use super::tree::{Tree, Value};
use super::{Content, Document, MOST_DOCUMENTS, Place, TrustPolicy, policy};
use crate::iam_policy::policy_document::OidcProvider;

/// The member of a role that holds its trust policy.
const TRUST: &str = "AssumeRolePolicyDocument";

/// Takes an answer; false where it is none.
pub(super) fn classify(tree: &Tree<'_>, place: &Place, documents: &mut Vec<Document>) -> bool {
    if let Some(found) = roles(tree) {
        for role in found.iter().take(MOST_DOCUMENTS) {
            documents.push(Document {
                place: Place {
                    line: role.get(TRUST).map_or(role.line, |policy| policy.line),
                    ..place.clone()
                },
                content: Content::TrustPolicy(of_role(role)),
            });
        }
        return true;
    }
    let Some(content) = single(tree) else {
        return false;
    };
    documents.push(Document {
        place: place.clone(),
        content,
    });
    true
}

/// `get-role`, `create-role`, `list-roles`, `get-account-authorization-details`, or a role out of them.
fn roles<'a, 't>(tree: &'a Tree<'t>) -> Option<Vec<&'a Tree<'t>>> {
    let has_trust = |role: &&Tree<'_>| role.get(TRUST).is_some();
    if has_trust(&tree) {
        return Some(vec![tree]);
    }
    if let Some(role) = tree.get("Role").filter(has_trust) {
        return Some(vec![role]);
    }
    let list = tree.get("Roles").or(tree.get("RoleDetailList"))?;
    let found: Vec<_> = list.items().iter().filter(has_trust).collect();
    (!found.is_empty()).then_some(found)
}

fn of_role(role: &Tree<'_>) -> TrustPolicy {
    let text = |name: &str| role.text_of(name).map(str::to_owned);
    let policy = match role.get(TRUST) {
        Some(trust) => policy::embedded(trust),
        None => policy::embedded(role),
    };
    TrustPolicy {
        role_arn: text("Arn"),
        role_name: text("RoleName"),
        ..policy
    }
}

fn single(tree: &Tree<'_>) -> Option<Content> {
    if let Some(provider) = oidc_provider(tree) {
        return Some(Content::OidcProvider(provider));
    }
    let has = |name: &str| tree.get(name).is_some();
    let is_of_entries = has("accessEntry")
        || has("accessEntries")
        || has("associatedAccessPolicies")
        || (has("principalArn") && (has("kubernetesGroups") || has("accessEntryArn")));
    if is_of_entries {
        return Some(Content::AccessEntries(tree.json()));
    }
    let other = |what: String| Some(Content::Other(what));
    let cluster = tree.get("cluster").unwrap_or(tree);
    let is_cluster = cluster
        .text_of("arn")
        .is_some_and(|arn| arn.contains(":cluster/"))
        && cluster.text_of("name").is_some();
    if is_cluster {
        let name = cluster.text_of("name").unwrap_or_default();
        return other(format!(
            "the description of the EKS cluster `{name}` (`aws eks describe-cluster`), which has no aws-auth in it; `--cluster {name}` reads that"
        ));
    }
    if has("UserId") && has("Account") && has("Arn") {
        return other("an answer of `aws sts get-caller-identity`".to_owned());
    }
    if has("OpenIDConnectProviderList") {
        return other(
            "a list of OIDC providers; give what `aws iam get-open-id-connect-provider` prints"
                .to_owned(),
        );
    }
    if has("PolicyDocument") || has("PolicyVersion") {
        return other("a policy of permissions, not a trust policy".to_owned());
    }
    if has("Role") || has("Roles") {
        return other("an answer of IAM about roles, without their trust policies".to_owned());
    }
    if has("associations") || has("association") {
        return other("an answer of EKS about Pod Identity associations".to_owned());
    }
    if has("clusters") {
        return other("a list of EKS clusters".to_owned());
    }
    if has("Resources") && (has("AWSTemplateFormatVersion") || is_template(tree)) {
        return other("a CloudFormation template".to_owned());
    }
    None
}

fn is_template(tree: &Tree<'_>) -> bool {
    let resources = tree.get("Resources").map(Tree::members).unwrap_or_default();
    resources.iter().any(|resource| {
        let kind = resource.tree.text_of("Type");
        kind.is_some_and(|kind| kind.starts_with("AWS::"))
    })
}

/// `get-open-id-connect-provider` says the URL without its scheme, and no ARN.
fn oidc_provider(tree: &Tree<'_>) -> Option<OidcProvider> {
    let ids = tree.get("ClientIDList")?;
    let client_ids = match &ids.value {
        Value::List(items) => items
            .iter()
            .filter_map(|item| Some(item.text()?.to_owned()))
            .collect(),
        _ => Vec::new(),
    };
    let arn = ["Arn", "OpenIDConnectProviderArn"]
        .into_iter()
        .find_map(|name| tree.text_of(name));
    Some(OidcProvider {
        arn: arn.unwrap_or_default().to_owned(),
        url: tree.text_of("Url")?.to_owned(),
        client_ids,
    })
}

/// A list of entries that the AWS command line printed one by one.
pub(super) fn is_entry_list(tree: &Tree<'_>) -> bool {
    let items = tree.items();
    let is_entry = |item: &Tree<'_>| {
        matches!(single(item), Some(Content::AccessEntries(_)))
            || item.text().is_some_and(|arn| arn.starts_with("arn:"))
    };
    !items.is_empty() && items.iter().all(is_entry)
}
