//! A role that is there already when it is to be made: one that another address gives up, one that an earlier apply left unfinished, one to adopt,
//! or somebody else's, which is an error.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::resource::{Failed, State};
use tf_provider::{Attr, Context};

use super::ManagedRole;
use super::being_made::{Begun, BeingMade};
use super::flatten::flatten;
use super::unfinished::{Making, Stopped, is_unfinished};
use super::write::{self, NewRoleOf, Write};
use super::{about, diagnostics, inline_policies, others, passing_on};
use crate::attributes::values::{known_map, known_set, to_map, to_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::{InlinePolicies, NewRole, Role, RoleDetails};
use crate::ports::{ApiError, ErrorKind};
use crate::session::object_claim::{self, Origin};

/// Why an apply may go on with a role that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// The plan takes it from another address.
    GivenUp(Origin),
    /// An earlier apply made it and could not complete it.
    Unfinished,
    /// The practitioner says so.
    Adopt,
}

impl Reason {
    fn of(making: &NewRoleOf<'_>, planned: &ManagedRole, role: &Role) -> Option<Self> {
        let (cx, new) = (making.cx, &making.new);
        if let Some(origin) = object_claim::given_up(cx, &role.arn) {
            return Some(Self::GivenUp(origin));
        }
        if is_begun(role, new, making.begun) {
            return Some(Self::Unfinished);
        }
        (is_same_role(role, new) && planned.on_conflict == Attr::Known("adopt".to_owned()))
            .then_some(Self::Adopt)
    }

    fn is_adopted(self) -> bool {
        matches!(self, Self::Adopt | Self::GivenUp(Origin::Adopted))
    }

    fn making(self) -> Making {
        match self {
            Self::Adopt => Making::Adopted,
            Self::GivenUp(_) | Self::Unfinished => Making::Continued,
        }
    }

    /// Whether a policy on the role that the plan does not name is taken away.
    fn takes_away(self, cx: &Context<Client>, arn: &str, part: &str) -> bool {
        match self {
            Self::GivenUp(_) => object_claim::is_part_given_up(cx, arn, part),
            // Others may have put it there meanwhile.
            Self::Unfinished | Self::Adopt => false,
        }
    }
}

/// IAM has one role of a name, whatever the path and the case: another path or case is another role.
fn is_same_role(role: &Role, new: &NewRole) -> bool {
    (&role.name, &role.path) == (&new.name, &new.path)
}

/// True for a role that an earlier apply of this very configuration began to make.
fn is_begun(role: &Role, new: &NewRole, begun: Option<&Begun>) -> bool {
    is_same_role(role, new)
        && (is_unfinished(role, new) || begun.is_some_and(|begun| begun.made(role, new)))
}

/// Says at plan that a role to make is there already, unless it is this configuration's own: one that apply completes, adopts or refuses. Where the caller may not
/// look, nothing is said: apply finds out.
pub(super) async fn warn(cx: &Context<Client>, planned: &ManagedRole) {
    let (Some(name), Some(path), Some(_)) = (
        planned.name.known(),
        planned.path.known(),
        cx.client.cloud(),
    ) else {
        return;
    };
    let found = cx.client.roles().role_to_be_made(name).await;
    let role = match found {
        Ok(Some(role)) => role,
        Ok(None) => return,
        Err(error) => {
            tracing::debug!(%error, name, "whether the role is there already is not known");
            return;
        }
    };
    if cx.client.account_objects().is_own(cx, &role.arn).await {
        return;
    }
    // A trust policy that is not known yet may be the one that is there.
    let unknown_trust = role.assume_role_policy.clone();
    let new = NewRole {
        name: name.clone(),
        path: path.clone(),
        assume_role_policy: planned
            .assume_role_policy
            .known()
            .cloned()
            .unwrap_or(unknown_trust),
        description: write::description(planned),
        max_session_duration: write::session_duration(planned),
        permissions_boundary: planned.permissions_boundary.known().cloned(),
        tags: known_map(&planned.tags_all).unwrap_or_default(),
    };
    let begun = BeingMade::of(cx, Some(&role.arn), name).left().await;
    if is_begun(&role, &new, begun.as_ref()) {
        cx.add(diagnostics::unfinished_at_plan(&role, planned));
        return;
    }
    cx.add(diagnostics::exists_at_plan(planned, &new, &role));
}

