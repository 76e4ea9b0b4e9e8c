//! From the provider block to what the room works with: the AWS part if it is wholly known, and the settings.

use std::collections::{BTreeMap, BTreeSet};

use tf_provider::Attr;

use super::model::{AssumeRoleModel, ClusterModel, ProviderModel, WebIdentityModel};
use super::rules::bool_of;
use super::settings::{LockoutGuard, OnUnreadable, Recovery, Settings};
use crate::attributes::tags::TagRules;
use crate::attributes::timeouts::parse_duration;
use crate::attributes::values::{known_list, known_map, known_set};
use crate::ports::cloud::{
    AssumeRole, AssumeRoleWithWebIdentity, MetadataService, RetryMode, Secret, UrlSetting,
};
use crate::ports::{AwsSettings, ClusterAccess, Surface};

/// The AWS part; `None` while a part of it is known only after apply, because then nothing may be asked of anyone.
pub(crate) fn aws_settings(config: &ProviderModel, user_agent: String) -> Option<AwsSettings> {
    // Who may be worked for is part of it: an unknown list must not let anyone in.
    known_set(&config.allowed_account_ids)?;
    known_set(&config.forbidden_account_ids)?;
    if let Some(ignored) = &config.ignore_tags {
        known_set(&ignored.keys)?;
        known_set(&ignored.key_prefixes)?;
    }
    Some(AwsSettings {
        region: known(&config.region)?,
        profile: known(&config.profile)?,
        access_key: known(&config.access_key)?.map(Secret::new),
        secret_key: known(&config.secret_key)?.map(Secret::new),
        token: known(&config.token)?.map(Secret::new),
        shared_config_files: known_list(&config.shared_config_files)?,
        shared_credentials_files: known_list(&config.shared_credentials_files)?,
        assume_role: config
            .assume_role
            .iter()
            .filter(|block| !block.role_arn.is_null())
            .map(assume_role)
            .collect::<Option<_>>()?,
        assume_role_with_web_identity: match &config.assume_role_with_web_identity {
            Some(block) => Some(web_identity(block)?),
            None => None,
        },
        endpoints: endpoints(config)?,
        max_retries: known(&config.max_retries)?
            .and_then(|number| u32::try_from(number).ok())
            // 0 means "no retry" in hashicorp/aws, which is one attempt.
            .map(|attempts| attempts.max(1)),
        retry_mode: known(&config.retry_mode)?.map(|mode| match mode.as_str() {
            "adaptive" => RetryMode::Adaptive,
            _ => RetryMode::Standard,
        }),
        // 0 means "no limit" in hashicorp/aws.
        retry_tokens: known(&config.token_bucket_rate_limiter_capacity)?
            .and_then(|number| u32::try_from(number).ok())
            .filter(|tokens| *tokens > 0),
        http_proxy: known(&config.http_proxy)?.map(UrlSetting::new),
        https_proxy: known(&config.https_proxy)?.map(UrlSetting::new),
        no_proxy: known(&config.no_proxy)?,
        custom_ca_bundle: known(&config.custom_ca_bundle)?,
        sts_region: known(&config.sts_region)?,
        metadata: metadata(config)?,
        use_fips_endpoint: known(&config.use_fips_endpoint)?,
        use_dualstack_endpoint: known(&config.use_dualstack_endpoint)?,
        user_agent,
        surface: Surface::Terraform,
    })
}

/// How the instance metadata service is asked.
fn metadata(config: &ProviderModel) -> Option<MetadataService> {
    let skipped = known(&config.skip_metadata_api_check)?;
    Some(MetadataService {
        is_skipped: skipped.and_then(|text| bool_of(&text).flatten()) == Some(true),
        endpoint: known(&config.ec2_metadata_service_endpoint)?.map(UrlSetting::new),
        by_ipv6: known(&config.ec2_metadata_service_endpoint_mode)?.map(|mode| mode == "IPv6"),
    })
}

/// The rest of the block.
pub(crate) fn settings(config: &ProviderModel) -> Settings {
    let ignored = config.ignore_tags.clone().unwrap_or_default();
    Settings {
        region: config.region.clone(),
        cluster_name: config.cluster_name.clone(),
        clusters: config.clusters.clone().map(|clusters| {
            clusters
                .into_iter()
                .map(|(name, cluster)| (name, cluster_access(cluster)))
                .collect()
        }),
        tags: TagRules {
            defaults: config
                .default_tags
                .clone()
                .map_or(Attr::Null, |block| block.tags),
            ignored_keys: some(&ignored.keys),
            ignored_prefixes: some(&ignored.key_prefixes),
        },
        assumed_role_arn: assumed_role_arn(config),
        allowed_account_ids: some(&config.allowed_account_ids),
        forbidden_account_ids: some(&config.forbidden_account_ids),
        lockout_guard: match config.lockout_guard.known().map(String::as_str) {
            Some("warn") => LockoutGuard::Warn,
            Some("off") => LockoutGuard::Off,
            Some("strict") => LockoutGuard::Strict,
            _ => LockoutGuard::Error,
        },
        protected_principals: some(&config.protected_principals).into_iter().collect(),
        apply_principal_arns: some(&config.apply_principal_arns).into_iter().collect(),
        on_unreadable: match config.on_unreadable.known().map(String::as_str) {
            Some("keep_state") => OnUnreadable::KeepState,
            _ => OnUnreadable::Error,
        },
        suppress_findings: some(&config.suppress_findings),
        recovery: match config.recovery.known().map(String::as_str) {
            Some("file") => Recovery::File,
            Some("off") => Recovery::Off,
            _ => Recovery::ConfigMap,
        },
        recovery_folder: config.recovery_folder.known().map(Into::into),
        confirm_access: config.confirm_access != Attr::Known(false),
        dry_run: config.dry_run == Attr::Known(true),
        surface: Surface::Terraform,
        ..Settings::default()
    }
}

