//! The attributes of `eksauth_access_entry`.

use std::collections::{BTreeMap, BTreeSet};

use eksauth_core::access::access_entry::{EntryPrincipal, EntryType, check_group};
use eksauth_core::access::access_policy::policy_name;
use eksauth_core::aws_auth::username_template::check_access_entry_username;
use serde::{Deserialize, Serialize};
use tf_provider::schema::{Invalid, Nesting};
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use crate::attributes::access_policy::{
    AccessScopeModel, access_scope_attribute, policy_arn_attribute,
};
use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::tags::{tags_all_attribute, tags_attribute};
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;
use crate::diagnostics::api_failure::sentence;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessEntryModel {
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Whom it lets in.
    pub principal_arn: Attr<String>,
    /// STANDARD, EC2_LINUX, …
    #[serde(rename = "type")]
    pub entry_type: Attr<String>,
    /// The user name template.
    pub user_name: Attr<String>,
    /// The groups.
    pub kubernetes_groups: Attr<BTreeSet<Attr<String>>>,
    /// The associations that are held here.
    pub policies: Attr<Vec<Attr<EntryPolicyModel>>>,
    /// Whether there are to be no others.
    pub exclusive_policies: Attr<bool>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// Tags as configured.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
    /// Its ARN.
    pub access_entry_arn: Attr<String>,
    /// The unique id of the principal for which it was made.
    pub principal_id: Attr<String>,
    /// Whether it was there before.
    pub adopted: Attr<bool>,
    /// All tags.
    pub tags_all: Attr<BTreeMap<String, Attr<String>>>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait.
    pub timeouts: Option<Timeouts>,
}

/// One association.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntryPolicyModel {
    /// The policy, by name or ARN.
    pub policy_arn: Attr<String>,
    /// Where it counts.
    pub access_scope: Attr<AccessScopeModel>,
}

impl EntryPolicyModel {
    /// The policy's name, once it is known.
    pub(super) fn name(&self) -> Option<&str> {
        policy_name(self.policy_arn.known()?).ok()
    }
}

impl AccessEntryModel {
    /// Which cluster it is in.
    pub(super) fn placement(&self) -> Placement {
        Placement {
            cluster_name: self.cluster_name.clone(),
            region: self.region.clone(),
            cluster_arn: self.cluster_arn.clone(),
            cluster_issuer: self.cluster_issuer.clone(),
            timeouts: self.timeouts.clone(),
        }
    }

    /// The same in the cluster of a placement.
    pub(super) fn placed(self, placement: Placement) -> Self {
        Self {
            cluster_name: placement.cluster_name,
            region: placement.region,
            cluster_arn: placement.cluster_arn,
            cluster_issuer: placement.cluster_issuer,
            timeouts: placement.timeouts,
            ..self
        }
    }

    /// Cluster and principal, as an import takes them.
    pub(super) fn id(&self) -> Attr<String> {
        match &self.principal_arn {
            Attr::Known(principal) => self.placement().import_id(&format!(":{principal}")),
            other => other.clone(),
        }
    }

    /// Its type, once it is known.
    pub(super) fn kind(&self) -> Option<EntryType> {
        EntryType::parse(self.entry_type.known()?)
    }

    /// Whom it is for, once that is known.
    pub(super) fn principal(&self) -> Option<EntryPrincipal> {
        EntryPrincipal::parse(self.principal_arn.known()?).ok()
    }

    /// Whether policies that are not named go.
    pub(super) fn is_exclusive(&self) -> bool {
        self.exclusive_policies == Attr::Known(true)
    }

    /// The associations that are known to be named.
    pub(super) fn known_policies(&self) -> impl Iterator<Item = &EntryPolicyModel> {
        let policies = self.policies.known().into_iter().flatten();
        policies.filter_map(Attr::known)
    }
}

