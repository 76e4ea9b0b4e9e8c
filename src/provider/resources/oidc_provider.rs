//! The IAM OIDC provider of a cluster, or of any issuer: what lets its service accounts' tokens stand for IAM roles.
//!
//! Permissions: in `oidc_provider/permissions.rs`. Import id: the provider's ARN, or a cluster's name with an optional `@region`; identity: the ARN.
//! There is one provider per issuer and account, and its ARN follows from both, so it is known at plan as soon as the cluster exists.
//! Thumbprints are never fetched: IAM trusts EKS issuers by its own list of authorities.

use eksauth_core::principal::oidc_issuer::Issuer;
use tf_provider::resource::{Apply, Failed, MoveSource, Plan, State};
use tf_provider::{Attr, AttributePath, Context, Diagnostics, Resource, Schema};

use crate::attributes::import_id::ImportId;
use crate::attributes::timeouts::Operation;
use crate::attributes::values::known_set;
use crate::client::Client;
use crate::clusters::ClusterIdentity;
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state::{self, Lookup};
use crate::ports::iam::OidcProvider;
use crate::session::Session;
use crate::session::object_claim::{self, Origin, SoleHolder};

mod diagnostics;
mod existing;
mod flatten;
mod identity;
mod issuer_target;
mod moved;
mod permissions;
mod schema;

pub use identity::OidcProviderIdentity;
pub use schema::OidcProviderModel;

use flatten::flatten;
use issuer_target::IssuerTarget;

/// The resource `eksauth_oidc_provider`.
pub struct OidcProviderResource;

impl Resource for OidcProviderResource {
    type Client = Client;
    type Model = OidcProviderModel;
    type Identity = OidcProviderIdentity;

