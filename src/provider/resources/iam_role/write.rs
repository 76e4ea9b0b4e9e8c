//! Making a role and changing it, step by step: what was done before a failure is in the state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use eksauth_core::iam_policy::policy_document::equivalent;
use tf_provider::resource::{Failed, State};
use tf_provider::{Attr, Context};

use super::ManagedRole;
use super::being_made::{Begun, BeingMade};
use super::name::generated_name;
use super::unfinished::{Making, Stopped};
use super::{about, diagnostics, existing, left_behind, node_policy, preflight};
use crate::attributes::tags::{planned_tags_all, tag_changes};
use crate::attributes::values::{known_map, known_set, to_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::{InlinePolicies, NewRole, Role};
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::consistency::{is_not_seen_yet, until_consistent};

/// A role that "exists already" and is at most this old can be the one our own lost call has made.
const JUST_MADE: Duration = Duration::from_secs(15 * 60);

/// Makes the role of a plan, with all that hangs on it.
pub(super) async fn create(
    cx: &Context<Client>,
    planned: ManagedRole,
) -> Result<State<ManagedRole>, Failed<ManagedRole>> {
    let new = new_role(cx, &planned).ok_or_else(|| api_failure::not_known_at_apply("role"))?;
    let about = about(&new.name);
    let failed = api_failure::failure("Cannot Create Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    preflight::check(cx, iam.as_ref(), None, &planned).await?;
    left_behind::warn(cx, iam.as_ref(), &planned, &new).await;
    let note = BeingMade::of(cx, planned.arn.known(), &new.name);
    let begun = note.left_there(iam.as_ref()).await;
    if begun.is_none() {
        note.begin(cx.client.clock().now(), &new).await;
    }
    let making = NewRoleOf {
        cx,
        iam: iam.as_ref(),
        new,
        begun: begun.as_ref(),
    };
    let outcome = making.make(planned).await;
    if begun.is_none() || outcome.is_ok() {
        note.end().await;
    }
    outcome
}

/// A role to make.
pub(super) struct NewRoleOf<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) iam: &'a dyn IamApi,
    pub(super) new: NewRole,
    /// What a run before this one began and did not end.
    pub(super) begun: Option<&'a Begun>,
}

impl NewRoleOf<'_> {
    async fn make(&self, planned: ManagedRole) -> Result<State<ManagedRole>, Failed<ManagedRole>> {
        let Self { cx, iam, new, .. } = self;
        let about = about(&new.name);
        match until_consistent(cx, is_not_seen_yet, || iam.create_role(new)).await {
            Ok(role) => self.complete(planned, &role).await,
            Err(error) => match our_lost_role(cx, *iam, new, &error).await {
                Ok(role) => self.complete(planned, &role).await,
                Err(Some(role)) => existing::go_on(self, planned, &role).await,
                Err(None) => {
                    let refused = api_failure::failed("Cannot Create Role", &about, &error);
                    Err(
                        diagnostics::with_principals(refused, &error, &new.assume_role_policy)
                            .into(),
                    )
                }
            },
        }
    }

    /// Puts on a role that was made a moment ago what hangs on it.
    async fn complete(
        &self,
        planned: ManagedRole,
        role: &Role,
    ) -> Result<State<ManagedRole>, Failed<ManagedRole>> {
        let Self { cx, iam, new, .. } = self;
        let making = match planned.name.is_known() {
            true => Making::Named,
            false => Making::Generated,
        };
        let planned = ManagedRole {
            adopted: Attr::Known(false),
            ..filled(cx, planned, role)
        };
        let reached = ManagedRole {
            policy_arns: planned.policy_arns.as_ref().map(|_| BTreeSet::new()),
            inline_policies: planned.inline_policies.as_ref().map(|_| BTreeMap::new()),
            node_policies: planned.node_policies.as_ref().map(|_| BTreeMap::new()),
            ..planned.clone()
        };
        let mut write = Write {
            cx,
            iam: *iam,
            name: role.name.clone(),
            reached,
        };
        let Err(error) = write.to(&planned).await else {
            return Ok(planned.into());
        };
        let stopped = Stopped {
            cx,
            iam: *iam,
            role,
            asked: new,
            making,
            reached: write.reached,
        };
        Err(stopped.because_of(&error).await)
    }
}

