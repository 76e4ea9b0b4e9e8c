//! The trust policy of a plan: which OIDC provider each cluster stands for, and the document that follows.
//!
//! A cluster's provider is the one in the role's own account, so its ARN is known as soon as the cluster's issuer is, whether or not the
//! provider exists yet.

use eksauth_core::iam_policy::policy_document::grants_the_same;
use eksauth_core::iam_policy::trust_policy::{
    ServiceAccount, ServiceAccountPattern, TrustPolicy, WebIdentityTrust,
};
use eksauth_core::principal::oidc_issuer::Issuer;
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics;
use super::schema::{IrsaRoleModel, TrustModel};
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::attributes::values::{known_list, known_set};
use crate::client::Client;
use crate::clusters::{ClusterRef, FoundCluster};
use crate::diagnostics::api_failure;
use crate::resources::iam_role::trust_size::TrustSize;

/// How to come to a shorter trust policy.
const SHORTER: &str = "a pattern instead of many service accounts, several roles, or `pod_identity`, which needs one statement";

/// Fills cluster, cluster's ARN and trust policy of a plan, as far as they can be known.
pub(super) async fn at_plan(
    cx: &Context<Client>,
    config: &IrsaRoleModel,
    prior: Option<&IrsaRoleModel>,
    planned: &mut IrsaRoleModel,
) -> Result<(), Diagnostics> {
    planned.oidc_provider_arn = oidc_provider_arn(cx, config, prior).await?;
    let is_by_provider = planned.oidc_provider_arn != config.oidc_provider_arn;
    planned.cluster_name = match is_by_provider {
        true => Attr::Null,
        false => shorthand_cluster(cx, config, prior),
    };
    planned.cluster_arn = match &planned.cluster_name {
        Attr::Null => Attr::Null,
        _ => Attr::Unknown,
    };
    let mut identities = Some(Vec::new());
    for element in elements(planned).into_iter().flatten() {
        let provider = ClusterLookup::AtPlan(prior)
            .provider(cx, &element, planned)
            .await?;
        match (identity(&provider, &element)?, identities.as_mut()) {
            (Some(identity), Some(identities)) => identities.push(identity),
            _ => identities = None,
        }
    }
    let document = match (elements(planned), identities) {
        (Some(_), Some(identities)) => document(planned, identities)?,
        _ => Attr::Unknown,
    };
    keep_what_is_the_same(prior, planned, document);
    check_size(cx, prior, planned)
}

/// The same at apply: clusters are waited for, and nothing stays unknown. What was planned must still be meant.
pub(super) async fn at_apply(
    cx: &Context<Client>,
    config: &IrsaRoleModel,
    prior: Option<&IrsaRoleModel>,
    planned: &mut IrsaRoleModel,
) -> Result<(), Diagnostics> {
    let is_unchanged = |prior: &IrsaRoleModel| {
        prior.assume_role_policy == planned.assume_role_policy && is_same_trust(prior, planned)
    };
    if prior.is_some_and(is_unchanged) {
        return Ok(());
    }
    if planned.cluster_name.is_unknown() {
        planned.cluster_name = shorthand_cluster(cx, config, prior);
    }
    let operation = if prior.is_some() {
        Operation::Update
    } else {
        Operation::Create
    };
    let lookup = ClusterLookup::AtApply(Timeouts::or_default(planned.timeouts.as_ref(), operation));
    let mut identities = Vec::new();
    for element in elements(planned).unwrap_or_default() {
        let provider = lookup.provider(cx, &element, planned).await?;
        identities.extend(identity(&provider, &element)?);
    }
    let Attr::Known(document) = document(planned, identities)? else {
        return Err(api_failure::not_known_at_apply("role").into());
    };
    match planned.assume_role_policy.known() {
        Some(promised) if !grants_the_same(promised, &document) => {
            Err(diagnostics::trust_changed().into())
        }
        Some(_) => Ok(()),
        None => {
            planned.assume_role_policy = Attr::Known(document);
            check_size(cx, prior, planned)
        }
    }
}

/// The OIDC provider of the state, where the configuration names neither a provider nor a cluster and the provider block's own cluster has this
/// one: the two come to the same, so that an imported role plans empty. Else as it is configured.
async fn oidc_provider_arn(
    cx: &Context<Client>,
    config: &IrsaRoleModel,
    prior: Option<&IrsaRoleModel>,
) -> Result<Attr<String>, Diagnostics> {
    let names_a_source = !config.oidc_provider_arn.is_null()
        || !config.cluster_name.is_null()
        || !config.region.is_null()
        || !config.trust.is_null();
    let names_someone =
        !config.service_accounts.is_null() || !config.service_account_patterns.is_null();
    let before = prior.filter(|prior| prior.cluster_name.is_null() && prior.trust.is_null());
    let before = before.map(|prior| &prior.oidc_provider_arn);
    if let (false, true, Some(before @ Attr::Known(_))) = (names_a_source, names_someone, before)
        && let Some(cluster) = cx.client.clusters().own_cluster().await
        && provider_arn(cx, &cluster).await? == *before
    {
        return Ok(before.clone());
    }
    Ok(config.oidc_provider_arn.clone())
}