    const NAME: &'static str = "eksauth_oidc_provider";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &OidcProviderModel, diagnostics: &mut Diagnostics) {
        if !config.url.is_null() && !config.cluster_name.is_null() {
            diagnostics.push(diagnostics::both_url_and_cluster());
        }
        if let Some(url) = config.url.known()
            && let Err(error) = Issuer::parse(url)
        {
            diagnostics.push(diagnostics::wrong_url(&error));
        }
    }

    fn complete(&self, model: &mut OidcProviderModel) {
        model.id = model.arn.clone();
    }

    async fn plan(
        &self,
        cx: &Context<Client>,
        plan: &mut Plan<OidcProviderModel>,
    ) -> Result<(), Diagnostics> {
        if let Some(Attr::Known(arn)) = plan.prior.as_ref().map(|prior| &prior.arn) {
            cx.client.account_objects().note_in_state(arn);
        }
        let (Some(config), Some(planned)) = (&plan.config, &mut plan.planned) else {
            if let Some(prior) = &plan.prior {
                let origin = match prior.adopted {
                    Attr::Known(true) => Origin::Adopted,
                    _ => Origin::Made,
                };
                object_claim::give_up(cx, &mut plan.private, &prior.arn, origin, []);
            }
            return Ok(());
        };
        let target = IssuerTarget::at_plan(cx, config, plan.prior.as_ref()).await?;
        let prior = plan.prior.as_ref();
        let is_same =
            prior.is_some_and(|prior| prior.issuer.is_known() && prior.issuer == target.issuer);
        planned.arn = match prior {
            Some(prior) if is_same => prior.arn.clone(),
            _ => arn_at_plan(cx, &target).await?,
        };
        if let Some(prior) = prior {
            if !is_same {
                plan.requires_replace
                    .push(AttributePath::attribute("issuer"));
            }
            diagnostics::note_cleared_thumbprints(cx, prior, config);
        }
        planned.url = config.url.clone();
        planned.cluster_name = target.cluster_name;
        planned.cluster_arn = target.cluster_arn;
        planned.issuer = target.issuer;
        if let Some(prior) = prior.filter(|_| is_same && config.cluster_name.is_null())
            && config.url.is_null()
            && prior.cluster_name.is_null()
        {
            // By URL and by the provider block's own cluster come to the same, so that an imported provider plans empty.
            planned.url = prior.url.clone();
            planned.cluster_name = Attr::Null;
            planned.cluster_arn = Attr::Null;
        }
        planned.tags_all =
            crate::attributes::tags::planned_tags_all(&cx.client.settings().tags, &config.tags);
        let client_ids = known_set(&planned.client_id_list);
        cx.client.planned().note_provider(&planned.arn, client_ids);
        let object = name_in_account(&planned.issuer);
        let holder = SoleHolder {
            object: &object,
            label: Self::NAME.to_owned(),
            is_in_state: prior.is_some_and(|prior| name_in_account(&prior.issuer) == object),
            mark: None,
        };
        if object_claim::hold_alone(cx, holder).is_some_and(|other| other.is_in_state_too) {
            cx.add(diagnostics::two_resources(planned));
        }
        if prior.is_none() && config.url.is_null() {
            existing::warn(cx, planned).await;
        }
        Ok(())
    }

    async fn create(
        &self,
        cx: &Context<Client>,
        apply: Apply<OidcProviderModel>,
    ) -> Result<State<OidcProviderModel>, Failed<OidcProviderModel>> {
        let target =
            IssuerTarget::at_apply(cx, &apply.config, &apply.planned, Operation::Create).await?;
        let planned = target.fill(cx, apply.planned);
        let object = name_in_account(&planned.issuer);
        let made = existing::make_or_adopt(cx, planned).await;
        if made.is_err() {
            object_claim::note_failed(cx, &object);
        }
        made
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        state: State<OidcProviderModel>,
    ) -> Result<Option<State<OidcProviderModel>>, Diagnostics> {
        if cx.client.cloud().is_none() {
            cx.add(api_failure::kept_unread("OIDC provider"));
            return Ok(Some(state));
        }
        state
            .model
            .placement()
            .check_region_at_read(cx.client.clusters())?;
        let Some(arn) = state.model.arn.known().cloned() else {
            return Ok(Some(state));
        };
        cx.client.account_objects().note_in_state(&arn);
        Ok(match find(cx, &arn).await? {
            Lookup::Found(provider) => Some(as_read(cx, &provider, state)),
            Lookup::Gone => None,
            Lookup::Unread => Some(state),
        })
    }

    async fn update(
        &self,
        cx: &Context<Client>,
        apply: Apply<OidcProviderModel>,
    ) -> Result<State<OidcProviderModel>, Failed<OidcProviderModel>> {
        let Some(prior) = apply.prior else {
            return Err(diagnostics::no_prior().into());
        };
        let target =
            IssuerTarget::at_apply(cx, &apply.config, &apply.planned, Operation::Update).await?;
        let planned = target.fill(cx, apply.planned);
        existing::change(cx, prior, planned).await
    }

    async fn delete(
        &self,
        cx: &Context<Client>,
        state: State<OidcProviderModel>,
    ) -> Result<(), Diagnostics> {
        let Some(arn) = state.model.arn.known() else {
            return Ok(());
        };
        if object_claim::is_followed(cx, &state.private, arn) {
            return cx.client.check_account(arn).await;
        }
        if state.model.adopted == Attr::Known(true) {
            cx.add(diagnostics::adopted_stays(arn));
            return Ok(());
        }
        cx.client.check_account(arn).await?;
        let about = about(arn);
        let failed = api_failure::failure("Cannot Delete OIDC Provider", &about);
        let iam = cx.client.iam().await.map_err(&failed)?;
        iam.delete_oidc_provider(arn).await.map_err(&failed)
    }

    async fn import(
        &self,
        cx: &Context<Client>,
        id: &str,
    ) -> Result<State<OidcProviderModel>, Diagnostics> {
        let id = ImportId::parse(id);
        let model = match id.object.starts_with("arn:") {
            true => issuer_target::model_from_arn(id.object)?,
            false => {
                let target = issuer_target::target_from_cluster(cx, &id).await?;
                let arn = arn_of(cx, &target.issuer).await?;
                OidcProviderModel {
                    arn,
                    region: ClusterIdentity::of_import_id(&id, cx.client.clusters()).region,
                    ..target.fill(cx, OidcProviderModel::default())
                }
            }
        };
        let Some(arn) = model.arn.known().cloned() else {
            return Err(diagnostics::not_importable(id.object).into());
        };
        let account_check = cx.client.check_account_of_import(&arn);
        match find_checked(cx, &arn, account_check).await? {
            Lookup::Found(provider) => {
                let found = flatten(cx.client.settings(), &provider, model);
                // Nobody has configured them, so generated configuration does not either.
                Ok(OidcProviderModel {
                    thumbprint_list: Attr::Null,
                    ..found
                }
                .into())
            }
            Lookup::Gone => Err(diagnostics::nothing_to_import(&arn).into()),
            Lookup::Unread => Err(api_failure::unread_import(&about(&arn)).into()),
        }
    }

    async fn import_identity(
        &self,
        cx: &Context<Client>,
        identity: OidcProviderIdentity,
    ) -> Result<State<OidcProviderModel>, Diagnostics> {
        let arn = identity.arn.known().map_or("", String::as_str);
        if !arn.starts_with("arn:") {
            return Err(diagnostics::wrong_identity(arn).into());
        }
        self.import(cx, arn).await
    }

    fn move_from(
        &self,
        source: MoveSource,
    ) -> Option<Result<State<OidcProviderModel>, Diagnostics>> {
        moved::move_from(&source)
    }

    fn moves(&self) -> bool {
        true
    }
}

