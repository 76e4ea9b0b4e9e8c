//! The attributes that name an add-on and narrow its policy, described once from the catalogue.

use eksauth_core::iam_policy::addon_policy::{
    Addon, AddonArgument, AddonVersion, ArgumentShape, Need,
};
use tf_provider::{Attribute, Type};

/// `name`: which add-on.
pub(crate) fn name_attribute() -> Attribute {
    Attribute::string().required().description(names())
}

/// `version` of its policy; `more` ends the sentence that says why the first is the default.
pub(crate) fn version_attribute(more: &str) -> Attribute {
    Attribute::string().optional().description(format!(
        "Version of the policy, such as `2026-11`. The first version unless set, so that a newer provider does not change a plan{more}."
    ))
}

/// `narrow`: its own text instead of AWS's policy.
pub(crate) fn narrow_attribute() -> Attribute {
    Attribute::bool().optional().description(
        "Whether to use a narrower document where AWS has a managed policy for the add-on. Without effect for the other add-ons, whose policies are documents anyway.",
    )
}

/// What the policies of all add-ons can be narrowed by, by name.
pub(crate) fn argument_attributes() -> Vec<(&'static str, Attribute)> {
    let attribute = |argument: AddonArgument| {
        let attribute = match argument.shape() {
            ArgumentShape::Flag => Attribute::bool(),
            ArgumentShape::ClusterName | ArgumentShape::Region | ArgumentShape::IpFamily => {
                Attribute::string()
            }
            ArgumentShape::Arns(_) | ArgumentShape::ClusterNames | ArgumentShape::S3Prefixes => {
                Attribute::set(Type::String)
            }
        };
        attribute.optional().description(description(argument))
    };
    let arguments = AddonArgument::ALL.into_iter();
    arguments
        .map(|argument| (argument.name(), attribute(argument)))
        .collect()
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