/// True if both say the same of who is trusted, as configured.
fn is_same_trust(a: &IrsaRoleModel, b: &IrsaRoleModel) -> bool {
    a.cluster_name == b.cluster_name
        && a.region == b.region
        && a.oidc_provider_arn == b.oidc_provider_arn
        && a.service_accounts == b.service_accounts
        && a.service_account_patterns == b.service_account_patterns
        && a.audience == b.audience
        && a.trust == b.trust
        && a.pod_identity == b.pod_identity
        && a.pod_identity_condition == b.pod_identity_condition
        && a.node_role_arns == b.node_role_arns
        && a.ec2 == b.ec2
        && a.extra_statements == b.extra_statements
}

/// A document that means the same keeps its text, and one that cannot be made now keeps it if nothing about the trust was changed.
fn keep_what_is_the_same(
    prior: Option<&IrsaRoleModel>,
    planned: &mut IrsaRoleModel,
    document: Attr<String>,
) {
    let before = prior.and_then(|prior| prior.assume_role_policy.known());
    let is_kept = match (before, &document) {
        (Some(before), Attr::Known(document)) => grants_the_same(before, document),
        (Some(_), _) => prior.is_some_and(|prior| is_same_trust(prior, planned)),
        (None, _) => false,
    };
    match prior {
        Some(prior) if is_kept => {
            planned.assume_role_policy = prior.assume_role_policy.clone();
            if planned.cluster_arn.is_unknown() && prior.cluster_name == planned.cluster_name {
                planned.cluster_arn = prior.cluster_arn.clone();
            }
        }
        _ => planned.assume_role_policy = document,
    }
}

fn check_size(
    cx: &Context<Client>,
    prior: Option<&IrsaRoleModel>,
    planned: &IrsaRoleModel,
) -> Result<(), Diagnostics> {
    let is_new = prior.is_none_or(|prior| prior.assume_role_policy != planned.assume_role_policy);
    let size = TrustSize {
        document: &planned.assume_role_policy,
        is_new,
        quota: &planned.trust_policy_quota,
        shorter: SHORTER,
    };
    size.check(cx)
}

/// The cluster of the attributes beside `trust`: as configured, else as the state has it, else the provider's. Null where the role names
/// another source or no service account.
fn shorthand_cluster(
    cx: &Context<Client>,
    config: &IrsaRoleModel,
    prior: Option<&IrsaRoleModel>,
) -> Attr<String> {
    let names_none = config.service_accounts.is_null() && config.service_account_patterns.is_null();
    if !config.cluster_name.is_null() {
        return config.cluster_name.clone();
    }
    if !config.trust.is_null() || !config.oidc_provider_arn.is_null() || names_none {
        return Attr::Null;
    }
    match prior.map(|prior| &prior.cluster_name) {
        Some(before @ Attr::Known(_)) => before.clone(),
        _ => cx.client.settings().cluster_name.clone(),
    }
}

/// Who is trusted by web identity, in one shape. `None` while it is unknown how many there are.
pub(super) fn elements(model: &IrsaRoleModel) -> Option<Vec<TrustModel>> {
    match &model.trust {
        Attr::Unknown => None,
        Attr::Known(elements) => elements
            .iter()
            .filter(|element| !element.is_null())
            .map(|element| element.known().cloned())
            .collect(),
        Attr::Null
            if model.service_accounts.is_null() && model.service_account_patterns.is_null() =>
        {
            Some(Vec::new())
        }
        Attr::Null => Some(vec![TrustModel {
            cluster_name: model.cluster_name.clone(),
            region: model.region.clone(),
            oidc_provider_arn: model.oidc_provider_arn.clone(),
            service_accounts: model.service_accounts.clone(),
            service_account_patterns: model.service_account_patterns.clone(),
            audience: model.audience.clone(),
        }]),
    }
}

/// How clusters are looked for.
enum ClusterLookup<'a> {
    /// Once; what is not there is unknown.
    AtPlan(Option<&'a IrsaRoleModel>),
    /// Until they are there.
    AtApply(std::time::Duration),
}

