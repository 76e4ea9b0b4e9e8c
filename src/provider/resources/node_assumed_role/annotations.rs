//! What a pod is annotated with to get the role.

use std::collections::BTreeMap;

use eksauth_core::legacy_pod_role::{kiam, kube2iam};
use tf_provider::Attr;

use super::schema::NodeAssumedRoleModel;
use crate::attributes::values::to_map;

const ROLE: &str = "iam.amazonaws.com/role";
const EXTERNAL_ID: &str = "iam.amazonaws.com/external-id";

/// The annotations; unknown while the role's ARN or what they depend on is.
pub(super) fn annotations(
    arn: &Attr<String>,
    model: &NodeAssumedRoleModel,
) -> Attr<BTreeMap<String, Attr<String>>> {
    let is_unknown = model.base_arn.is_unknown() || model.external_id.is_unknown();
    let (Some(arn), false) = (arn.known(), is_unknown) else {
        return Attr::Unknown;
    };
    let role = role_annotation(arn, model.base_arn.known());
    let role = [(ROLE.to_owned(), role)].into_iter();
    let external_id = model.external_id.known().cloned();
    to_map(role.chain(external_id.map(|id| (EXTERNAL_ID.to_owned(), id))))
}

/// What stands for the role behind a base ARN, where kube2iam and kiam both make the role's ARN of the two again; else the ARN, which both take as it is.
fn role_annotation(arn: &str, base_arn: Option<&String>) -> String {
    let short = base_arn.and_then(|base| Some((base, arn.strip_prefix(base.as_str())?)));
    match short {
        Some((base, rest)) if is_read_as(arn, base, rest) => rest.to_owned(),
        _ => arn.to_owned(),
    }
}

fn is_read_as(arn: &str, base: &str, annotation: &str) -> bool {
    let kube2iam = kube2iam::Kube2iam {
        base_arn: base.to_owned(),
        default_role: String::new(),
        restriction: kube2iam::NamespaceRestriction::Off,
    };
    !annotation.is_empty()
        && kube2iam.role_arn(annotation) == arn
        && kiam::resolve(base, annotation).is_ok_and(|role| role.arn == arn)
}
