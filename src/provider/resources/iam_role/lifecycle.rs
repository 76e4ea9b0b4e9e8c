//! What becomes of a role at each call, for the model of whichever resource manages it.

use tf_provider::resource::{Failed, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::flatten::{flatten, wanted_inline_policies, with_all_policies};
use super::lookup::find;
use super::moved::Missing;
use super::{
    ManagedRole, RoleIdentity, RoleModel, about, diagnostics, import_detaches, node_policy,
    removal, write,
};
use crate::attributes::import_id::ImportId;
use crate::attributes::move_source::MOVED;
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state::Lookup;
use crate::ports::iam::{InlinePolicies, RoleDetails};
use crate::session::object_claim;

/// Makes the role of a plan, with all that hangs on it.
pub(crate) async fn create<M: RoleModel>(
    cx: &Context<Client>,
    planned: M,
) -> Result<State<M>, Failed<M>> {
    let role = planned.role();
    let arn = role.arn.clone();
    let made = write::create(cx, role).await;
    if made.is_err() {
        object_claim::note_failed(cx, &arn);
    }
    within(made, |role| planned.with_role(role))
}

/// Changes the role in place.
pub(crate) async fn update<M: RoleModel>(
    cx: &Context<Client>,
    prior: M,
    planned: M,
) -> Result<State<M>, Failed<M>> {
    let changed = write::update(cx, prior.role(), planned.role()).await;
    // The trust policy is changed first: where that could not be done, the prior attributes still say who is trusted.
    within(changed, |role| {
        match role.assume_role_policy == planned.role().assume_role_policy {
            true => planned.with_role(role),
            false => prior.with_role(role),
        }
    })
}

fn within<M>(
    outcome: Result<State<ManagedRole>, Failed<ManagedRole>>,
    model: impl FnOnce(ManagedRole) -> M,
) -> Result<State<M>, Failed<M>> {
    let state = |state: State<ManagedRole>| State {
        model: model(state.model),
        private: state.private,
    };
    match outcome {
        Ok(made) => Ok(state(made)),
        Err(failed) => Err(Failed {
            state: failed.state.map(state),
            diagnostics: failed.diagnostics,
        }),
    }
}

/// The state of the role as it is now; `None` where it is gone.
pub(crate) async fn read<M: RoleModel>(
    cx: &Context<Client>,
    state: State<M>,
) -> Result<Option<State<M>>, Diagnostics> {
    if cx.client.cloud().is_none() {
        cx.add(api_failure::kept_unread("role"));
        return Ok(Some(state));
    }
    let role = state.model.role();
    let Some(name) = role.name.known() else {
        return Ok(Some(state));
    };
    if let Some(arn) = role.arn.known() {
        cx.client.account_objects().note_in_state(arn);
    }
    let moved = Missing::of_moved(&state.private);
    let wanted = match moved.is_some_and(Missing::needs_inline_policies) {
        true => InlinePolicies::Read,
        false => wanted_inline_policies(&role),
    };
    Ok(match find(cx, name, wanted, &role.arn).await? {
        Lookup::Found(live) => {
            let node_policies = node_policy::read(cx, &role).await?;
            let role = ManagedRole {
                node_policies,
                ..role
            };
            let model = state.model.with_role(role);
            Some(as_read(cx, live, State { model, ..state }, moved))
        }
        Lookup::Gone => None,
        Lookup::Unread => Some(state),
    })
}

/// The state of a role that is there. One that was moved gets what its state did not say.
fn as_read<M: RoleModel>(
    cx: &Context<Client>,
    live: RoleDetails,
    state: State<M>,
    moved: Option<Missing>,
) -> State<M> {
    let State { model, mut private } = state;
    let role = match moved {
        Some(missing) => {
            private.entries.remove(MOVED);
            import_detaches::note(&mut private);
            missing.filled(model.role(), &live)
        }
        None => model.role(),
    };
    State {
        model: model.with_role(flatten(cx.client.settings(), live, role)),
        private,
    }
}

/// Deletes the role, unless another address holds it now or it was there before.
pub(crate) async fn delete<M: RoleModel>(
    cx: &Context<Client>,
    state: State<M>,
) -> Result<(), Diagnostics> {
    let role = state.model.role();
    match role.arn.known() {
        Some(arn) if object_claim::is_followed(cx, &state.private, arn) => {
            node_policy::warn_if_they_stay(cx, &role);
            cx.client.check_account(arn).await
        }
        Some(arn) if role.adopted == Attr::Known(true) => {
            cx.add(diagnostics::adopted_stays(arn));
            node_policy::warn_if_they_stay(cx, &role);
            Ok(())
        }
        _ => {
            removal::delete(cx, &role).await?;
            node_policy::delete(cx, &role).await
        }
    }
}

/// The state of a role by its name or ARN, as if all that it has had been configured.
pub(crate) async fn import<M: RoleModel>(
    cx: &Context<Client>,
    id: &str,
) -> Result<State<M>, Diagnostics> {
    // IAM has no regions, so one at the end of the id says nothing; but a name may look as if it had one.
    let without_region = ImportId::parse(id).object;
    if !is_role_arn(id) && id.contains('/') {
        return Err(diagnostics::nothing_to_import(id).into());
    }
    let mut found = find(cx, name_of(id), InlinePolicies::Read, &Attr::Null).await?;
    if found == Lookup::Gone && without_region != id {
        let name = name_of(without_region);
        found = find(cx, name, InlinePolicies::Read, &Attr::Null).await?;
    }
    let live = match found {
        // The name is the caller's account's, the ARN may be another's.
        Lookup::Found(live)
            if is_role_arn(id) && ![id, without_region].contains(&live.role.arn.as_str()) =>
        {
            return Err(diagnostics::nothing_to_import(id).into());
        }
        Lookup::Found(live) => live,
        Lookup::Gone => return Err(diagnostics::nothing_to_import(id).into()),
        Lookup::Unread => return Err(api_failure::unread_import(&about(id)).into()),
    };
    if live.role.path.starts_with("/aws-service-role/") {
        return Err(diagnostics::not_ours_to_import(&live.role.arn).into());
    }
    let trust_policy = live.role.assume_role_policy.clone();
    let model = M::from_trust_policy(&trust_policy);
    let role = ManagedRole {
        assume_role_policy: Attr::Known(trust_policy),
        ..with_all_policies(&live, model.role())
    };
    let mut state = State::from(model.with_role(flatten(cx.client.settings(), live, role)));
    import_detaches::note(&mut state.private);
    Ok(state)
}

/// The same by an identity, whose account has to be the role's.
pub(crate) async fn import_identity<M: RoleModel>(
    cx: &Context<Client>,
    identity: RoleIdentity,
) -> Result<State<M>, Diagnostics> {
    let name = identity.name.known().map_or("", String::as_str);
    let state: State<M> = import(cx, name).await?;
    identity.check_account(&state.model.role())?;
    Ok(state)
}

fn is_role_arn(id: &str) -> bool {
    id.starts_with("arn:") && id.contains(":role/")
}

/// The role's name in an import id, which is that or the role's ARN.
fn name_of(id: &str) -> &str {
    match id.rsplit_once('/') {
        Some((_, name)) if is_role_arn(id) => name,
        _ => id,
    }
}
