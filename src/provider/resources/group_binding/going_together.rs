//! Bindings that go in one apply, judged together before the first of them goes: each may be let pass by the other.
//!
//! Which they are the notes of the plan say. A role of a resource's own stands for its bindings, which give nothing without it. Kubernetes verbs: `list` on the four
//! kinds, and only where a binding goes that gives power and others go with it.

use std::collections::BTreeSet;

use eksauth_core::aws_auth;
use tf_provider::resource::State;
use tf_provider::{Diagnostic, Diagnostics};

use super::claim_key;
use super::guarded::Intended;
use super::removal::Removal;
use super::schema::GroupBindingModel;
use super::teardown;
use crate::ports::rbac_objects::{RbacKey, RbacKind, RbacObject};

/// The objects of other resources that the plan of a removal removes, as they are. What may not be listed is not among them.
pub(super) async fn others(
    removal: &Removal<'_>,
    state: &State<GroupBindingModel>,
    own: &[Intended],
) -> Vec<Intended> {
    let Some((group, object)) = teardown::named(&state.model) else {
        return Vec::new();
    };
    let (claims, facts) = (&removal.cx.claims, &state.private.entries);
    let is_alone = claims
        .going(facts, &group, &object)
        .is_none_or(|going| going.all.len() <= 1);
    if is_alone {
        return Vec::new();
    }
    let own: BTreeSet<&RbacKey> = own.iter().map(|one| &one.key).collect();
    let goes = |object: &RbacObject| {
        let counts = object.key.namespace.is_empty() || object.key.namespace == aws_auth::NAMESPACE;
        let name = claim_key(&state.model, &object.key).into_known();
        let is_going = |name: String| claims.going(facts, &group, &name).is_some();
        counts && !own.contains(&object.key) && object.is_own_alone() && name.is_some_and(is_going)
    };
    let mut others = Vec::new();
    for kind in RbacKind::ALL {
        let listed = removal.kube.rbac_objects(kind).await.unwrap_or_default();
        others.extend(listed.into_iter().filter(goes).map(|object| Intended {
            key: object.key.clone(),
            before: Some(object),
            after: None,
        }));
    }
    others
}

/// A refusal of what several do together.
pub(super) fn refused(reasons: &Diagnostics, others: &[Intended]) -> Diagnostics {
    let named: Vec<String> = others.iter().map(|one| one.key.to_string()).collect();
    let mut told = Diagnostics::new();
    for reason in reasons.iter() {
        told.push(Diagnostic {
            detail: format!(
                "{}\nBy itself it would be let pass. The same apply removes this too: {}.",
                reason.detail,
                named.join(", ")
            ),
            ..reason.clone()
        });
    }
    told
}
