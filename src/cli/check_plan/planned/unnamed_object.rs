//! Objects of the kubernetes and kubectl providers of which the plan does not know yet whether they are aws-auth.

use eksauth_core::aws_auth::{NAME, NAMESPACE};
use serde_json::Value;

use super::super::plan_file::{Change, is_unknown_at};
use super::kubernetes_object::{base, of_yaml};

/// A name as far as the plan has it.
struct Name<'v> {
    text: Option<&'v str>,
    is_unknown: bool,
}

impl Name<'_> {
    fn may_be(&self, wanted: &str) -> bool {
        self.is_unknown || self.text == Some(wanted)
    }
}

/// The attribute whose value, decided during apply, may make an object aws-auth; `None` where it is known what it is.
pub(super) fn attribute(kind: &str, change: &Change) -> Option<&'static str> {
    let values = &change.after;
    let is_unknown = |pointer: &str| is_unknown_at(&change.after_unknown, pointer);
    let name = |pointer: &str| Name {
        text: values.pointer(pointer).and_then(Value::as_str),
        is_unknown: is_unknown(pointer),
    };
    if values.is_null() {
        return None;
    }
    let (attribute, names) = match base(kind) {
        "kustomization_resource" => return is_unknown("/manifest").then_some("manifest"),
        "kubernetes_manifest" => (
            "manifest",
            [
                name("/manifest/kind"),
                name("/manifest/metadata/name"),
                name("/manifest/metadata/namespace"),
            ],
        ),
        "kubectl_manifest" => return of_kubectl(change),
        "kubernetes_config_map" | "kubernetes_config_map_v1_data" => {
            // A generated name has five letters more than what it begins with.
            let begins = values
                .pointer("/metadata/0/generate_name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if !begins.is_empty() && !NAME.starts_with(begins) {
                return None;
            }
            let kind = Name {
                text: Some("ConfigMap"),
                is_unknown: false,
            };
            let namespace = name("/metadata/0/namespace");
            ("metadata", [kind, name("/metadata/0/name"), namespace])
        }
        _ => return None,
    };
    may_be_aws_auth(&names).then_some(attribute)
}

fn of_kubectl(change: &Change) -> Option<&'static str> {
    let is_unknown = |name: &str| is_unknown_at(&change.after_unknown, name);
    let is_body_unknown = is_unknown("/yaml_body");
    let object = of_yaml(&change.after, is_body_unknown);
    let name = |pointer: &str, attribute: &str| {
        let text = object.text(pointer);
        Name {
            text,
            is_unknown: is_body_unknown && change.after.get(attribute).is_none_or(Value::is_null),
        }
    };
    let mut names = [
        name("/kind", "kind"),
        name("/metadata/name", "name"),
        name("/metadata/namespace", "namespace"),
    ];
    let [_, _, namespace] = &mut names;
    namespace.is_unknown |= is_unknown("/override_namespace");
    may_be_aws_auth(&names).then_some("yaml_body")
}

fn may_be_aws_auth([kind, name, namespace]: &[Name<'_>; 3]) -> bool {
    let is_open = [kind, name, namespace].iter().any(|name| name.is_unknown);
    is_open && kind.may_be("ConfigMap") && name.may_be(NAME) && namespace.may_be(NAMESPACE)
}
