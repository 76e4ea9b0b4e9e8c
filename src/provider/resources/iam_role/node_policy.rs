//! What lets a node's role, or the role of a kiam server, assume the role: an inline policy of a name of its own on each, where the practitioner
//! wants it put there.
//!
//! Each resource has its own policy, named after its role, so that several on one node role never touch each other's, and their order says nothing.
//! IAM takes 10,240 characters in all inline policies of a role together, which is asked before anything is made.

use std::collections::BTreeMap;

use eksauth_core::iam_policy::policy_document::{equivalent, grants_the_same};
use eksauth_core::principal::arn::iam_role_name;
use serde_json::json;
use tf_provider::{Attr, Context, Diagnostics};

use super::{ManagedRole, about, lookup, node_role_room};
use crate::attributes::values::{known_map, to_map};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state::Lookup;
use crate::ports::iam::{InlinePolicies, RoleDetails};
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::consistency::until_consistent;

pub(super) mod diagnostics;

/// Which of the two systems gives pods their roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LegacySystem {
    /// Every node assumes the roles of its own pods.
    #[default]
    Kube2iam,
    /// A server assumes the roles of all pods.
    Kiam,
}

impl LegacySystem {
    const ALL: [Self; 2] = [Self::Kube2iam, Self::Kiam];

    /// As the practitioner writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kube2iam => "kube2iam",
            Self::Kiam => "kiam",
        }
    }
}

/// The least that a node role needs to assume a role. kube2iam asks for the regions when it starts (since 0.12), and no pod gets a role where it may not.
pub(crate) fn document(system: LegacySystem, role_arn: &str) -> String {
    let assume = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn });
    let regions = json!({ "Effect": "Allow", "Action": "ec2:DescribeRegions", "Resource": "*" });
    let statements = match system {
        LegacySystem::Kube2iam => vec![assume, regions],
        LegacySystem::Kiam => vec![assume],
    };
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// What the name of every such policy begins with.
pub(super) const PREFIX: &str = "eksauth-assume-";

/// The name of the policy for a role, 79 characters at most; IAM takes 128.
pub(crate) fn policy_name(role: &str) -> String {
    format!("{PREFIX}{role}")
}

/// Where a role's policy is.
pub(super) struct OnNodeRoles {
    /// The policy's name.
    pub(super) policy: String,
    /// ARNs.
    pub(super) node_roles: Vec<String>,
}

/// Where a role's policy was put; `None` while the role has no name.
pub(super) fn of_role(role: &ManagedRole) -> Option<OnNodeRoles> {
    let policies = role.node_policies.known().into_iter().flatten();
    Some(OnNodeRoles {
        policy: policy_name(role.name.known()?),
        node_roles: policies.map(|(arn, _)| arn.clone()).collect(),
    })
}

pub(super) fn node_role_name(arn: &str) -> String {
    iam_role_name(arn).unwrap_or_else(|_| arn.to_owned())
}

/// The policies of a plan once the role's ARN is known.
pub(super) fn with_arn(planned: &ManagedRole, arn: &str) -> Attr<BTreeMap<String, Attr<String>>> {
    let text = |text: &Attr<String>| match text {
        Attr::Unknown => Attr::Known(document(planned.system, arn)),
        text => text.clone(),
    };
    planned.node_policies.as_ref().map(|policies| {
        let policies = policies.iter();
        policies
            .map(|(node_role, policy)| (node_role.clone(), text(policy)))
            .collect()
    })
}

/// Asks each node role that is to get a policy whether it can have it.
///
/// # Errors
/// A node role does not exist, has another policy of the name, or would have too many characters. Nothing was changed then.
pub(super) async fn check(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    prior: Option<&ManagedRole>,
    planned: &ManagedRole,
) -> Result<(), Diagnostics> {
    let mut refusals = Diagnostics::new();
    for (arn, text) in planned.node_policies.known().into_iter().flatten() {
        if !node_role_room::is_needed(cx, prior, planned, (arn, text)) {
            continue;
        }
        match details(cx, iam, arn).await {
            Ok(live) => {
                if !node_role_room::is_ours(prior, arn) {
                    refusals.extend(exists_already(planned, &live, text));
                }
                refusals.extend(node_role_room::fault(cx, planned, &live, text));
            }
            Err(error) if error.kind == ErrorKind::NotFound => {
                refusals.push(diagnostics::node_role_not_found(arn, &error));
            }
            Err(error) => {
                let about = about(&node_role_name(arn));
                refusals.push(api_failure::failed("Cannot Read Role", &about, &error));
            }
        }
    }
    refusals.into_result()
}

/// A node role that the same apply has just made is waited for.
async fn details(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    arn: &str,
) -> Result<RoleDetails, ApiError> {
    let name = node_role_name(arn);
    until_consistent(
        cx,
        |error| error.kind == ErrorKind::NotFound,
        || async {
            let live = iam.role_details(&name, InlinePolicies::Read).await?;
            live.filter(|live| live.role.arn == arn).ok_or_else(|| {
                let message = format!("there is no role `{arn}`");
                ApiError::new(ErrorKind::NotFound, "iam:GetRole", message)
            })
        },
    )
    .await
}

