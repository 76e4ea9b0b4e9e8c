//! The attributes: what is said of the arguments comes from the catalogue.

use eksauth_core::iam_policy::addon_policy::{
    Addon, AddonArgument, AddonVersion, ArgumentShape, Need,
};
use tf_provider::{Attribute, Schema, Type, Validator};

use crate::data_sources::computed::{number, text, texts};

const PARTITIONS: &[&str] = &[
    "aws",
    "aws-cn",
    "aws-us-gov",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-eusc",
];

pub(super) fn schema() -> Schema {
    let description = "The least policy that a well-known add-on needs, with the resources as arguments: the ARN of AWS's own policy where AWS keeps one for the \
                       add-on, a JSON document otherwise. No one is asked.";
    with_answer(with_arguments(with_question(Schema::new(description))))
}

fn with_question(schema: Schema) -> Schema {
    let optional = || Attribute::string().optional();
    schema
        .attribute("name", Attribute::string().required().description(names()))
        .attribute(
            "version",
            optional().computed().description(
                "Version of the policy, such as `2026-11`. The first version unless set, so that a newer provider does not change a plan; `latest_version` says whether there is a newer one.",
            ),
        )
        .attribute(
            "narrow",
            Attribute::bool().optional().description(
                "Whether to use a narrower document where AWS has a managed policy for the add-on. Without effect for the other add-ons, whose policies are documents anyway.",
            ),
        )
        .attribute(
            "partition",
            optional()
                .computed()
                .validate(Validator::one_of(PARTITIONS))
                .description("Partition that the policy is for; by default that of the given ARNs, else that of the provider's region."),
        )
}

fn with_arguments(mut schema: Schema) -> Schema {
    for argument in AddonArgument::ALL {
        let attribute = match argument.shape() {
            ArgumentShape::Flag => Attribute::bool(),
            ArgumentShape::ClusterName | ArgumentShape::Region | ArgumentShape::IpFamily => {
                Attribute::string()
            }
            ArgumentShape::Arns(_) | ArgumentShape::ClusterNames | ArgumentShape::S3Prefixes => {
                Attribute::set(Type::String)
            }
        };
        let attribute = attribute.optional().description(description(argument));
        schema = schema.attribute(argument.name(), attribute);
    }
    schema
}

fn with_answer(schema: Schema) -> Schema {
    schema
        .attribute("addon", text("The name of the add-on, whichever alias was given."))
        .attribute("policy_arns", texts("ARNs of AWS's own policies for the add-on; empty where a document is all there is."))
        .attribute("json", text("The document. Null where AWS's policies are all there is, and where one managed policy cannot hold it (use `documents`)."))
        .attribute("documents", texts("The documents to attach beside `policy_arns`: none, one, or several where one would be longer than the 6,144 characters of a managed policy."))
        .attribute("size", number("Characters of all documents without white space. The inline policies of one role can have 10,240 together."))
        .attribute("notes", texts("Where the policy allows more than it must, how to narrow it, and what to configure in the add-on."))
        .attribute("source", text("Where the add-on's permissions are documented."))
        .attribute("source_date", text("When that was read."))
        .attribute("latest_version", text("The newest version of the policy that this provider has."))
}

fn names() -> String {
    let addons: Vec<String> = Addon::all()
        .iter()
        .map(|addon| format!("`{}`", addon.name))
        .collect();
    format!(
        "The add-on: {}. The names of community modules are understood too, such as `external_dns`, `ebs_csi` and `attach_ebs_csi_policy`.",
        addons.join(", ")
    )
}

/// What an argument says, what its values look like, and which add-ons take it.
fn description(argument: AddonArgument) -> String {
    let mut meaning = argument.meaning().to_owned();
    if let Some(first) = meaning.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let looks = match argument.shape() {
        ArgumentShape::Arns(shape) => {
            format!(" ARNs such as `{}`; `*` may stand in them.", shape.example)
        }
        ArgumentShape::Region => {
            " By default that of the cluster's ARN, else the provider's.".to_owned()
        }
        _ => String::new(),
    };
    format!("{meaning}.{looks} For {}.", takers(argument))
}

fn takers(argument: AddonArgument) -> String {
    let need = |version: &AddonVersion| {
        let mut taken = version.arguments.iter();
        Some(taken.find(|taken| taken.argument == argument)?.need)
    };
    let takers: Vec<String> = Addon::all()
        .iter()
        .filter_map(|addon| {
            let need = addon.versions.iter().rev().find_map(need)?;
            let note = match need {
                Need::Required if argument == AddonArgument::Region => "",
                Need::Required => " (required)",
                Need::OneOfThese => " (this or another)",
                Need::RequiredIfNarrow => " (with `narrow`, then required)",
                Need::OptionalIfNarrow => " (with `narrow`)",
                Need::Optional => "",
            };
            Some(format!("`{}`{note}", addon.name))
        })
        .collect();
    takers.join(", ")
}
