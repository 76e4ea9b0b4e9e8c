//! An IAM role that pods can assume: its trust policy comes from typed subjects, and with it come its policies.
//!
//! Permissions: in `irsa_role/permissions.rs`. Import id: the role's name; identity: name and account. A cluster's issuer is looked up by the cluster's name, so the trust policy is
//! known at plan as soon as the cluster exists. Policies that others attach are left alone.

use std::time::SystemTime;

use tf_provider::resource::{Apply, Failed, MoveSource, Plan, State};
use tf_provider::{Attr, AttributePath, Context, Diagnostics, Resource, Schema};

use crate::attributes::import_id::ImportId;
use crate::attributes::move_source::MOVED;
use crate::attributes::tags::planned_tags_all;
use crate::attributes::values::{known_set, to_map, to_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state::{self, Lookup};
use crate::ports::iam::{InlinePolicies, RoleDetails};
use crate::session::object_claim;

mod attachments;
mod being_made;
mod diagnostics;
mod existing;
mod flatten;
mod identity;
mod import_detaches;
mod imported_trust;
mod left_behind;
mod moved;
mod named_arns;
mod others;
mod passing_on;
mod permissions;
mod preflight;
mod removal;
mod rules;
mod schema;
mod trust;
mod trust_differences;
mod unfinished;
mod validation;
mod write;

pub use identity::IrsaRoleIdentity;
pub use schema::{IrsaRoleModel, TrustModel};

use moved::Missing;

use flatten::{annotations, flatten, wanted_inline_policies};

/// The resource `eksauth_irsa_role`.
pub struct IrsaRoleResource;

impl Resource for IrsaRoleResource {
    type Client = Client;
    type Model = IrsaRoleModel;
    type Identity = IrsaRoleIdentity;

    const NAME: &'static str = "eksauth_irsa_role";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &IrsaRoleModel, diagnostics: &mut Diagnostics) {
        validation::validate(config, diagnostics);
    }

    fn complete(&self, model: &mut IrsaRoleModel) {
        model.id = model.name.clone();
        // States of older versions have neither.
        if model.on_conflict.is_null() {
            model.on_conflict = Attr::Known(schema::ON_CONFLICT_DEFAULT.to_owned());
        }
        if model.adopted.is_null() {
            model.adopted = Attr::Known(false);
        }
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<IrsaRoleModel>,
    ) -> Result<(), Diagnostics> {
        if let Some(Attr::Known(arn)) = plan.prior.as_ref().map(|prior| &prior.arn) {
            cx.client.account_objects().note_in_state(arn);
        }
        let (Some(config), Some(planned)) = (&plan.config, &mut plan.planned) else {
            if let Some(prior) = &plan.prior {
                passing_on::give_up(cx, &mut plan.private, prior);
            }
            return Ok(());
        };
        let prior = plan.prior.as_ref();
        trust::at_plan(cx, config, prior, planned).await?;
        if let Some(prior) = prior
            && needs_new_name(prior, planned)
        {
            plan.requires_replace
                .push(AttributePath::attribute("name_prefix"));
            planned.name = Attr::Unknown;
        }
        planned.arn = match prior {
            Some(prior) if prior.name == planned.name && prior.path == planned.path => {
                prior.arn.clone()
            }
            _ => arn_of(cx, planned).await?,
        };
        named_arns::check(planned)?;
        flatten::keep_inline_policies_that_mean_the_same(prior, planned);
        planned.service_account_annotations = annotations(&planned.arn, planned);
        planned.tags_all = planned_tags_all(&cx.client.settings().tags, &planned.tags);
        object_claim::hold(cx, &planned.arn);
        let identities = cx.client.planned();
        identities.note_role(&planned.arn, &planned.assume_role_policy);
        match prior {
            Some(prior) => {
                import_detaches::warn(cx, &plan.private, (prior, planned));
                warn_of_foreign_policies(cx, prior, planned).await
            }
            None => {
                existing::warn(cx, planned).await;
                Ok(())
            }
        }
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<IrsaRoleModel>,
    ) -> Result<State<IrsaRoleModel>, Failed<IrsaRoleModel>> {
        let mut planned = apply.planned;
        trust::at_apply(cx, &apply.config, None, &mut planned).await?;
        let arn = planned.arn.clone();
        let made = write::create(cx, planned).await;
        if made.is_err() {
            object_claim::note_failed(cx, &arn);
        }
        made
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<IrsaRoleModel>,
    ) -> Result<Option<State<IrsaRoleModel>>, Diagnostics> {
        if cx.client.cloud().is_none() {
            cx.add(api_failure::kept_unread("role"));
            return Ok(Some(state));
        }
        let placement = state.model.placement();
        placement.check_region_at_read(cx.client.clusters())?;
        let Some(name) = state.model.name.known().cloned() else {
            return Ok(Some(state));
        };
        if let Some(arn) = state.model.arn.known() {
            cx.client.account_objects().note_in_state(arn);
        }
        let moved = Missing::of_moved(&state.private);
        let wanted = match moved.is_some_and(Missing::needs_inline_policies) {
            true => InlinePolicies::Read,
            false => wanted_inline_policies(&state.model),
        };
        Ok(match find(cx, &name, wanted, &state.model.arn).await? {
            Lookup::Found(live) => Some(as_read(cx, live, state, moved)),
            Lookup::Gone => None,
            Lookup::Unread => Some(state),
        })
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<IrsaRoleModel>,
    ) -> Result<State<IrsaRoleModel>, Failed<IrsaRoleModel>> {
        let Some(prior) = apply.prior else {
            return Err(diagnostics::no_prior().into());
        };
        let mut planned = apply.planned;
        trust::at_apply(cx, &apply.config, Some(&prior), &mut planned).await?;
        write::update(cx, prior, planned).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<IrsaRoleModel>,
    ) -> Result<(), Diagnostics> {
        match state.model.arn.known() {
            Some(arn) if object_claim::is_followed(cx, &state.private, arn) => {
                cx.client.check_account(arn).await
            }
            Some(arn) if state.model.adopted == Attr::Known(true) => {
                cx.add(diagnostics::adopted_stays(arn));
                Ok(())
            }
            _ => removal::delete(cx, &state.model).await,
        }
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<IrsaRoleModel>, Diagnostics> {
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
        let state = imported(&live);
        let mut state = State::from(flatten(cx.client.settings(), live, state));
        import_detaches::note(&mut state.private);
        Ok(state)
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: IrsaRoleIdentity,
    ) -> Result<State<IrsaRoleModel>, Diagnostics> {
        let name = identity.name.known().map_or("", String::as_str);
        let state = self.import(cx, name).await?;
        identity.check_account(&state.model)?;
        Ok(state)
    }

    fn move_from(&self, source: MoveSource) -> Option<Result<State<IrsaRoleModel>, Diagnostics>> {
        moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
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

/// The state of a role that is there. One that was moved gets what its state did not say.
fn as_read(
    cx: &Context<Client>,
    live: RoleDetails,
    state: State<IrsaRoleModel>,
    moved: Option<Missing>,
) -> State<IrsaRoleModel> {
    let State { model, mut private } = state;
    let model = match moved {
        Some(missing) => {
            private.entries.remove(MOVED);
            import_detaches::note(&mut private);
            missing.filled(model, &live)
        }
        None => model,
    };
    State {
        model: flatten(cx.client.settings(), live, model),
        private,
    }
}

/// All that a role has, as if it had been configured.
fn imported(live: &RoleDetails) -> IrsaRoleModel {
    let state = IrsaRoleModel {
        assume_role_policy: Attr::Known(live.role.assume_role_policy.clone()),
        ..with_all_policies(live, IrsaRoleModel::default())
    };
    imported_trust::fill(state, &live.role.assume_role_policy)
}

/// A state that has every policy of the role.
fn with_all_policies(live: &RoleDetails, state: IrsaRoleModel) -> IrsaRoleModel {
    let inline = live.inline_policies.clone().unwrap_or_default();
    IrsaRoleModel {
        policy_arns: match live.attached_policies.is_empty() {
            true => Attr::Null,
            false => to_set(live.attached_policies.clone()),
        },
        inline_policies: match inline.is_empty() {
            true => Attr::Null,
            false => to_map(inline),
        },
        ..state
    }
}

/// The role of a name; that there is none, or another one, is only believed in the state's own account.
async fn find(
    cx: &Context<Client>,
    name: &str,
    inline_policies: InlinePolicies,
    remembered_arn: &Attr<String>,
) -> Result<Lookup<RoleDetails>, Diagnostics> {
    let about = about(name);
    let failed = api_failure::failure("Cannot Read Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let found = match iam.role_details(name, inline_policies).await {
        Err(error) if kept_state::is_kept(cx, &about, &error) => return Ok(Lookup::Unread),
        found => found,
    };
    if let Some(arn) = remembered_arn.known() {
        let is_remembered = matches!(&found, Ok(Some(live)) if live.role.arn == *arn);
        if !is_remembered {
            cx.client.check_account(arn).await?;
        }
    }
    Ok(match found.map_err(failed)? {
        Some(live) => Lookup::Found(live),
        None => Lookup::Gone,
    })
}

/// The ARN that IAM will give, from name, path and the caller's account.
async fn arn_of(
    cx: &Context<Client>,
    planned: &IrsaRoleModel,
) -> Result<Attr<String>, Diagnostics> {
    let (Some(name), Some(path), Some(_)) = (
        planned.name.known(),
        planned.path.known(),
        cx.client.cloud(),
    ) else {
        return Ok(Attr::Unknown);
    };
    let caller = cx.client.caller_account().await?;
    Ok(Attr::Known(format!(
        "arn:{}:iam::{}:role{path}{name}",
        caller.partition, caller.id
    )))
}

/// Another prefix needs another name, unless the name begins with it already.
fn needs_new_name(prior: &IrsaRoleModel, planned: &IrsaRoleModel) -> bool {
    let (Some(name), false) = (prior.name.known(), prior.name_prefix == planned.name_prefix) else {
        return false;
    };
    match &planned.name_prefix {
        Attr::Known(prefix) => !name.starts_with(prefix.as_str()),
        Attr::Unknown => true,
        Attr::Null => false,
    }
}

async fn warn_of_foreign_policies(
    cx: &Context<Client>,
    prior: &IrsaRoleModel,
    planned: &IrsaRoleModel,
) -> Result<(), Diagnostics> {
    let becomes_exclusive = planned.exclusive_policy_arns == Attr::Known(true)
        && prior.exclusive_policy_arns != planned.exclusive_policy_arns;
    let (true, Some(name), Some(wanted), Some(_)) = (
        becomes_exclusive,
        prior.name.known(),
        known_set(&planned.policy_arns),
        cx.client.cloud(),
    ) else {
        return Ok(());
    };
    let Lookup::Found(live) = find(cx, name, InlinePolicies::Skip, &prior.arn).await? else {
        return Ok(());
    };
    let ours = known_set(&prior.policy_arns).unwrap_or_default();
    let foreign = live.attached_policies;
    let foreign = foreign
        .into_iter()
        .filter(|arn| !ours.contains(arn) && !wanted.contains(arn))
        .collect::<std::collections::BTreeSet<_>>();
    if !foreign.is_empty() {
        cx.add(diagnostics::will_detach(name, &foreign));
    }
    Ok(())
}

/// `prefix`, the time to a tenth of a millisecond, and eight random digits: 26 characters more, in the order of their making.
fn generated_name(now: SystemTime, prefix: Option<&String>) -> String {
    let prefix = name_prefix(prefix);
    let time = jiff::Timestamp::try_from(now).unwrap_or_default();
    let fraction = time.subsec_nanosecond() / 100_000;
    let random = fastrand::u32(..);
    format!(
        "{prefix}{}{fraction:04}{random:08x}",
        time.strftime("%Y%m%d%H%M%S")
    )
}

fn name_prefix(configured: Option<&String>) -> &str {
    configured.map_or("terraform-", String::as_str)
}

/// True for a name that [`generated_name`] can have made from the prefix.
fn is_generated_name(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.len() == 26 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn about(name: &str) -> String {
    format!("Role `{name}`")
}

#[cfg(test)]
mod tests;