/// Goes on with a role that is there, where there is a reason to.
///
/// # Errors
/// There is none, with both roles in words and the import block; or IAM refuses a step.
pub(super) async fn go_on(
    making: &NewRoleOf<'_>,
    planned: ManagedRole,
    existing: &Role,
) -> Result<State<ManagedRole>, Failed<ManagedRole>> {
    let (cx, iam) = (making.cx, making.iam);
    let Some(reason) = Reason::of(making, &planned, existing) else {
        return Err(diagnostics::exists_already(&planned, &making.new, existing).into());
    };
    let about = about(&existing.name);
    let failed = api_failure::failure("Cannot Read Role", &about);
    let live = iam.role_details(&existing.name, InlinePolicies::Read).await;
    let live = live.map_err(&failed)?.ok_or_else(|| {
        failed(ApiError::new(
            ErrorKind::NotFound,
            "iam:GetRole",
            "the role that was there a moment ago is gone",
        ))
    })?;
    let planned = ManagedRole {
        adopted: Attr::Known(reason.is_adopted()),
        ..write::filled(cx, planned, &live.role)
    };
    let left = as_left(cx, &live, planned.clone(), reason);
    inline_policies::too_long(&live, &left, &planned).into_result()?;
    let mut write = Write {
        cx,
        iam,
        name: live.role.name.clone(),
        reached: flatten(cx.client.settings(), live.clone(), left),
    };
    match reason {
        Reason::Adopt => cx.add(diagnostics::adopted(
            &live,
            &others::overwritten(&planned, &live),
        )),
        Reason::Unfinished => {
            let stays = others::spare(&mut write.reached, &planned, &live);
            if !stays.is_empty() {
                cx.add(diagnostics::unfinished_keeps(&live.role, &stays));
            }
        }
        Reason::GivenUp(_) => {}
    }
    match write.to(&planned).await {
        Ok(()) => Ok(planned.into()),
        Err(error) => {
            let stopped = Stopped {
                cx,
                iam,
                role: &live.role,
                asked: &making.new,
                making: reason.making(),
                reached: write.reached,
            };
            Err(stopped.because_of(&error).await)
        }
    }
}

/// The role as a state of the address would have it before the change: with what is wanted of it and what goes.
fn as_left(
    cx: &Context<Client>,
    live: &RoleDetails,
    planned: ManagedRole,
    reason: Reason,
) -> ManagedRole {
    let goes = |part: String| reason.takes_away(cx, &live.role.arn, &part);
    let wanted = known_set(&planned.policy_arns).unwrap_or_default();
    let policies: BTreeSet<String> = live
        .attached_policies
        .iter()
        .filter(|arn| wanted.contains(*arn) || goes(passing_on::attached(arn)))
        .cloned()
        .collect();
    let wanted = known_map(&planned.inline_policies).unwrap_or_default();
    let inline_policies: BTreeMap<String, String> = live
        .inline_policies
        .iter()
        .flatten()
        .filter(|(name, _)| wanted.contains_key(*name) || goes(passing_on::inline(name)))
        .map(|(name, text)| (name.clone(), text.clone()))
        .collect();
    let policy_arns = match policies.is_empty() && planned.policy_arns.is_null() {
        true => Attr::Null,
        false => to_set(policies),
    };
    let inline_policies = match inline_policies.is_empty() && planned.inline_policies.is_null() {
        true => Attr::Null,
        false => to_map(inline_policies),
    };
    // With an exclusive list everything that hangs on a role that was not ours goes, as the list says.
    let exclusive_policy_arns = match reason {
        Reason::Adopt => Attr::Known(false),
        Reason::GivenUp(_) | Reason::Unfinished => planned.exclusive_policy_arns.clone(),
    };
    ManagedRole {
        policy_arns,
        inline_policies,
        exclusive_policy_arns,
        node_policies: planned.node_policies.as_ref().map(|_| BTreeMap::new()),
        ..planned
    }
}