impl ClusterLookup<'_> {
    /// The ARN of an element's OIDC provider. Notes the cluster's ARN in the plan where the element is the role's own `cluster_name`.
    async fn provider(
        &self,
        cx: &Context<Client>,
        element: &TrustModel,
        planned: &mut IrsaRoleModel,
    ) -> Result<Attr<String>, Diagnostics> {
        if !element.oidc_provider_arn.is_null() {
            return Ok(element.oidc_provider_arn.clone());
        }
        let reference = match (&element.cluster_name, &planned.trust) {
            (Attr::Null, Attr::Null) => {
                cx.client.clusters().resolve(&Attr::Null, &element.region)?
            }
            (Attr::Null, _) => {
                return Err(
                    diagnostics::no_source(tf_provider::AttributePath::attribute("trust")).into(),
                );
            }
            (name, _) => cx.client.clusters().resolve(name, &element.region)?,
        };
        let Some(cluster) = self.cluster(cx, &reference, planned).await? else {
            return Ok(Attr::Unknown);
        };
        if planned.trust.is_null() {
            planned.cluster_arn = Attr::Known(cluster.cluster.arn.clone());
        }
        provider_arn(cx, &cluster).await
    }

    async fn cluster(
        &self,
        cx: &Context<Client>,
        reference: &Attr<ClusterRef>,
        planned: &IrsaRoleModel,
    ) -> Result<Option<std::sync::Arc<FoundCluster>>, Diagnostics> {
        let clusters = cx.client.clusters();
        match self {
            Self::AtPlan(prior) => {
                if let (Some(prior), Some(reference)) = (prior, reference.known()) {
                    check_not_moved(prior, planned, reference)?;
                }
                clusters.at_plan(cx, reference).await
            }
            Self::AtApply(timeout) => match reference {
                Attr::Known(reference) => Ok(Some(
                    clusters
                        .wait_until_active(&cx.cancel, reference, *timeout)
                        .await?,
                )),
                Attr::Null | Attr::Unknown => {
                    Err(api_failure::not_known_at_apply("role's cluster").into())
                }
            },
        }
    }
}

/// A state of another region is left alone, unless the configuration itself moves.
fn check_not_moved(
    prior: &IrsaRoleModel,
    planned: &IrsaRoleModel,
    reference: &ClusterRef,
) -> Result<(), Diagnostics> {
    let is_moved = prior.region != planned.region
        || prior.cluster_name != reference.named_as(&prior.cluster_name);
    if is_moved || !planned.trust.is_null() {
        return Ok(());
    }
    Ok(prior.placement().remembered().check_region(reference)?)
}

async fn provider_arn(
    cx: &Context<Client>,
    cluster: &FoundCluster,
) -> Result<Attr<String>, Diagnostics> {
    let Some(issuer) = cluster.issuer() else {
        return Ok(Attr::Unknown);
    };
    let issuer = Issuer::parse(issuer)
        .map_err(|error| diagnostics::invalid_issuer(&cluster.reference, &error))?;
    let caller = cx.client.caller_account().await?;
    Ok(Attr::Known(
        issuer.provider_arn(caller.partition, &caller.id),
    ))
}

/// One element with its provider; `None` while a part of it is unknown.
fn identity(
    provider: &Attr<String>,
    element: &TrustModel,
) -> Result<Option<WebIdentityTrust>, Diagnostics> {
    let known = (
        provider.known(),
        known_set(&element.service_accounts),
        known_set(&element.service_account_patterns),
        element.audience.is_unknown(),
    );
    let (Some(provider), Some(accounts), Some(patterns), false) = known else {
        return Ok(None);
    };
    Ok(Some(WebIdentityTrust {
        provider_arn: provider.clone(),
        service_accounts: accounts
            .iter()
            .map(|text| ServiceAccount::parse(text))
            .collect::<Result<_, _>>()
            .map_err(diagnostics::invalid_service_account)?,
        patterns: patterns
            .iter()
            .map(|text| ServiceAccountPattern::parse(text))
            .collect::<Result<_, _>>()
            .map_err(diagnostics::invalid_service_account)?,
        audiences: element.audience.known().cloned().into_iter().collect(),
    }))
}

/// The document, unless a part of it is unknown.
fn document(
    model: &IrsaRoleModel,
    web_identities: Vec<WebIdentityTrust>,
) -> Result<Attr<String>, Diagnostics> {
    let known = (|| {
        Some(TrustPolicy {
            web_identities,
            pod_identity: flag(&model.pod_identity)?,
            pod_identity_condition: match &model.pod_identity_condition {
                Attr::Null => None,
                condition => Some(json(condition.known()?)),
            },
            node_role_arns: known_set(&model.node_role_arns)?.into_iter().collect(),
            node_external_id: None,
            ec2: flag(&model.ec2)?,
            statements: known_list(&model.extra_statements)?
                .iter()
                .map(|text| json(text))
                .collect(),
        })
    })();
    match known {
        Some(policy) => Ok(Attr::Known(
            policy
                .to_json()
                .map_err(|error| diagnostics::wrong_trust(&error))?,
        )),
        None => Ok(Attr::Unknown),
    }
}

fn flag(attribute: &Attr<bool>) -> Option<bool> {
    match attribute {
        Attr::Null => Some(false),
        Attr::Unknown => None,
        Attr::Known(value) => Some(*value),
    }
}

/// A text that was judged to be JSON; one that came in as unknown and is none becomes a text, which the policy refuses by its shape.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.to_owned()))
}
