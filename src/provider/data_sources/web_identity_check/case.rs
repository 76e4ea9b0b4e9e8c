//! What is judged: the role and its trust policy, whose token it is, and the OIDC providers of the role's account.
//!
//! What surprises: with a given policy IAM is not asked at all, and the issuer's provider counts as registered for the audience, because
//! roles and providers that are only planned are judged so too.

use eksauth_core::document::policy_of_text;
use eksauth_core::iam_policy::policy_document::OidcProvider;
use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::principal::arn::{AccountId, Arn, iam_role_name};
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::invalid;
use super::{WebIdentityCheckModel, diagnostics};
use crate::access::web_identity::{Providers, WebIdentity, provider_of, read_providers};
use crate::client::Client;
use crate::clusters::ClusterRef;
use crate::diagnostics::api_failure;

/// What is judged, and by what names it was asked for.
pub(super) struct Case {
    pub(super) role_name: String,
    pub(super) cluster: Option<ClusterRef>,
    pub(super) asked: WebIdentity,
}

/// A role by what is known of it.
struct Role {
    name: String,
    arn: String,
    policy: String,
}

pub(super) async fn read_case(
    cx: &Context<Client>,
    config: &WebIdentityCheckModel,
) -> Result<Case, Diagnostics> {
    let given = config.service_account.known().map_or("", String::as_str);
    let subject = ServiceAccount::parse(given)
        .map_err(|error| invalid("service_account", &error.to_string()))?
        .subject();
    let (issuer, cluster) = issuer(cx, config).await?;
    let role = match config.policy.known() {
        Some(policy) => given_role(cx, config, policy).await?,
        None => live_role(cx, config).await?,
    };
    let (partition, account) = partition_and_account(&role.arn)?;
    let audience = match config.audience.known() {
        Some(audience) => audience.clone(),
        None => partition.default_audience().to_owned(),
    };
    let assumed = provider_of(&issuer, (partition, &account), &audience);
    let provider_arn = assumed.arn.clone();
    let providers = match config.policy.is_null() {
        true => live_providers(cx, &role, assumed).await?,
        false => Providers::Assumed(assumed),
    };
    Ok(Case {
        role_name: role.name,
        cluster,
        asked: WebIdentity {
            role_arn: role.arn,
            policy: role.policy,
            issuer,
            provider_arn,
            subject,
            audience,
            providers,
        },
    })
}

/// The issuer as it is given, else that of the cluster.
async fn issuer(
    cx: &Context<Client>,
    config: &WebIdentityCheckModel,
) -> Result<(Issuer, Option<ClusterRef>), Diagnostics> {
    if let Some(url) = config.issuer.known() {
        let issuer = Issuer::parse(url).map_err(|error| invalid("issuer", &error.to_string()))?;
        return Ok((issuer, None));
    }
    if let Some(arn) = config.provider_arn.known() {
        let (_, _, issuer) = Issuer::from_provider_arn(arn)
            .map_err(|error| invalid("provider_arn", &error.to_string()))?;
        return Ok((issuer, None));
    }
    let clusters = cx.client.clusters();
    let cluster = clusters
        .existing(&config.cluster_name, &config.region)
        .await?;
    let Some(url) = cluster.issuer() else {
        return Err(diagnostics::no_issuer_yet(&cluster.reference).into());
    };
    let issuer = Issuer::parse(url).map_err(|error| invalid("cluster_name", &error.to_string()))?;
    Ok((issuer, Some(cluster.reference.clone())))
}

/// A role that need not exist: in the caller's account unless its ARN says another.
async fn given_role(
    cx: &Context<Client>,
    config: &WebIdentityCheckModel,
    policy: &str,
) -> Result<Role, Diagnostics> {
    let (name, arn) = match (&config.role_arn, &config.role_name) {
        (Attr::Known(arn), _) => (name_of(arn)?, arn.clone()),
        (_, name) => {
            let name = name.known().cloned().unwrap_or_default();
            let caller = cx.client.caller_account().await?;
            let arn = format!("arn:{}:iam::{}:role/{name}", caller.partition, caller.id);
            (name, arn)
        }
    };
    Ok(Role {
        name,
        arn,
        policy: policy_of_text(policy),
    })
}

async fn live_role(
    cx: &Context<Client>,
    config: &WebIdentityCheckModel,
) -> Result<Role, Diagnostics> {
    let name = match (&config.role_arn, &config.role_name) {
        (Attr::Known(arn), _) => name_of(arn)?,
        (_, name) => name.known().cloned().unwrap_or_default(),
    };
    let about = format!("Role `{name}`");
    let failed = api_failure::failure("Cannot Read Role", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    let Some(role) = iam.role(&name).await.map_err(&failed)? else {
        return Err(diagnostics::role_not_found(&name).into());
    };
    if let Some(arn) = config.role_arn.known()
        && *arn != role.arn
    {
        return Err(diagnostics::another_role(&name, &role.arn, arn).into());
    }
    Ok(Role {
        name: role.name,
        arn: role.arn,
        policy: role.assume_role_policy,
    })
}

async fn live_providers(
    cx: &Context<Client>,
    role: &Role,
    assumed: OidcProvider,
) -> Result<Providers, Diagnostics> {
    let about = format!("The OIDC providers of role `{}`", role.name);
    let failed = api_failure::failure("Cannot Read OIDC Provider", &about);
    let iam = cx.client.iam().await.map_err(&failed)?;
    read_providers(iam, &role.arn, &role.policy, assumed)
        .await
        .map_err(failed)
}

fn name_of(arn: &str) -> Result<String, Diagnostics> {
    Ok(iam_role_name(arn).map_err(|error| invalid("role_arn", &error.to_string()))?)
}

fn partition_and_account(role_arn: &str) -> Result<(Partition, AccountId), Diagnostics> {
    let arn = Arn::parse(role_arn).map_err(|error| invalid("role_arn", &error.to_string()))?;
    match arn.account {
        Some(account) => Ok((arn.partition, account)),
        None => Err(invalid("role_arn", &format!("`{role_arn}` has no account")).into()),
    }
}
