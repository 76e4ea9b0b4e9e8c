//! The attributes of the data source, and what they say of the system.

use eksauth_core::legacy_pod_role::detection::with_slash;
use eksauth_core::legacy_pod_role::kiam::ExpressionMode;
use eksauth_core::legacy_pod_role::kube2iam::{NamespaceRestriction, is_valid_base_arn};
use eksauth_core::legacy_pod_role::system::SystemName;
use tf_provider::schema::Invalid;
use tf_provider::{Attr, Attribute, Diagnostics, Schema, Type, Validator};

use super::{LegacyPodRolesModel, diagnostics};
use crate::access::legacy_pod_roles::SystemSettings;
use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::data_sources::computed::{flag, number, objects, text, texts};

pub(super) fn schema() -> Schema {
    let description = "The roles that pods get from kube2iam or kiam: of a cluster's pods and of what makes them, or of manifests. Each role is resolved as the system resolves it and \
                       compared with the rule of its namespace; accounts are proposed for web identity (IRSA), which gives roles to service accounts.";
    answer(question(Schema::new(description)))
}

fn question(schema: Schema) -> Schema {
    let optional = || Attribute::string().optional();
    schema
        .attribute("cluster_name", cluster_name_attribute())
        .attribute("region", region_attribute())
        .attribute("manifests", Attribute::list(Type::String).optional().description(
            "Manifests in YAML or JSON instead of a cluster, each with one or more objects. Nobody is asked then.",
        ))
        .attribute("system", optional().computed().validate(Validator::one_of(&["kube2iam", "kiam"])).description(
            "Which system gives the roles, `kube2iam` or `kiam`. Found out by its DaemonSet or Deployment, else by the annotations of namespaces, unless set.",
        ))
        .attribute("base_role_arn", optional().computed().validate(Validator::string(base_arn)).description(
            "What bare names of roles are appended to, `arn:aws:iam::111122223333:role/`. Read from the flags of the system (`--base-role-arn`, `--role-base-arn`), else that of the \
             cluster's account, unless set.",
        ))
        .attribute("default_role", optional().description(
            "kube2iam's default role. Read from `--default-role` unless set.",
        ))
        .attribute("namespace_restrictions", optional().validate(Validator::one_of(&["off", "glob", "regexp"])).description(
            "How kube2iam restricts namespaces: `off`, `glob` or `regexp`. Read from `--namespace-restrictions` and `--namespace-restriction-format` unless set.",
        ))
        .attribute("strict_namespace_regexp", Attribute::bool().optional().description(
            "Whether kiam puts `^` and `$` around the expressions of namespaces. Read from `--disable-strict-namespace-regexp` unless set.",
        ))
}

fn answer(schema: Schema) -> Schema {
    schema
        .attribute("workloads", objects(workload(), "What runs pods with a role, by namespace, kind and name. Pods of the same make are counted, not listed."))
        .attribute("service_accounts", objects(account(), "The service accounts that web identity needs so that each workload has its role and nobody else has it."))
        .attribute("findings", objects(finding(), "What is worth saying, the gravest first. `suppress_findings` of the provider leaves some out."))
        .attribute("unread", texts("What could not be read, one sentence each: kinds that may not be listed, objects that are malformed."))
}

fn workload() -> Vec<(&'static str, Attribute)> {
    vec![
        (
            "kind",
            text("Its kind, such as `Deployment`; `Pod` for a pod that nothing makes again."),
        ),
        ("namespace", text("Its namespace.")),
        ("name", text("Its name.")),
        (
            "annotation",
            text("`iam.amazonaws.com/role` as it is written. Null for what gets the default role."),
        ),
        (
            "role_arn",
            text("ARN of the role. Null where what comes of the annotation is no ARN."),
        ),
        (
            "permitted",
            flag(
                "Whether the rule of the namespace permits the role. Null where that is not known.",
            ),
        ),
        (
            "service_account",
            text("The service account that its pods run as."),
        ),
        (
            "target_service_account",
            text("The service account that they are to run as for web identity."),
        ),
        (
            "external_id",
            text("`iam.amazonaws.com/external-id`, which web identity does not have."),
        ),
        (
            "host_network",
            flag("Whether its pods have the node's network, and with it the node's role."),
        ),
        ("pods", number("How many of its pods run.")),
        (
            "pods_with_web_identity",
            number("How many of them were given this role by web identity when they were made."),
        ),
        (
            "differs_from_template",
            flag(
                "Whether this is about pods that run already and differ from what would be made today.",
            ),
        ),
    ]
}

fn account() -> Vec<(&'static str, Attribute)> {
    vec![
        ("namespace", text("Its namespace.")),
        ("name", text("Its name.")),
        ("role_arn", text("The role that it is to have.")),
        (
            "instead_of",
            text("The account that its workloads run as today. Null where it is the same."),
        ),
        ("exists", flag("Whether the cluster has it.")),
        (
            "annotated_role_arn",
            text("The role that it is annotated with. Null where it is not."),
        ),
        (
            "workloads",
            texts("Its workloads, as `Deployment apps/web`."),
        ),
    ]
}

fn finding() -> Vec<(&'static str, Attribute)> {
    vec![
        (
            "id",
            text("A stable identifier, explained in the guide on findings."),
        ),
        ("severity", text("`error`, `warning` or `note`.")),
        (
            "object",
            text("What it is about: a workload, a namespace, a service account or the cluster."),
        ),
        (
            "namespace",
            text("The namespace of that. Null for the cluster."),
        ),
        ("text", text("What it is and what to do.")),
    ]
}

fn base_arn(text: &str) -> Result<(), Invalid> {
    match is_valid_base_arn(text) {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Base ARN",
            format!(
                "`{text}` is not the beginning of roles' ARNs, such as `arn:aws:iam::111122223333:role/`."
            ),
        )),
    }
}

pub(super) fn validate(config: &LegacyPodRolesModel, diagnostics: &mut Diagnostics) {
    if !config.manifests.is_null() && !config.cluster_name.is_null() {
        diagnostics.push(diagnostics::conflict());
    }
}

/// What the attributes say of the system.
pub(super) fn settings(config: &LegacyPodRolesModel) -> SystemSettings {
    let text = |attribute: &Attr<String>| attribute.known().cloned();
    SystemSettings {
        system: text(&config.system).map(|system| match system.as_str() {
            "kiam" => SystemName::Kiam,
            _ => SystemName::Kube2iam,
        }),
        base_role_arn: text(&config.base_role_arn).map(|base| with_slash(&base)),
        default_role: text(&config.default_role),
        restriction: text(&config.namespace_restrictions).map(|restriction| {
            NamespaceRestriction::from_flags(restriction != "off", &restriction)
        }),
        mode: config
            .strict_namespace_regexp
            .known()
            .map(|is_strict| match is_strict {
                true => ExpressionMode::Strict,
                false => ExpressionMode::Search,
            }),
    }
}
