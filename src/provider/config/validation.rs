//! What values of the provider block say together.

use eksauth_core::principal::arn::Arn;
use eksauth_core::principal::partition::Partition;
use tf_provider::{Attr, AttributePath, Diagnostics};

use super::diagnostics::{
    Ignored, another_partition, conflict, half_a_client_certificate, invalid_value, missing_key,
    missing_role_arn, missing_token, no_effect, no_role, tls_is_verified,
};
use super::model::{ClusterModel, ProviderModel, WebIdentityModel};
use crate::attributes::cluster::{check_cluster_name, check_region};

/// What is said of a block that is taken. Terraform validates a block twice in a plan and configures it once, so it is said there.
pub(crate) fn note(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    for (index, block) in config.assume_role.iter().enumerate() {
        if block.role_arn.is_null() {
            diagnostics.push(no_role().at(root("assume_role").index(index)));
        }
    }
    let ignored = without_effect(config);
    if !ignored.is_empty() {
        diagnostics.push(no_effect(&ignored));
    }
}

pub(crate) fn validate(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    if !config.allowed_account_ids.is_null() && !config.forbidden_account_ids.is_null() {
        diagnostics.push(
            conflict("allowed_account_ids", "forbidden_account_ids")
                .at(root("forbidden_account_ids")),
        );
    }
    keys(config, diagnostics);
    regions(config, diagnostics);
    if config.insecure == Attr::Known(true) {
        diagnostics.push(tls_is_verified());
    }
    for (index, block) in config.assume_role.iter().enumerate() {
        let path = root("assume_role").index(index);
        same_partition(diagnostics, config, &block.role_arn, path.at("role_arn"));
    }
    if let Some(block) = &config.assume_role_with_web_identity {
        let path = root("assume_role_with_web_identity");
        needs(diagnostics, &block.role_arn, path.clone().at("role_arn"));
        same_partition(
            diagnostics,
            config,
            &block.role_arn,
            path.clone().at("role_arn"),
        );
        one_token(diagnostics, block, path);
    }
    for (name, cluster) in config.clusters.known().into_iter().flatten() {
        let path = root("clusters").key(name);
        if let Err(invalid) = check_cluster_name(name) {
            diagnostics.push(invalid_value(&invalid).at(path.clone()));
        }
        if let Some(cluster) = cluster.known() {
            one_way_in(diagnostics, cluster, path);
        }
    }
}

fn root(name: &str) -> AttributePath {
    AttributePath::attribute(name)
}

/// Regions look like one, unless the block says that they may look otherwise; whether it does may be unknown.
fn regions(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    if !matches!(
        config.skip_region_validation,
        Attr::Null | Attr::Known(false)
    ) {
        return;
    }
    for (name, region) in [
        ("region", &config.region),
        ("sts_region", &config.sts_region),
    ] {
        if let Some(Err(invalid)) = region.known().map(|region| check_region(region)) {
            diagnostics.push(invalid_value(&invalid).at(root(name)));
        }
    }
}

/// The arguments of hashicorp/aws that are set and do nothing here.
fn without_effect(config: &ProviderModel) -> Vec<Ignored> {
    let s3 = "this provider does not call S3";
    let ignored = [
        (
            !config.skip_credentials_validation.is_null(),
            Ignored {
                name: "skip_credentials_validation",
                reason: "credentials are first tried by the first call that needs them",
            },
        ),
        (
            !config.skip_requesting_account_id.is_null(),
            Ignored {
                name: "skip_requesting_account_id",
                reason: "the account is asked for only where something depends on it, such as before something is called gone, changed or deleted",
            },
        ),
        (
            !config.s3_us_east_1_regional_endpoint.is_null(),
            Ignored {
                name: "s3_us_east_1_regional_endpoint",
                reason: s3,
            },
        ),
        (
            !config.s3_use_path_style.is_null(),
            Ignored {
                name: "s3_use_path_style",
                reason: s3,
            },
        ),
    ];
    let set = ignored.into_iter().filter(|(is_set, _)| *is_set);
    set.map(|(_, ignored)| ignored).collect()
}

/// Static keys come in pairs.
fn keys(config: &ProviderModel, diagnostics: &mut Diagnostics) {
    let missing = match (config.access_key.is_null(), config.secret_key.is_null()) {
        (false, true) => "secret_key",
        (true, false) => "access_key",
        (true, true) if !config.token.is_null() => "access_key",
        _ => return,
    };
    diagnostics.push(missing_key(missing));
}

/// A role of another partition can never be assumed from here.
fn same_partition(
    diagnostics: &mut Diagnostics,
    config: &ProviderModel,
    arn: &Attr<String>,
    path: AttributePath,
) {
    let partition = config
        .region
        .known()
        .and_then(|region| Partition::of_region(region));
    let role = arn.known().and_then(|arn| Arn::parse(arn).ok());
    if let (Some(partition), Some(role)) = (partition, role)
        && role.partition != partition
    {
        diagnostics.push(another_partition(&role, partition).at(path));
    }
}

fn one_token(diagnostics: &mut Diagnostics, block: &WebIdentityModel, path: AttributePath) {
    match (
        block.web_identity_token.is_null(),
        block.web_identity_token_file.is_null(),
    ) {
        (false, false) => diagnostics.push(
            conflict("web_identity_token", "web_identity_token_file")
                .at(path.at("web_identity_token_file")),
        ),
        (true, true) => diagnostics.push(missing_token().at(path)),
        _ => {}
    }
}

/// A cluster is entered in one way.
fn one_way_in(diagnostics: &mut Diagnostics, cluster: &ClusterModel, path: AttributePath) {
    let ways = [
        ("token", !cluster.token.is_null()),
        ("client_certificate", !cluster.client_certificate.is_null()),
        (
            "kubernetes_role_arn",
            !cluster.kubernetes_role_arn.is_null(),
        ),
    ];
    let set: Vec<&str> = ways
        .iter()
        .filter(|(_, is_set)| *is_set)
        .map(|(name, _)| *name)
        .collect();
    if let [first, second, ..] = set.as_slice() {
        diagnostics.push(conflict(first, second).at(path.clone().at(*second)));
    }
    if cluster.client_certificate.is_null() != cluster.client_key.is_null() {
        diagnostics.push(half_a_client_certificate().at(path));
    }
}

fn needs(diagnostics: &mut Diagnostics, attribute: &Attr<String>, path: AttributePath) {
    if attribute.is_null() {
        diagnostics.push(missing_role_arn().at(path));
    }
}