pub(super) fn schema() -> Schema {
    let description = "An access entry of a cluster: the IAM role or user that it lets in, with its user name, its groups and, in the same resource, its access policies. \
                       It comes before aws-auth: what aws-auth says of the same principal does not count beside it. Every change is judged by the lock-out guard.";
    let schema = Schema::new(description)
        .attribute(
            "id",
            id_attribute("Cluster and principal, as an import takes them: `cluster:principal_arn`, with `@region` where `region` is set."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute());
    computed(choices(names(schema)))
}

fn names(schema: Schema) -> Schema {
    schema
        .attribute(
            "principal_arn",
            Attribute::string()
                .required()
                .replace()
                .validate(Validator::string(check_principal))
                .description("ARN of the IAM role or user, with its path. It cannot be changed."),
        )
        .attribute(
            "type",
            Attribute::string()
                .default(Value::String(EntryType::Standard.id().to_owned()))
                .replace()
                .validate(Validator::one_of(&EntryType::IDS))
                .description("`STANDARD` for people and programs, or that of nodes: `EC2` (Auto Mode), `EC2_LINUX`, `EC2_WINDOWS`, `FARGATE_LINUX`, `HYBRID_LINUX`, `HYPERPOD_LINUX`. It cannot be changed."),
        )
        .attribute(
            "user_name",
            Attribute::string()
                .optional()
                .computed()
                .validate(Validator::string(check_user_name))
                .description("User name in Kubernetes, for type `STANDARD` only. Unless set it is what EKS fills in: a role's sessions as `arn:aws:sts::ACCOUNT:assumed-role/ROLE/{{SessionName}}`, a user's ARN, and for nodes their name. `{{SessionName}}` needs a colon somewhere before it."),
        )
        .attribute(
            "kubernetes_groups",
            Attribute::set(Type::String)
                .optional()
                .computed()
                .validate(Validator::each_string(check_group_name))
                .description("Groups in Kubernetes, for type `STANDARD` only; none unless set. EKS takes none that starts with `system:`."),
        )
}

fn choices(schema: Schema) -> Schema {
    let policy = [
        ("policy_arn", policy_arn_attribute()),
        ("access_scope", access_scope_attribute()),
    ];
    schema
        .attribute(
            "policies",
            Attribute::nested(Nesting::Set, policy)
                .optional()
                .description("Access policies that are associated with the entry, in the same step. Not set, those that there are stay as they are. Do not name one here that an `eksauth_access_policy_association` has."),
        )
        .attribute(
            "exclusive_policies",
            Attribute::bool()
                .default(Value::Bool(false))
                .description("Whether policies go that are not in `policies`, whoever has associated them. They are shown in the plan."),
        )
        .attribute(
            "on_conflict",
            Attribute::string()
                .default(Value::String("error".to_owned()))
                .validate(Validator::one_of(&["error", "adopt"]))
                .description("What to do if the cluster has an entry of the principal already: `error`, with the import block, or `adopt` it. An adopted one gets the user name and groups from here and survives destroy."),
        )
        .attribute("tags", tags_attribute())
}

fn computed(schema: Schema) -> Schema {
    schema
        .attribute(
            "access_entry_arn",
            Attribute::string()
                .computed()
                .keep()
                .description("ARN of the access entry."),
        )
        .attribute(
            "principal_id",
            Attribute::string().computed().keep().description(
                "Unique id of the role or user for which the entry was made, where IAM may be asked. One that was made again under the same ARN has another id and no access, so the entry is replaced.",
            ),
        )
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description(
                "Whether the entry was there before and was taken over. Destroy leaves it then.",
            ),
        )
        .attribute("tags_all", tags_all_attribute())
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}

fn check_principal(arn: &str) -> Result<(), Invalid> {
    EntryPrincipal::parse(arn)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Principal", sentence(&error.to_string())))
}

fn check_user_name(name: &str) -> Result<(), Invalid> {
    let refused = |text: String| Err(Invalid::new("Invalid User Name", text));
    if name.is_empty() {
        return refused("The user name is empty; leave it out, and EKS fills it in.".to_owned());
    }
    for unknown in [
        "{{SessionNameRaw}}",
        "{{EC2PrivateDNSName}}",
        "{{AccessKeyID}}",
    ] {
        if name.contains(unknown) {
            return refused(format!(
                "User name `{name}` has {unknown}, which EKS does not fill in for an access entry of type STANDARD; it knows {{{{SessionName}}}}."
            ));
        }
    }
    match check_access_entry_username(name) {
        Ok(()) => Ok(()),
        Err(error) => refused(sentence(&error.to_string())),
    }
}

fn check_group_name(group: &str) -> Result<(), Invalid> {
    check_group(group).map_err(|error| Invalid::new("Invalid Group", sentence(&error.to_string())))
}