/// Changes a role in place.
pub(super) async fn update(
    cx: &Context<Client>,
    prior: ManagedRole,
    planned: ManagedRole,
) -> Result<State<ManagedRole>, Failed<ManagedRole>> {
    let name = prior.name.known().cloned().unwrap_or_default();
    if let Some(arn) = prior.arn.known() {
        cx.client.check_account(arn).await?;
    }
    let about = about(&name);
    let failed = api_failure::failure("Cannot Change Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let planned = ManagedRole {
        name: prior.name.clone(),
        arn: prior.arn.clone(),
        unique_id: prior.unique_id.clone(),
        ..planned
    };
    preflight::check(cx, iam.as_ref(), Some(&prior), &planned).await?;
    let mut write = Write {
        cx,
        iam: iam.as_ref(),
        name,
        reached: prior,
    };
    match write.to(&planned).await {
        Ok(()) => Ok(planned.into()),
        Err(error) => {
            let refused = api_failure::failed("Cannot Change Role", &about, &error);
            let trust = planned
                .assume_role_policy
                .known()
                .map_or("", String::as_str);
            Err(Failed {
                diagnostics: diagnostics::with_principals(refused, &error, trust).into(),
                state: Some(write.reached.into()),
            })
        }
    }
}

/// One change on its way from what is reached to what is planned.
pub(super) struct Write<'a> {
    pub(super) cx: &'a Context<Client>,
    pub(super) iam: &'a dyn IamApi,
    pub(super) name: String,
    pub(super) reached: ManagedRole,
}

impl Write<'_> {
    /// The description comes last, because it may say that the role is unfinished.
    pub(super) async fn to(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        self.trust(planned).await?;
        self.boundary(planned).await?;
        self.policies(planned).await?;
        self.inline_policies(planned).await?;
        node_policy::write(self.cx, self.iam, &mut self.reached, planned).await?;
        self.tags(planned).await?;
        self.settings(planned).await?;
        self.reached = planned.clone();
        Ok(())
    }

    async fn trust(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        if let Some(document) = planned.assume_role_policy.known()
            && self.reached.assume_role_policy != planned.assume_role_policy
        {
            until_consistent(self.cx, is_not_seen_yet, || {
                self.iam.update_assume_role_policy(&self.name, document)
            })
            .await?;
        }
        self.reached.assume_role_policy = planned.assume_role_policy.clone();
        Ok(())
    }

    async fn settings(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        let description_and_duration =
            |model: &ManagedRole| (description(model), session_duration(model));
        let (description, duration) = description_and_duration(planned);
        if description_and_duration(&self.reached) != (description.clone(), duration) {
            self.iam
                .update_role(&self.name, &description, duration)
                .await?;
        }
        self.reached.description = planned.description.clone();
        self.reached.max_session_duration = planned.max_session_duration.clone();
        Ok(())
    }

    async fn boundary(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        if self.reached.permissions_boundary != planned.permissions_boundary {
            let boundary = planned.permissions_boundary.known().map(String::as_str);
            until_consistent(self.cx, is_not_seen_yet, || {
                self.iam.set_permissions_boundary(&self.name, boundary)
            })
            .await?;
            self.reached.permissions_boundary = planned.permissions_boundary.clone();
        }
        Ok(())
    }

    /// Attaches before it detaches, so that at no moment a wanted permission is missing, unless the role can have no more.
    async fn policies(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        let wanted = known_set(&planned.policy_arns).unwrap_or_default();
        let mut have = known_set(&self.reached.policy_arns).unwrap_or_default();
        let is_exclusive = planned.exclusive_policy_arns == Attr::Known(true);
        if is_exclusive && self.reached.exclusive_policy_arns != planned.exclusive_policy_arns {
            let details = self
                .iam
                .role_details(&self.name, InlinePolicies::Skip)
                .await?;
            have.extend(
                details
                    .map(|details| details.attached_policies)
                    .unwrap_or_default(),
            );
        }
        let mut goes: BTreeSet<String> = have.difference(&wanted).cloned().collect();
        for arn in wanted.difference(&have.clone()) {
            self.attach(arn, &mut have, &mut goes).await?;
        }
        for arn in goes {
            self.detach(&arn, &mut have).await?;
        }
        self.reached.policy_arns = planned.policy_arns.clone();
        self.reached.exclusive_policy_arns = planned.exclusive_policy_arns.clone();
        Ok(())
    }

    /// Where the role has as many as it can have, one of those that go makes room.
    async fn attach(
        &mut self,
        arn: &str,
        have: &mut BTreeSet<String>,
        goes: &mut BTreeSet<String>,
    ) -> Result<(), ApiError> {
        loop {
            let attached = until_consistent(self.cx, is_not_seen_yet, || {
                self.iam.attach_role_policy(&self.name, arn)
            });
            match attached.await {
                Err(error) if error.kind == ErrorKind::LimitExceeded => {
                    let Some(one) = goes.pop_first() else {
                        return Err(error);
                    };
                    self.detach(&one, have).await?;
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    have.insert(arn.to_owned());
                    self.reached.policy_arns = to_set(have.clone());
                    return Ok(());
                }
            }
        }
    }

    async fn detach(&mut self, arn: &str, have: &mut BTreeSet<String>) -> Result<(), ApiError> {
        self.iam.detach_role_policy(&self.name, arn).await?;
        have.remove(arn);
        self.reached.policy_arns = to_set(have.clone());
        Ok(())
    }

    async fn tags(&mut self, planned: &ManagedRole) -> Result<(), ApiError> {
        let before = known_map(&self.reached.tags_all).unwrap_or_default();
        let after = known_map(&planned.tags_all).unwrap_or_default();
        let (written, removed) = tag_changes(&before, &after);
        if !written.is_empty() {
            self.iam.tag_role(&self.name, &written).await?;
        }
        if !removed.is_empty() {
            self.iam.untag_role(&self.name, &removed).await?;
        }
        self.reached.tags = planned.tags.clone();
        self.reached.tags_all = planned.tags_all.clone();
        Ok(())
    }
}

