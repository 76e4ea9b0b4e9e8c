//! What follows from a role's ARN for the service accounts that are to get the role.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::Attr;

use super::schema::IrsaRoleModel;
use super::trust::elements;
use crate::attributes::values::to_map;

const ROLE_ARN_ANNOTATION: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE_ANNOTATION: &str = "eks.amazonaws.com/audience";
const DEFAULT_AUDIENCE: &str = "sts.amazonaws.com";

/// What a service account needs to get the role. Unknown while the ARN or an audience is.
pub(super) fn annotations(
    arn: &Attr<String>,
    model: &IrsaRoleModel,
) -> Attr<BTreeMap<String, Attr<String>>> {
    let (Some(arn), Some(elements)) = (arn.known(), elements(model)) else {
        return Attr::Unknown;
    };
    if elements.iter().any(|element| element.audience.is_unknown()) {
        return Attr::Unknown;
    }
    let audiences: BTreeSet<&str> = elements
        .iter()
        .map(|element| {
            element
                .audience
                .known()
                .map_or(DEFAULT_AUDIENCE, String::as_str)
        })
        .collect();
    let mut annotations = BTreeMap::from([(ROLE_ARN_ANNOTATION.to_owned(), arn.clone())]);
    if let (Some(audience), 1) = (audiences.first(), audiences.len())
        && *audience != DEFAULT_AUDIENCE
    {
        annotations.insert(AUDIENCE_ANNOTATION.to_owned(), (*audience).to_owned());
    }
    to_map(annotations)
}
