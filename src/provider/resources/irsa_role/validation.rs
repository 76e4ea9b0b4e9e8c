//! What can be said of a configuration of `eksauth_irsa_role` without asking anyone.

use std::collections::BTreeSet;

use tf_provider::{Attr, AttributePath, Diagnostics};

use super::schema::{IrsaRoleModel, TrustModel};
use super::{addon_policies, diagnostics};

pub(super) fn validate(config: &IrsaRoleModel, diagnostics: &mut Diagnostics) {
    if !config.name.is_null() && !config.name_prefix.is_null() {
        diagnostics.push(diagnostics::conflict(
            "name",
            "name_prefix",
            "a name is either given or generated",
        ));
    }
    if !config.trust.is_null() {
        beside_trust(config, diagnostics);
    } else {
        shorthand(config, diagnostics);
    }
    for (index, element) in config.trust.known().into_iter().flatten().enumerate() {
        if let Some(element) = element.known() {
            trust_element(
                AttributePath::attribute("trust").index(index),
                element,
                diagnostics,
            );
        }
    }
    if config.pod_identity != Attr::Known(true)
        && config.pod_identity_condition.is_known()
        && !config.pod_identity.is_unknown()
    {
        diagnostics.push(diagnostics::condition_without_pod_identity());
    }
    addon_policies::validate(config, diagnostics);
    if trusts_no_one(config) {
        diagnostics.push(diagnostics::trusts_no_one());
    }
}

/// The attributes that `trust` takes the place of.
fn beside_trust(config: &IrsaRoleModel, diagnostics: &mut Diagnostics) {
    let set = [
        ("cluster_name", !config.cluster_name.is_null()),
        ("region", !config.region.is_null()),
        ("oidc_provider_arn", !config.oidc_provider_arn.is_null()),
        ("service_accounts", !config.service_accounts.is_null()),
        (
            "service_account_patterns",
            !config.service_account_patterns.is_null(),
        ),
        ("audience", !config.audience.is_null()),
    ];
    for (name, _) in set.into_iter().filter(|(_, is_set)| *is_set) {
        diagnostics.push(diagnostics::conflict(
            "trust",
            name,
            "move it into an element of `trust`",
        ));
    }
}

fn shorthand(config: &IrsaRoleModel, diagnostics: &mut Diagnostics) {
    if !config.cluster_name.is_null() && !config.oidc_provider_arn.is_null() {
        diagnostics.push(diagnostics::conflict(
            "cluster_name",
            "oidc_provider_arn",
            "both say whose service accounts are meant",
        ));
    }
    let has_source = !config.cluster_name.is_null() || !config.oidc_provider_arn.is_null();
    let says_whom = config.service_accounts.is_null() && config.service_account_patterns.is_null();
    let is_empty = has_no_one(&config.service_accounts, &config.service_account_patterns);
    if is_empty && (has_source || !says_whom || !config.audience.is_null()) {
        diagnostics.push(diagnostics::no_service_account(
            AttributePath::attribute("service_accounts"),
            "This role",
        ));
    }
}

fn trust_element(path: AttributePath, element: &TrustModel, diagnostics: &mut Diagnostics) {
    if !element.cluster_name.is_null() && !element.oidc_provider_arn.is_null() {
        let twice = diagnostics::conflict(
            "cluster_name",
            "oidc_provider_arn",
            "both say whose service accounts are meant",
        );
        diagnostics.push(twice.at(path.clone().at("oidc_provider_arn")));
    }
    if element.cluster_name.is_null() && element.oidc_provider_arn.is_null() {
        diagnostics.push(diagnostics::no_source(path.clone()));
    }
    if has_no_one(&element.service_accounts, &element.service_account_patterns) {
        diagnostics.push(diagnostics::no_service_account(
            path.at("service_accounts"),
            "This element",
        ));
    }
}

/// True if both are null or empty for certain.
fn has_no_one(
    accounts: &Attr<BTreeSet<Attr<String>>>,
    patterns: &Attr<BTreeSet<Attr<String>>>,
) -> bool {
    let is_empty = |names: &Attr<BTreeSet<Attr<String>>>| match names {
        Attr::Null => true,
        Attr::Unknown => false,
        Attr::Known(names) => names.iter().all(Attr::is_null),
    };
    is_empty(accounts) && is_empty(patterns)
}

fn trusts_no_one(config: &IrsaRoleModel) -> bool {
    let is_off = |flag: &Attr<bool>| matches!(flag, Attr::Null | Attr::Known(false));
    let has_no_element =
        |is_empty: Option<bool>, is_unknown: bool| is_empty.unwrap_or(true) && !is_unknown;
    config.service_accounts.is_null()
        && config.service_account_patterns.is_null()
        && config.cluster_name.is_null()
        && config.oidc_provider_arn.is_null()
        && config.audience.is_null()
        && has_no_element(
            config.trust.known().map(Vec::is_empty),
            config.trust.is_unknown(),
        )
        && is_off(&config.pod_identity)
        && is_off(&config.ec2)
        && has_no_element(
            config.node_role_arns.known().map(|arns| arns.is_empty()),
            config.node_role_arns.is_unknown(),
        )
        && has_no_element(
            config.extra_statements.known().map(Vec::is_empty),
            config.extra_statements.is_unknown(),
        )
}