/// After a create that failed: the role that our own call has made all the same, or else (`Err(Some)`) somebody else's of that name.
async fn our_lost_role(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    new: &NewRole,
    error: &ApiError,
) -> Result<Role, Option<Role>> {
    if !matches!(error.kind, ErrorKind::AlreadyExists | ErrorKind::AnswerLost) {
        return Err(None);
    }
    // A second failure here is less telling than the first, which is reported.
    let Ok(Some(role)) = iam.role(&new.name).await else {
        return Err(None);
    };
    let made = SystemTime::UNIX_EPOCH
        + Duration::from_secs(u64::try_from(role.created_at).unwrap_or_default());
    let is_young = cx
        .client
        .clock()
        .now()
        .duration_since(made)
        .is_ok_and(|age| age <= JUST_MADE);
    match error.may_have_been_carried_out() && is_young && is_as_asked(&role, new) {
        true => Ok(role),
        false => Err(Some(role)),
    }
}

/// True for a role that is what CreateRole was asked for.
pub(super) fn is_as_asked(role: &Role, new: &NewRole) -> bool {
    role.name == new.name
        && role.path == new.path
        && role.description == new.description
        && role.tags == new.tags
        && equivalent(&role.assume_role_policy, &new.assume_role_policy)
}

pub(super) fn filled(cx: &Context<Client>, planned: ManagedRole, role: &Role) -> ManagedRole {
    ManagedRole {
        name: Attr::Known(role.name.clone()),
        unique_id: Attr::Known(role.unique_id.clone()),
        tags_all: tags_all(cx, &planned),
        node_policies: node_policy::with_arn(&planned, &role.arn),
        arn: Attr::Known(role.arn.clone()),
        ..planned
    }
}

fn tags_all(cx: &Context<Client>, planned: &ManagedRole) -> Attr<BTreeMap<String, Attr<String>>> {
    match &planned.tags_all {
        known @ Attr::Known(_) => known.clone(),
        Attr::Null | Attr::Unknown => planned_tags_all(&cx.client.settings().tags, &planned.tags),
    }
}

fn new_role(cx: &Context<Client>, planned: &ManagedRole) -> Option<NewRole> {
    let name = match planned.name.known() {
        Some(name) => name.clone(),
        None => generated_name(cx.client.clock().now(), planned.name_prefix.known()),
    };
    Some(NewRole {
        name,
        path: planned.path.known()?.clone(),
        assume_role_policy: planned.assume_role_policy.known()?.clone(),
        description: description(planned),
        max_session_duration: session_duration(planned),
        permissions_boundary: planned.permissions_boundary.known().cloned(),
        tags: known_map(&tags_all(cx, planned))?,
    })
}

pub(super) fn description(model: &ManagedRole) -> String {
    model.description.known().cloned().unwrap_or_default()
}

pub(super) fn session_duration(model: &ManagedRole) -> i32 {
    let seconds = model.max_session_duration.known().copied();
    seconds
        .and_then(|seconds| i32::try_from(seconds).ok())
        .unwrap_or(3600)
}