/// The role whose credentials act, where the block assumes one.
fn assumed_role_arn(config: &ProviderModel) -> Option<String> {
    let by_web_identity = config.assume_role_with_web_identity.as_ref();
    let roles = config.assume_role.iter().map(|block| &block.role_arn);
    let last = roles.rev().find(|role| !role.is_null());
    let role = last.or(by_web_identity.map(|block| &block.role_arn))?;
    role.known().cloned()
}

/// `None` for unknown.
fn known<T: Clone>(attribute: &Attr<T>) -> Option<Option<T>> {
    match attribute {
        Attr::Null => Some(None),
        Attr::Unknown => None,
        Attr::Known(value) => Some(Some(value.clone())),
    }
}

/// The elements that are known.
fn some(set: &Attr<BTreeSet<Attr<String>>>) -> BTreeSet<String> {
    set.known()
        .into_iter()
        .flatten()
        .filter_map(|element| element.known().cloned())
        .collect()
}

fn assume_role(block: &AssumeRoleModel) -> Option<AssumeRole> {
    Some(AssumeRole {
        role_arn: known(&block.role_arn)?.unwrap_or_default(),
        session_name: known(&block.session_name)?,
        external_id: known(&block.external_id)?,
        duration_seconds: seconds(known(&block.duration)?),
        policy: known(&block.policy)?,
        policy_arns: known_set(&block.policy_arns)?.into_iter().collect(),
        tags: known_map(&block.tags)?,
        transitive_tag_keys: known_set(&block.transitive_tag_keys)?.into_iter().collect(),
        source_identity: known(&block.source_identity)?,
    })
}

fn web_identity(block: &WebIdentityModel) -> Option<AssumeRoleWithWebIdentity> {
    Some(AssumeRoleWithWebIdentity {
        role_arn: known(&block.role_arn)?.unwrap_or_default(),
        session_name: known(&block.session_name)?,
        duration_seconds: seconds(known(&block.duration)?),
        policy: known(&block.policy)?,
        policy_arns: known_set(&block.policy_arns)?.into_iter().collect(),
        token: known(&block.web_identity_token)?.map(Secret::new),
        token_file: known(&block.web_identity_token_file)?,
    })
}

fn seconds(duration: Option<String>) -> Option<i32> {
    let duration = parse_duration(&duration?)?;
    i32::try_from(duration.as_secs()).ok()
}

fn endpoints(config: &ProviderModel) -> Option<BTreeMap<String, UrlSetting>> {
    let Some(block) = &config.endpoints else {
        return Some(BTreeMap::new());
    };
    let given = [
        ("iam", known(&block.iam)?),
        ("eks", known(&block.eks)?),
        ("sts", known(&block.sts)?),
    ];
    Some(
        given
            .into_iter()
            .filter_map(|(service, url)| Some((service.to_owned(), url?.into())))
            .collect(),
    )
}

/// Unknown as a whole while a part of it is: a cluster must not be entered by half of what was said.
fn cluster_access(cluster: Attr<ClusterModel>) -> Attr<ClusterAccess> {
    let access = |cluster: &ClusterModel| {
        Some(ClusterAccess {
            region: known(&cluster.region)?,
            assume_role_arn: known(&cluster.assume_role_arn)?,
            kubernetes_role_arn: known(&cluster.kubernetes_role_arn)?,
            proxy_url: known(&cluster.proxy_url)?.map(UrlSetting::new),
            tls_server_name: known(&cluster.tls_server_name)?,
            host: known(&cluster.host)?.map(UrlSetting::new),
            cluster_ca_certificate: known(&cluster.cluster_ca_certificate)?,
            token: known(&cluster.token)?.map(Secret::new),
            client_certificate: known(&cluster.client_certificate)?,
            client_key: known(&cluster.client_key)?.map(Secret::new),
        })
    };
    match &cluster {
        Attr::Null => Attr::Known(ClusterAccess::default()),
        Attr::Unknown => Attr::Unknown,
        Attr::Known(cluster) => access(cluster).map_or(Attr::Unknown, Attr::Known),
    }
}
