//! The values of the provider block, as the schema beside this file describes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::Attr;

/// The provider block. Without `Debug`: there are secrets in it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each attribute is described in the schema")]
pub struct ProviderModel {
    pub region: Attr<String>,
    pub profile: Attr<String>,
    pub access_key: Attr<String>,
    pub secret_key: Attr<String>,
    pub token: Attr<String>,
    pub shared_config_files: Attr<Vec<Attr<String>>>,
    pub shared_credentials_files: Attr<Vec<Attr<String>>>,
    pub allowed_account_ids: Attr<BTreeSet<Attr<String>>>,
    pub forbidden_account_ids: Attr<BTreeSet<Attr<String>>>,
    pub max_retries: Attr<i64>,
    pub retry_mode: Attr<String>,
    pub token_bucket_rate_limiter_capacity: Attr<i64>,
    pub http_proxy: Attr<String>,
    pub https_proxy: Attr<String>,
    pub no_proxy: Attr<String>,
    pub custom_ca_bundle: Attr<String>,
    pub insecure: Attr<bool>,
    pub sts_region: Attr<String>,
    pub ec2_metadata_service_endpoint: Attr<String>,
    pub ec2_metadata_service_endpoint_mode: Attr<String>,
    pub skip_metadata_api_check: Attr<String>,
    pub skip_region_validation: Attr<bool>,
    pub skip_requesting_account_id: Attr<bool>,
    pub skip_credentials_validation: Attr<bool>,
    pub s3_us_east_1_regional_endpoint: Attr<String>,
    pub s3_use_path_style: Attr<bool>,
    pub use_fips_endpoint: Attr<bool>,
    pub use_dualstack_endpoint: Attr<bool>,
    pub cluster_name: Attr<String>,
    pub clusters: Attr<BTreeMap<String, Attr<ClusterModel>>>,
    pub lockout_guard: Attr<String>,
    pub protected_principals: Attr<BTreeSet<Attr<String>>>,
    pub apply_principal_arns: Attr<BTreeSet<Attr<String>>>,
    pub on_unreadable: Attr<String>,
    pub suppress_findings: Attr<BTreeSet<Attr<String>>>,
    pub recovery: Attr<String>,
    pub recovery_folder: Attr<String>,
    pub confirm_access: Attr<bool>,
    pub dry_run: Attr<bool>,
    pub assume_role: Vec<AssumeRoleModel>,
    pub assume_role_with_web_identity: Option<WebIdentityModel>,
    pub default_tags: Option<DefaultTagsModel>,
    pub ignore_tags: Option<IgnoreTagsModel>,
    pub endpoints: Option<EndpointsModel>,
}

/// An element of `clusters`. Without `Debug`: there are secrets in it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each attribute is described in the schema")]
pub struct ClusterModel {
    pub region: Attr<String>,
    pub assume_role_arn: Attr<String>,
    pub kubernetes_role_arn: Attr<String>,
    pub proxy_url: Attr<String>,
    pub tls_server_name: Attr<String>,
    pub host: Attr<String>,
    pub cluster_ca_certificate: Attr<String>,
    pub token: Attr<String>,
    pub client_certificate: Attr<String>,
    pub client_key: Attr<String>,
}

/// A block `assume_role`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each attribute is described in the schema")]
pub struct AssumeRoleModel {
    pub role_arn: Attr<String>,
    pub session_name: Attr<String>,
    pub external_id: Attr<String>,
    pub duration: Attr<String>,
    pub policy: Attr<String>,
    pub policy_arns: Attr<BTreeSet<Attr<String>>>,
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
    pub transitive_tag_keys: Attr<BTreeSet<Attr<String>>>,
    pub source_identity: Attr<String>,
}

/// The block `assume_role_with_web_identity`. Without `Debug`: there is a token in it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each attribute is described in the schema")]
pub struct WebIdentityModel {
    pub role_arn: Attr<String>,
    pub session_name: Attr<String>,
    pub duration: Attr<String>,
    pub policy: Attr<String>,
    pub policy_arns: Attr<BTreeSet<Attr<String>>>,
    pub web_identity_token: Attr<String>,
    pub web_identity_token_file: Attr<String>,
}

/// The block `default_tags`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DefaultTagsModel {
    /// The tags.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
}

/// The block `ignore_tags`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IgnoreTagsModel {
    /// Whole keys.
    pub keys: Attr<BTreeSet<Attr<String>>>,
    /// Beginnings of keys.
    pub key_prefixes: Attr<BTreeSet<Attr<String>>>,
}

/// The block `endpoints`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each attribute is described in the schema")]
pub struct EndpointsModel {
    pub iam: Attr<String>,
    pub eks: Attr<String>,
    pub sts: Attr<String>,
}
