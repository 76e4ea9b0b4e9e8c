//! The attributes of a group binding.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::schema::Nesting;
use tf_provider::{Attr, Attribute, Schema, Type, Validator, Value};

use super::rules;
use crate::attributes::cluster::{
    cluster_arn_attribute, cluster_issuer_attribute, cluster_name_attribute, region_attribute,
};
use crate::attributes::id::id_attribute;
use crate::attributes::timeouts::Timeouts;
use crate::clusters::placement::Placement;

/// A set of texts.
pub(super) type Texts = Attr<BTreeSet<Attr<String>>>;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupBindingModel {
    /// What an import names it by.
    pub id: Attr<String>,
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The name of the role that is made, and what the bindings' name begins with.
    pub name: Attr<String>,
    /// What may be done, for a role of its own.
    pub rules: Attr<Vec<Attr<RuleModel>>>,
    /// A ClusterRole that is there.
    pub cluster_role: Attr<String>,
    /// A Role that is there in each of the namespaces.
    pub role: Attr<String>,
    /// Groups of aws-auth and access entries.
    pub groups: Texts,
    /// User names of aws-auth and access entries.
    pub users: Texts,
    /// Where it counts; null: in the whole cluster.
    pub namespaces: Texts,
    /// Labels by key.
    pub labels: Attr<BTreeMap<String, Attr<String>>>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// The name of the bindings.
    pub binding_name: Attr<String>,
    /// Whether something of it was there before.
    pub adopted: Attr<bool>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait for the cluster and the namespaces.
    pub timeouts: Option<Timeouts>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleModel {
    /// API groups; null: the core group.
    pub api_groups: Texts,
    /// Resources.
    pub resources: Texts,
    /// Verbs.
    pub verbs: Texts,
    /// Names; null: all of them.
    pub resource_names: Texts,
    /// Paths that are no resources.
    pub non_resource_urls: Texts,
}

impl GroupBindingModel {
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
}

pub(super) fn schema() -> Schema {
    let description = "What a mapped group may do: a role of its own (`rules`) or one that is there, bound to groups and users of aws-auth and access entries, \
                       in the whole cluster or in some namespaces. Held by server-side apply under a field manager of its own; what others have put on the \
                       objects stays.";
    let schema = Schema::new(description)
        .attribute(
            "id",
            id_attribute("What an import takes: `cluster/clusterrole/NAME` or `cluster/role/NAMESPACE/NAME` of a role that is made here, else `cluster/clusterrolebinding/NAME` or `cluster/rolebinding/NAMESPACE/NAME`; several namespaces are joined by commas. `@region` follows where `region` is set."),
        )
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute(
            "name",
            Attribute::string()
                .required()
                .validate(Validator::string(rules::name))
                .description("Name of the role that `rules` make, and what the name of the bindings begins with. What has another name is made before the old one goes."),
        );
    lifecycle(place(subjects(role(schema))))
}

fn role(schema: Schema) -> Schema {
    schema
        .attribute(
            "rules",
            Attribute::nested(Nesting::List, rule_attributes())
                .optional()
                .description("What may be done. A ClusterRole is made of it, or a Role in each of `namespaces`. A plan warns of verbs, resources and API groups that the cluster does not know, with the nearest name."),
        )
        .attribute(
            "cluster_role",
            Attribute::string()
                .optional()
                .validate(Validator::string(rules::role_name))
                .description("Name of a ClusterRole that is there, such as `view`, instead of `rules`. It is bound and never changed."),
        )
        .attribute(
            "role",
            Attribute::string()
                .optional()
                .validate(Validator::string(rules::role_name))
                .description("Name of a Role that is there in each of `namespaces`, instead of `rules`. It is bound and never changed."),
        )
}

fn rule_attributes() -> [(&'static str, Attribute); 5] {
    let set = |what: &str| Attribute::set(Type::String).optional().description(what);
    [
        (
            "api_groups",
            set("API groups, such as `apps`; `\"\"` is the core group, `*` is all. The core group unless set.")
                .validate(Validator::each_string(rules::api_group)),
        ),
        (
            "resources",
            set("Resources in the plural, such as `deployments` or `pods/log`; `*` is all.")
                .validate(Validator::each_string(rules::resource)),
        ),
        (
            "verbs",
            Attribute::set(Type::String)
                .required()
                .validate(Validator::each_string(rules::verb))
                .description("Verbs, such as `get`, `list` and `watch`; `*` is all."),
        ),
        (
            "resource_names",
            set("Names of the objects that are meant; all unless set."),
        ),
        (
            "non_resource_urls",
            set("Paths that are no resources, such as `/metrics` or `/healthz/*`; in the whole cluster only.")
                .validate(Validator::each_string(rules::non_resource_url)),
        ),
    ]
}

fn subjects(schema: Schema) -> Schema {
    schema
        .attribute(
            "groups",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::each_string(rules::subject))
                .description("Groups, as aws-auth and access entries give them."),
        )
        .attribute(
            "users",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::each_string(rules::subject))
                .description("User names, as aws-auth and access entries give them."),
        )
}

fn place(schema: Schema) -> Schema {
    schema
        .attribute(
            "namespaces",
            Attribute::set(Type::String)
                .optional()
                .validate(Validator::each_string(rules::namespace))
                .description("Namespaces in which it counts, with a RoleBinding in each; the whole cluster unless set. One that is not there is waited for: two minutes, or as long as `timeouts` says."),
        )
        .attribute(
            "labels",
            Attribute::map(Type::String)
                .optional()
                .validate(Validator::new(rules::labels))
                .description("Labels of the role that is made, such as `rbac.authorization.k8s.io/aggregate-to-view`, and of the bindings. Those of others stay."),
        )
}

fn lifecycle(schema: Schema) -> Schema {
    schema
        .attribute(
            "on_conflict",
            Attribute::string()
                .default(Value::String("error".to_owned()))
                .validate(Validator::one_of(&["error", "adopt"]))
                .description(
                    "What to do if somebody else holds one of these fields with another value: `error` names who it is and what they hold, `adopt` takes the \
                     field over. A role or binding that is there is managed from now on in either case; a built-in role never is.",
                ),
        )
        .attribute(
            "binding_name",
            Attribute::string().computed().description(
                "Name of the bindings: `name` and a hash of the role that they refer to, since a binding's role cannot be changed. For another role a new binding is made before the old one goes.",
            ),
        )
        .attribute(
            "adopted",
            Attribute::bool().computed().keep().description(
                "Whether a role or binding of this was there before, or was made again by somebody else. Such a one stays after destroy without what is held here.",
            ),
        )
        .attribute("cluster_arn", cluster_arn_attribute())
        .attribute("cluster_issuer", cluster_issuer_attribute())
        .block("timeouts", Timeouts::block())
}