/// The state of a provider that is there. Thumbprints that an import has left out stay out.
fn as_read(
    cx: &Context<Client>,
    live: &OidcProvider,
    state: State<OidcProviderModel>,
) -> State<OidcProviderModel> {
    let has_no_thumbprints = state.model.thumbprint_list.is_null();
    let read = flatten(cx.client.settings(), live, state.model);
    let thumbprint_list = match has_no_thumbprints {
        true => Attr::Null,
        false => read.thumbprint_list,
    };
    State {
        model: OidcProviderModel {
            thumbprint_list,
            ..read
        },
        private: state.private,
    }
}

/// The provider of an ARN of the state.
async fn find(cx: &Context<Client>, arn: &str) -> Result<Lookup<OidcProvider>, Diagnostics> {
    find_checked(cx, arn, cx.client.check_account(arn)).await
}

/// The provider of an ARN; that there is none is only believed in the ARN's own account, which `account_check` is asked about then.
async fn find_checked(
    cx: &Context<Client>,
    arn: &str,
    account_check: impl Future<Output = Result<(), Diagnostics>>,
) -> Result<Lookup<OidcProvider>, Diagnostics> {
    let about = about(arn);
    let failed = api_failure::failure("Cannot Read OIDC Provider", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    match iam.oidc_provider(arn).await {
        Ok(Some(provider)) => Ok(Lookup::Found(provider)),
        Ok(None) => {
            account_check.await?;
            Ok(Lookup::Gone)
        }
        Err(error) if kept_state::is_kept(cx, &about, &error) => Ok(Lookup::Unread),
        Err(error) => {
            account_check.await?;
            Err(failed(error))
        }
    }
}

/// The ARN that IAM will give, from the issuer and the caller's account.
async fn arn_of(cx: &Context<Client>, issuer: &Attr<String>) -> Result<Attr<String>, Diagnostics> {
    let (Some(url), Some(_)) = (issuer.known(), cx.client.cloud()) else {
        return Ok(Attr::Unknown);
    };
    let caller = cx.client.caller_account().await?;
    let issuer = Issuer::parse(url).map_err(|error| diagnostics::wrong_url(&error))?;
    Ok(Attr::Known(
        issuer.provider_arn(caller.partition, &caller.id),
    ))
}

/// The ARN as a plan may know it. Nothing has to be asked to plan the provider of a URL, so its account is asked for only where the provider block
/// limits accounts, and is known without asking where the block assumes a role.
async fn arn_at_plan(
    cx: &Context<Client>,
    target: &IssuerTarget,
) -> Result<Attr<String>, Diagnostics> {
    let asks_anyway = !target.cluster_name.is_null() || cx.client.settings().limits_accounts();
    if asks_anyway {
        return arn_of(cx, &target.issuer).await;
    }
    let session: &Session = (*cx.client).as_ref();
    let issuer = target
        .issuer
        .known()
        .and_then(|url| Issuer::parse(url).ok());
    Ok(match (issuer, session.account_of_role()) {
        (Some(issuer), Some(account)) => {
            Attr::Known(issuer.provider_arn(account.partition, &account.id))
        }
        _ => Attr::Unknown,
    })
}

/// What the provider of an issuer is called in its account.
fn name_in_account(issuer: &Attr<String>) -> Attr<String> {
    let parsed = issuer.known().and_then(|url| Issuer::parse(url).ok());
    parsed.map_or(Attr::Unknown, |issuer| {
        Attr::Known(issuer.provider_resource())
    })
}

fn about(arn: &str) -> String {
    format!("OIDC provider `{arn}`")
}

#[cfg(test)]
mod tests;