/// A node role's policy of the name that is none of ours.
fn exists_already(planned: &ManagedRole, live: &RoleDetails, text: &Attr<String>) -> Diagnostics {
    let mut faults = Diagnostics::new();
    let (Some(role), Some(text)) = (planned.name.known(), text.known()) else {
        return faults;
    };
    let name = policy_name(role);
    let adopts = planned.on_conflict == Attr::Known("adopt".to_owned());
    let theirs = live.inline_policies.as_ref().and_then(|all| all.get(&name));
    if let Some(theirs) = theirs
        && !is_of_this_provider(planned, theirs)
        && !equivalent(theirs, text)
        && !adopts
    {
        faults.push(diagnostics::node_policy_exists(&live.role, &name));
    }
    faults
}

/// True for what an apply of either system would have put there: one that was stopped, or one of another address.
fn is_of_this_provider(planned: &ManagedRole, theirs: &str) -> bool {
    let Some(arn) = planned.arn.known() else {
        return false;
    };
    let systems = LegacySystem::ALL.into_iter();
    systems
        .map(|system| document(system, arn))
        .any(|ours| equivalent(theirs, &ours))
}

/// The policies of a state that are there still, with their texts as they are now.
///
/// # Errors
/// A node role cannot be read.
pub(super) async fn read(
    cx: &Context<Client>,
    role: &ManagedRole,
) -> Result<Attr<BTreeMap<String, Attr<String>>>, Diagnostics> {
    let (Some(ours), Some(name)) = (role.node_policies.known(), role.name.known()) else {
        return Ok(role.node_policies.clone());
    };
    let name = policy_name(name);
    let mut policies = BTreeMap::new();
    for (arn, before) in ours {
        let node_role = node_role_name(arn);
        let found = lookup::find(cx, &node_role, InlinePolicies::Read, &Attr::Null).await?;
        let now = match found {
            Lookup::Unread => Some(before.clone()),
            Lookup::Found(live) if live.role.arn == *arn => {
                let mut inline = live.inline_policies.unwrap_or_default();
                inline.remove(&name).map(|now| same_or(before, now))
            }
            Lookup::Found(_) | Lookup::Gone => None,
        };
        policies.extend(now.map(|now| (arn.clone(), now)));
    }
    Ok(Attr::Known(policies))
}

fn same_or(before: &Attr<String>, now: String) -> Attr<String> {
    match before.known() {
        Some(before) if grants_the_same(before, &now) => Attr::Known(before.clone()),
        _ => Attr::Known(now),
    }
}

/// Goes from the policies that are reached to those of a plan, and keeps in `reached` how far it came.
pub(super) async fn write(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    reached: &mut ManagedRole,
    planned: &ManagedRole,
) -> Result<(), ApiError> {
    let Some(name) = reached.name.known().map(|name| policy_name(name)) else {
        return Ok(());
    };
    let wanted = known_map(&planned.node_policies).unwrap_or_default();
    let mut have = known_map(&reached.node_policies).unwrap_or_default();
    for (arn, text) in &wanted {
        if have.get(arn).is_some_and(|before| equivalent(before, text)) {
            continue;
        }
        let node_role = node_role_name(arn);
        let is_passing =
            |error: &ApiError| matches!(error.kind, ErrorKind::NotFound | ErrorKind::Conflict);
        let put = until_consistent(cx, is_passing, || {
            iam.put_role_policy(&node_role, &name, text)
        });
        let put = put.await;
        // What may be there is taken away again where the role is.
        if !put
            .as_ref()
            .is_err_and(|error| !error.may_have_been_carried_out())
        {
            have.insert(arn.clone(), text.clone());
            reached.node_policies = to_map(have.clone());
        }
        put?;
    }
    for arn in have.clone().into_keys() {
        if !wanted.contains_key(&arn) {
            take_away(iam, &arn, &name).await?;
            have.remove(&arn);
            reached.node_policies = to_map(have.clone());
        }
    }
    reached.node_policies = planned.node_policies.clone();
    Ok(())
}

/// Takes away all of a role's.
pub(super) async fn remove(iam: &dyn IamApi, role: &ManagedRole) -> Result<(), ApiError> {
    let Some(name) = role.name.known().map(|name| policy_name(name)) else {
        return Ok(());
    };
    for arn in role
        .node_policies
        .known()
        .into_iter()
        .flat_map(BTreeMap::keys)
    {
        take_away(iam, arn, &name).await?;
    }
    Ok(())
}

async fn take_away(iam: &dyn IamApi, arn: &str, name: &str) -> Result<(), ApiError> {
    match iam.delete_role_policy(&node_role_name(arn), name).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// The same at a destroy, when the role is gone.
///
/// # Errors
/// IAM refuses it. The next destroy goes on here.
pub(super) async fn delete(cx: &Context<Client>, role: &ManagedRole) -> Result<(), Diagnostics> {
    if has_none(role) {
        return Ok(());
    }
    let about = about(role.name.known().map_or("", String::as_str));
    let failed = api_failure::failure("Cannot Remove Node Policy", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    remove(iam.as_ref(), role).await.map_err(failed)
}

/// Says at a destroy that leaves the role there that its node policies stay too.
pub(super) fn warn_if_they_stay(cx: &Context<Client>, role: &ManagedRole) {
    if let (false, Some(name), Some(policies)) = (
        has_none(role),
        role.name.known(),
        role.node_policies.known(),
    ) {
        let policy = policy_name(name);
        cx.add(diagnostics::node_policies_stay(&policy, policies.keys()));
    }
}

fn has_none(role: &ManagedRole) -> bool {
    role.node_policies.known().is_none_or(BTreeMap::is_empty)
}
