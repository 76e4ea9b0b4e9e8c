//! The attributes of `eksauth_oidc_provider` and their rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::schema::Invalid;
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use crate::attributes::cluster::{cluster_arn_attribute, cluster_name_attribute, region_attribute};
use crate::attributes::id::id_attribute;
use crate::attributes::tags::{tags_all_attribute, tags_attribute};
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OidcProviderModel {
    /// The cluster whose issuer it is; null where `url` says the issuer.
    pub cluster_name: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// The issuer, instead of a cluster.
    pub url: Attr<String>,
    /// Audiences.
    pub client_id_list: Attr<BTreeSet<Attr<String>>>,
    /// SHA-1 thumbprints, 40 hexadecimal digits each.
    pub thumbprint_list: Attr<Vec<Attr<String>>>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// Tags as configured.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
    /// The ARN.
    pub id: Attr<String>,
    /// The provider's ARN.
    pub arn: Attr<String>,
    /// The issuer URL, `https://…`.
    pub issuer: Attr<String>,
    /// The cluster's ARN; null where `url` says the issuer.
    pub cluster_arn: Attr<String>,
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// All tags.
    pub tags_all: Attr<BTreeMap<String, Attr<String>>>,
    /// How long to wait.
    pub timeouts: Option<Timeouts>,
}

impl OidcProviderModel {
    /// Which cluster the issuer is of.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.issuer.clone(),
            timeouts: self.timeouts.clone(),
        }
    }
}

pub(super) const DEFAULT_CLIENT_ID: &str = "sts.amazonaws.com";
pub(super) const ON_CONFLICT: [&str; 2] = ["error", "adopt"];

pub(super) fn schema() -> Schema {
    let description = "The IAM OIDC provider of an EKS cluster, or of any issuer. With it, tokens of the cluster's service accounts can be \
                       exchanged for credentials of IAM roles (IRSA). IAM has one provider per issuer and account.";
    Schema::new(description)
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute("url", url())
        .attribute("client_id_list", client_id_list())
        .attribute("thumbprint_list", thumbprint_list())
        .attribute("on_conflict", on_conflict())
        .attribute("tags", tags_attribute())
        .attribute(
            "id",
            id_attribute("ARN of the provider, which is its import id."),
        )
        .attribute(
            "arn",
            Attribute::string()
                .computed()
                .keep()
                .description("ARN of the provider."),
        )
        .attribute(
            "issuer",
            Attribute::string().computed().keep().description(
                "Issuer URL, `https://…`, as it is in tokens. Another one needs another provider.",
            ),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description(
                "Whether the provider was there before and was taken over. Destroy leaves it then.",
            ),
        )
        .attribute("tags_all", tags_all_attribute())
        .block("timeouts", Timeouts::block())
}

fn url() -> Attribute {
    Attribute::string().optional().computed().keep().description(
        "Issuer URL, `https://…`, instead of `cluster_name`: for an issuer that is no EKS cluster's, or a cluster in another account.",
    )
}

fn client_id_list() -> Attribute {
    Attribute::set(Type::String)
        .default(Value::List(vec![Value::String(DEFAULT_CLIENT_ID.to_owned())]))
        .validate(Validator::new(check_client_ids))
        .description("Audiences (client ids) that tokens may carry. Changed in place: what is new is added before what is old is removed.")
}

fn thumbprint_list() -> Attribute {
    Attribute::list(Type::String)
        .optional()
        .computed()
        .keep()
        .validate(Validator::new(check_thumbprints))
        .description(
            "SHA-1 thumbprints of the issuer's certificate authority. Leave it unset: they are never fetched, IAM fills them by itself, and \
             for EKS issuers it does not look at them. IAM cannot clear a list once it has one, so removing the attribute keeps what is there.",
        )
}

fn on_conflict() -> Attribute {
    Attribute::string()
        .default(Value::String("error".to_owned()))
        .validate(Validator::one_of(&ON_CONFLICT))
        .description(
            "What to do if the account has a provider for the issuer already: `error`, or `adopt` it. An adopted one keeps its own client ids, \
             gets those it lacks, and survives destroy.",
        )
}

fn texts(value: &Value) -> Vec<&str> {
    let Value::List(elements) = value else {
        return Vec::new();
    };
    elements
        .iter()
        .filter_map(|element| match element {
            Value::String(text) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn check_client_ids(value: &Value) -> Result<(), Invalid> {
    let ids = texts(value);
    if ids.len() > 100 {
        return Err(Invalid::new(
            "Too Many Client Ids",
            format!(
                "There are {} client ids, and IAM takes 100 at most.",
                ids.len()
            ),
        ));
    }
    match ids
        .iter()
        .find(|id| id.is_empty() || id.chars().count() > 255)
    {
        Some(id) => Err(Invalid::new(
            "Invalid Client Id",
            format!("`{id}` is not a client id: 1 to 255 characters."),
        )),
        None => Ok(()),
    }
}

fn check_thumbprints(value: &Value) -> Result<(), Invalid> {
    let thumbprints = texts(value);
    if thumbprints.len() > 5 {
        return Err(Invalid::new(
            "Too Many Thumbprints",
            format!(
                "There are {} thumbprints, and IAM takes 5 at most.",
                thumbprints.len()
            ),
        ));
    }
    let is_sha1 =
        |text: &&&str| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match thumbprints.iter().find(|text| !is_sha1(text)) {
        Some(text) => Err(Invalid::new(
            "Invalid Thumbprint",
            format!("`{text}` is not a SHA-1 thumbprint: 40 hexadecimal digits, without colons."),
        )),
        None => Ok(()),
    }
}
