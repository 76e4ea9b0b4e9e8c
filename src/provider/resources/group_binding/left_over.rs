//! What an apply has made that was killed before it answered, and that the configuration may not even want any more: it is in no state and gives rights by it.
//!
//! The apply of a change notes it as that of a state, by the uid of one object that the state has (`write/unanswered.rs`). The next plan of that state, of a
//! removal too, holds it from then on. Kubernetes verbs: `list` on roles and bindings, after such a run only.

use tf_provider::resource::Private;
use tf_provider::{Attr, Context};

use super::diagnostics;
use super::notes::{APPLY, INTENDED, of_state, state_object};
use super::objects::{self, HeldObject};
use super::schema::GroupBindingModel;
use super::{about, claim_key, uid_part};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::rbac_objects::{RbacKind, RbacObject};
use crate::session::object_claim::{self, Origin};

/// The private facts with what an earlier apply of this state has left in no state.
pub(super) async fn with_left_over(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    model: &GroupBindingModel,
    private: Private,
) -> Private {
    let mut held = objects::held(&private);
    let is_unanswered = |one: &&HeldObject| {
        object_claim::was_left_just_now(cx, &state_object(&one.uid), APPLY).is_some()
    };
    let marks = held.iter().filter(is_unanswered);
    let marks: Vec<String> = marks.map(|one| one.uid.clone()).collect();
    if marks.is_empty() {
        return private;
    }
    let origin = |object: &RbacObject| -> Option<Origin> {
        let key = claim_key(model, &object.key).into_known()?;
        let left = |part: &str, mark: &String| {
            object_claim::was_left_just_now(cx, &key, &of_state(part, mark))
        };
        marks.iter().find_map(|mark| {
            let intended = || left(INTENDED, mark).filter(|_| object.is_own_alone());
            left(&uid_part(&object.uid), mark).or_else(intended)
        })
    };
    let (mut found, mut is_whole) = (Vec::new(), true);
    for kind in RbacKind::ALL {
        let is_left = |object: &RbacObject| {
            objects::find_held(&held, &object.key).is_none()
                && !object.own_fields().is_empty()
                && origin(object).is_some()
        };
        match cx.client.rbac_objects().pick(cluster, kind, is_left).await {
            Ok(left) => found.extend(left),
            Err(error) => {
                is_whole = false;
                let about = about(model, cluster);
                cx.add(diagnostics::left_over_unread(&about, kind, &error));
            }
        }
    }
    if found.is_empty() {
        if is_whole {
            // Nothing is left of it by now, so the next plan need not look.
            let states = marks.iter().map(|mark| state_object(mark));
            states.for_each(|state| object_claim::note_kept(cx, &state, APPLY, Origin::Made));
        }
        return private;
    }
    // The next plan finds it as well, where this one is not applied.
    for mark in &marks {
        object_claim::note_left(cx, &state_object(mark), APPLY, Origin::Made);
        for one in &found {
            if let (Attr::Known(key), Some(origin)) = (claim_key(model, &one.key), origin(one)) {
                let part = of_state(&uid_part(&one.uid), mark);
                object_claim::note_left(cx, &key, &part, origin);
            }
        }
    }
    let keys: Vec<_> = found.iter().map(|object| object.key.clone()).collect();
    cx.add(diagnostics::left_over(&about(model, cluster), &keys));
    held.extend(
        found
            .iter()
            .map(|object| HeldObject::new(object, origin(object) == Some(Origin::Adopted))),
    );
    objects::with_held(private, &held)
}
