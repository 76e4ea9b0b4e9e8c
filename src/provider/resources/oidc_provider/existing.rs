//! Making a provider, taking over one that exists, and changing it in place.

use std::collections::BTreeSet;

use tf_provider::resource::{Failed, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use super::flatten::{flatten, is_same};
use super::schema::OidcProviderModel;
use super::{about, arn_of};
use crate::attributes::tags::tag_changes;
use crate::attributes::values::{known_list, known_map, known_set, to_set};
use crate::client::Client;
use crate::diagnostics::api_failure;
use crate::ports::iam::{NewOidcProvider, OidcProvider};
use crate::ports::{ApiError, ErrorKind, IamApi};
use crate::session::consistency::until_consistent;
use crate::session::object_claim::{self, Origin};

/// Says at plan that a provider to make is there already, unless it is this configuration's own. Where the caller may not look, nothing is said:
/// apply finds out.
pub(super) async fn warn(cx: &Context<Client>, planned: &OidcProviderModel) {
    let (Some(arn), Ok(wanted)) = (planned.arn.known(), wanted(planned)) else {
        return;
    };
    let found = match find(cx, arn).await {
        Ok(Some(found)) => found,
        Ok(None) => return,
        Err(error) => {
            tracing::debug!(%error, arn, "whether the provider is there already is not known");
            return;
        }
    };
    if cx.client.account_objects().is_own(cx, arn).await {
        return;
    }
    let adopts = planned.on_conflict == Attr::Known("adopt".to_owned());
    cx.add(diagnostics::exists_at_plan(&found, &wanted, adopts));
}

/// The provider of an ARN, if the account's list has it.
async fn find(cx: &Context<Client>, arn: &str) -> Result<Option<OidcProvider>, ApiError> {
    let session = cx.client.session();
    match cx
        .client
        .account_objects()
        .has_oidc_provider(session, arn)
        .await?
    {
        true => session.iam().await?.oidc_provider(arn).await,
        false => Ok(None),
    }
}

/// Makes the provider of a plan, or takes over what is there if the plan says so.
///
/// It looks first: what was not there a moment ago and "exists already" after a repeated call is ours, its answer was lost.
pub(super) async fn make_or_adopt(
    cx: &Context<Client>,
    planned: OidcProviderModel,
) -> Result<State<OidcProviderModel>, Failed<OidcProviderModel>> {
    let wanted = wanted(&planned)?;
    let arn = arn_of(cx, &planned.issuer)
        .await?
        .into_known()
        .unwrap_or_default();
    let about = about(&arn);
    let failed = api_failure::failure("Cannot Create OIDC Provider", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    if let Some(existing) = iam.oidc_provider(&arn).await.map_err(&failed)? {
        return conflict(cx, &existing, &wanted, planned).await;
    }
    let made = match iam.create_oidc_provider(&wanted).await {
        Ok(arn) => arn,
        Err(error) => match existing_after(iam.as_ref(), &arn, &error).await {
            Some(existing) if is_ours(&existing, &wanted, &error) => arn,
            Some(existing) => return conflict(cx, &existing, &wanted, planned).await,
            None => return Err(failed(error).into()),
        },
    };
    let state = OidcProviderModel {
        arn: Attr::Known(made.clone()),
        adopted: Attr::Known(false),
        ..planned
    };
    match read_back(cx, iam.as_ref(), &made).await {
        Ok(provider) => Ok(fill_thumbprints(state, &provider).into()),
        // It is made whole; only the thumbprints that IAM filled in are not known, and an error would have Terraform replace it.
        Err(error) => {
            tracing::warn!(%error, arn = made, "the provider that was just made cannot be read");
            Ok(without_unknown(state).into())
        }
    }
}

/// Changes client ids, thumbprints and tags in place. What was done before a failure is in the state.
pub(super) async fn change(
    cx: &Context<Client>,
    prior: OidcProviderModel,
    planned: OidcProviderModel,
) -> Result<State<OidcProviderModel>, Failed<OidcProviderModel>> {
    let arn = prior.arn.known().cloned().unwrap_or_default();
    cx.client.check_account(&arn).await?;
    let about = about(&arn);
    let failed = api_failure::failure("Cannot Change OIDC Provider", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let mut change = Change {
        cx,
        iam: iam.as_ref(),
        arn: &arn,
        reached: OidcProviderModel {
            client_id_list: prior.client_id_list.clone(),
            ..prior
        },
    };
    match change.to(&planned).await {
        Ok(()) => Ok(OidcProviderModel {
            arn: change.reached.arn,
            adopted: change.reached.adopted,
            thumbprint_list: match planned.thumbprint_list {
                Attr::Known(_) => planned.thumbprint_list,
                Attr::Null | Attr::Unknown => change.reached.thumbprint_list,
            },
            ..planned
        }
        .into()),
        Err(error) => Err(Failed {
            state: Some(change.reached.into()),
            diagnostics: failed(error),
        }),
    }
}

/// One change on its way.
struct Change<'a> {
    cx: &'a Context<Client>,
    iam: &'a dyn IamApi,
    arn: &'a str,
    reached: OidcProviderModel,
}

impl Change<'_> {
    async fn to(&mut self, planned: &OidcProviderModel) -> Result<(), ApiError> {
        self.client_ids(&known_set(&planned.client_id_list).unwrap_or_default())
            .await?;
        let thumbprints = known_list(&planned.thumbprint_list).unwrap_or_default();
        let before = known_list(&self.reached.thumbprint_list).unwrap_or_default();
        if !thumbprints.is_empty() && !is_same(&thumbprints, &before) {
            self.iam.update_thumbprints(self.arn, &thumbprints).await?;
            self.reached.thumbprint_list = planned.thumbprint_list.clone();
        }
        self.tags(planned).await
    }

    /// Adds before it removes, so that at no moment a wanted audience is refused.
    async fn client_ids(&mut self, wanted: &BTreeSet<String>) -> Result<(), ApiError> {
        let mut have = known_set(&self.reached.client_id_list).unwrap_or_default();
        for id in wanted.difference(&have.clone()) {
            self.iam.add_client_id(self.arn, id).await?;
            have.insert(id.clone());
            self.reached.client_id_list = to_set(have.clone());
        }
        let superfluous: BTreeSet<String> = have.difference(wanted).cloned().collect();
        if self.reached.adopted == Attr::Known(true) {
            if !superfluous.is_empty() {
                self.cx
                    .add(diagnostics::client_ids_stay(self.arn, &superfluous));
            }
            return Ok(());
        }
        for id in superfluous {
            self.iam.remove_client_id(self.arn, &id).await?;
            have.remove(&id);
            self.reached.client_id_list = to_set(have.clone());
        }
        Ok(())
    }

    async fn tags(&mut self, planned: &OidcProviderModel) -> Result<(), ApiError> {
        let before = known_map(&self.reached.tags_all).unwrap_or_default();
        let after = known_map(&planned.tags_all).unwrap_or_default();
        let (written, removed) = tag_changes(&before, &after);
        if !written.is_empty() {
            self.iam.tag_oidc_provider(self.arn, &written).await?;
        }
        if !removed.is_empty() {
            self.iam.untag_oidc_provider(self.arn, &removed).await?;
        }
        self.reached.tags = planned.tags.clone();
        self.reached.tags_all = planned.tags_all.clone();
        Ok(())
    }
}

/// A provider that is there already: an error, unless the practitioner wants it adopted.
async fn conflict(
    cx: &Context<Client>,
    existing: &OidcProvider,
    wanted: &NewOidcProvider,
    planned: OidcProviderModel,
) -> Result<State<OidcProviderModel>, Failed<OidcProviderModel>> {
    if let Some(origin) = object_claim::given_up(cx, &existing.arn) {
        return take_over(cx, existing, planned, origin).await;
    }
    if planned.on_conflict != Attr::Known("adopt".to_owned()) {
        return Err(diagnostics::exists_already(existing, wanted).into());
    }
    cx.add(diagnostics::adopted(existing));
    take_over(cx, existing, planned, Origin::Adopted).await
}

/// Goes on with a provider that is there, as another address has left it or as somebody else has.
async fn take_over(
    cx: &Context<Client>,
    existing: &OidcProvider,
    planned: OidcProviderModel,
    origin: Origin,
) -> Result<State<OidcProviderModel>, Failed<OidcProviderModel>> {
    let is_adopted = origin == Origin::Adopted;
    let own = OidcProviderModel {
        client_id_list: to_set(existing.client_ids.clone()),
        adopted: Attr::Known(is_adopted),
        ..planned.clone()
    };
    let prior = flatten(cx.client.settings(), existing, without_unknown(own));
    let prior = OidcProviderModel {
        client_id_list: if is_adopted {
            configured(existing, &planned)
        } else {
            prior.client_id_list
        },
        ..prior
    };
    match change(cx, prior, planned).await {
        // A state beside an error would be tainted and replaced; the next apply adopts the provider again instead.
        Err(failed) if is_adopted => Err(failed.diagnostics.into()),
        outcome => outcome,
    }
}

/// Of an existing provider's client ids those that the plan names; the others are its own and stay.
fn configured(
    existing: &OidcProvider,
    planned: &OidcProviderModel,
) -> Attr<BTreeSet<Attr<String>>> {
    let wanted = known_set(&planned.client_id_list).unwrap_or_default();
    to_set(existing.client_ids.intersection(&wanted).cloned())
}

/// After a create that may have been carried out: what is there now.
async fn existing_after(iam: &dyn IamApi, arn: &str, error: &ApiError) -> Option<OidcProvider> {
    match error.kind {
        // A second failure here is less telling than the first, which is reported.
        ErrorKind::AlreadyExists | ErrorKind::AnswerLost => {
            iam.oidc_provider(arn).await.ok().flatten()
        }
        _ => None,
    }
}

/// Made by our own call, whose answer was lost: it was tried more than once, and what is there is what was asked for.
fn is_ours(existing: &OidcProvider, wanted: &NewOidcProvider, error: &ApiError) -> bool {
    error.may_have_been_carried_out()
        && existing.client_ids == wanted.client_ids
        && existing.tags == wanted.tags
}

async fn read_back(
    cx: &Context<Client>,
    iam: &dyn IamApi,
    arn: &str,
) -> Result<OidcProvider, ApiError> {
    let not_there = || {
        ApiError::new(
            ErrorKind::NotFound,
            "iam:GetOpenIDConnectProvider",
            "the provider that was just made cannot be read",
        )
    };
    until_consistent(
        cx,
        |error| error.kind == ErrorKind::NotFound,
        || async { iam.oidc_provider(arn).await?.ok_or_else(not_there) },
    )
    .await
}

fn fill_thumbprints(state: OidcProviderModel, live: &OidcProvider) -> OidcProviderModel {
    match state.thumbprint_list {
        Attr::Known(_) => state,
        Attr::Null | Attr::Unknown => OidcProviderModel {
            thumbprint_list: crate::attributes::values::to_list(live.thumbprints.clone()),
            ..state
        },
    }
}

/// A state that may be saved beside an error: what is not known is null.
fn without_unknown(state: OidcProviderModel) -> OidcProviderModel {
    match state.thumbprint_list {
        Attr::Unknown => OidcProviderModel {
            thumbprint_list: Attr::Null,
            ..state
        },
        Attr::Null | Attr::Known(_) => state,
    }
}

fn wanted(planned: &OidcProviderModel) -> Result<NewOidcProvider, Diagnostics> {
    let known = (|| {
        Some(NewOidcProvider {
            url: planned.issuer.known()?.clone(),
            client_ids: known_set(&planned.client_id_list)?,
            thumbprints: known_list(&planned.thumbprint_list).unwrap_or_default(),
            tags: known_map(&planned.tags_all)?,
        })
    })();
    known.ok_or_else(|| api_failure::not_known_at_apply("OIDC provider").into())
}
