//! Objects of the kubernetes and kubectl providers that access rests on: aws-auth itself, roles and bindings.
//!
//! They name no cluster, their provider block does. A ConfigMap resource and a manifest own the whole object and delete it; `…_data` owns its keys.

use std::collections::BTreeMap;

use eksauth_core::access::change::{AwsAuthChange, ClusterChange};
use eksauth_core::aws_auth::{NAME, NAMESPACE, Section};
use eksauth_core::kubernetes::manifest::json_of_manifest;
use serde_json::{Value, json};

use super::super::configuration::{constants, references};
use super::super::place::{ClusterPlace, Within};
use super::super::plan_file::{Deed, ResourceChange, contains_unknown};
use super::{AWS_AUTH, Collector, Order};

/// Whether objects of a kind may be of concern.
pub(super) fn is_kind(kind: &str) -> bool {
    matches!(
        base(kind),
        "kubernetes_config_map"
            | "kubernetes_config_map_v1_data"
            | "kubernetes_manifest"
            | "kubectl_manifest"
            | "kustomization_resource"
            | "kubernetes_cluster_role"
            | "kubernetes_cluster_role_binding"
            | "kubernetes_role"
            | "kubernetes_role_binding"
    )
}

/// The kind without the version that newer names carry.
pub(super) fn base(kind: &str) -> &str {
    kind.strip_suffix("_v1").unwrap_or(kind)
}

/// A side of a change as a manifest.
#[derive(Debug)]
pub(super) struct Object {
    /// `apiVersion`, `kind`, `metadata` and the rest, as Kubernetes spells them.
    pub(super) manifest: Value,
    /// Attributes with something that is decided during apply.
    pub(super) unknown: Vec<&'static str>,
}

impl Object {
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.manifest.pointer(pointer)?.as_str()
    }

    fn kind(&self) -> &str {
        self.text("/kind").unwrap_or_default()
    }

    fn is_aws_auth(&self) -> bool {
        self.kind() == "ConfigMap"
            && self.text("/metadata/name") == Some(NAME)
            && self.text("/metadata/namespace") == Some(NAMESPACE)
    }

    /// The texts of the sections that it names; `None` for one that is decided during apply.
    fn sections(&self) -> BTreeMap<Section, Option<String>> {
        let text = |section: Section| {
            let value = self.manifest.get("data")?.get(section.key())?;
            Some((section, Some(value.as_str().unwrap_or_default().to_owned())))
        };
        Section::ALL.into_iter().filter_map(text).collect()
    }
}

/// What a side of a change says; `None` where there is no object, or none that can be read.
fn object(kind: &str, values: &Value, unknown: &Value) -> Option<Object> {
    if values.is_null() {
        return None;
    }
    let is_unknown = |name: &str| unknown.get(name).is_some_and(contains_unknown);
    match base(kind) {
        "kubernetes_manifest" => {
            let unknown = is_unknown("manifest").then_some("manifest");
            Some(Object {
                // One that was imported has the object alone.
                manifest: ["manifest", "object"]
                    .into_iter()
                    .find_map(|name| values.get(name).filter(|value| value.is_object()))?
                    .clone(),
                unknown: unknown.into_iter().collect(),
            })
        }
        "kubectl_manifest" => Some(of_yaml(values, is_unknown("yaml_body"))),
        "kustomization_resource" => {
            let text = values.get("manifest").and_then(Value::as_str)?;
            Some(Object {
                manifest: serde_json::from_str(text).ok()?,
                unknown: Vec::new(),
            })
        }
        "kubernetes_config_map" | "kubernetes_config_map_v1_data" => {
            let unknown = is_unknown("data").then_some("data");
            Some(Object {
                manifest: json!({"kind": "ConfigMap", "metadata": metadata(values), "data": values.get("data")}),
                unknown: unknown.into_iter().collect(),
            })
        }
        kind => super::rbac_object::object(kind, values, &is_unknown),
    }
}

/// The provider repeats an object's names beside its text.
pub(super) fn of_yaml(values: &Value, is_unknown: bool) -> Object {
    let body = values.get("yaml_body").and_then(Value::as_str);
    let mut manifest = body.and_then(json_of_manifest).unwrap_or_else(
        || json!({"kind": values.get("kind").filter(|kind| kind.is_string()).unwrap_or(&json!("ConfigMap")), "metadata": {"name": values.get("name")}}),
    );
    let namespace = ["override_namespace", "namespace"]
        .into_iter()
        .find_map(|name| values.get(name)?.as_str().filter(|text| !text.is_empty()));
    if let (Some(namespace), Some(Value::Object(metadata))) =
        (namespace, manifest.get_mut("metadata"))
    {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let is_read = body.is_some_and(|body| json_of_manifest(body).is_some());
    Object {
        manifest,
        unknown: (is_unknown || !is_read)
            .then_some("yaml_body")
            .into_iter()
            .collect(),
    }
}

/// The names of an object in the kubernetes provider's form.
pub(super) fn metadata(values: &Value) -> Value {
    let text = |name: &str| values.pointer(&format!("/metadata/0/{name}")).cloned();
    let namespace = text("namespace").filter(Value::is_string);
    json!({"name": text("name"), "namespace": namespace.unwrap_or(json!("default"))})
}

/// The two sides of a change.
pub(super) struct Both {
    pub(super) before: Option<Object>,
    pub(super) after: Option<Object>,
}

impl<'p> Collector<'p> {
    pub(super) fn collect_kubernetes(&mut self, resource: &'p ResourceChange, deed: Deed) {
        let change = &resource.change;
        let concerns = |object: &Object| {
            object.is_aws_auth() || super::rbac_object::concerns(object.kind(), object)
        };
        let mut both = Both {
            before: object(&resource.kind, &change.before, &Value::Null)
                .filter(|object| deed != Deed::Create && concerns(object)),
            after: object(&resource.kind, &change.after, &change.after_unknown).filter(concerns),
        };
        let unnamed = match both.after {
            Some(_) => None,
            None => super::unnamed_object::attribute(&resource.kind, change),
        };
        if both.before.is_none() && both.after.is_none() && unnamed.is_none()
            || deed == Deed::Forget
        {
            return;
        }
        match self.cluster_of(resource) {
            Within::No => return,
            Within::Unknown => return self.found.unplaced.push(resource.address.clone()),
            Within::Yes => self.found.counted.push(resource.address.clone()),
        }
        self.found.keeps |= deed != Deed::Delete;
        if let Some(attribute) = unnamed {
            return self.unknown(resource, attribute, true);
        }
        let is_apply_only = change.before("apply_only") == Some(&Value::Bool(true));
        if is_apply_only && deed == Deed::Delete {
            self.found.notes.push(format!(
                "`{}` has `apply_only`, so the object stays when it is destroyed",
                resource.address
            ));
            return;
        }
        let is_forced = change.after.get("force_new") == Some(&Value::Bool(true));
        let deed = match deed {
            Deed::Update if is_forced => Deed::DeleteThenCreate,
            deed => deed,
        };
        if both.before.is_none() && deed == Deed::DeleteThenCreate
            || both.before.is_none() && deed == Deed::CreateThenDelete
        {
            // The old object is none of concern.
            return self.collect_object(resource, Deed::Create, &both);
        }
        if both.after.is_none() && deed.deletes() {
            both.after = None;
            return self.collect_object(resource, Deed::Delete, &both);
        }
        self.collect_object(resource, deed, &both);
    }

    fn collect_object(&mut self, resource: &ResourceChange, deed: Deed, both: &Both) {
        let is_rbac = [&both.before, &both.after]
            .into_iter()
            .flatten()
            .any(|object| !object.is_aws_auth());
        if is_rbac {
            return self.collect_rbac(resource, deed, both);
        }
        let unknown = both.after.as_ref().map_or(&[][..], |after| &after.unknown);
        for name in unknown {
            self.unknown(resource, name, true);
        }
        if !unknown.is_empty() && deed != Deed::DeleteThenCreate {
            return;
        }
        match base(&resource.kind) {
            "kubernetes_config_map_v1_data" => self.collect_keys(resource, deed, both),
            _ => self.collect_config_map(resource, deed, both),
        }
    }

    /// A resource that owns the object.
    fn collect_config_map(&mut self, resource: &ResourceChange, deed: Deed, both: &Both) {
        let delete = AwsAuthChange::Delete;
        let is_applied = base(&resource.kind) == "kubectl_manifest";
        match deed {
            Deed::Create | Deed::Update => self.replace(resource, keys_of(both)),
            Deed::Delete => self.of_aws_auth(resource, Order::Removal, delete),
            Deed::DeleteThenCreate => {
                self.of_aws_auth(resource, Order::Removal, delete);
                self.mark_remade();
                self.replace(resource, keys_of(both));
            }
            // It is applied over the old one, which then goes.
            Deed::CreateThenDelete if is_applied => {
                self.of_aws_auth(resource, Order::LateRemoval, delete);
            }
            Deed::CreateThenDelete => self.found.notes.push(format!(
                "`{}` makes aws-auth before the old one goes, which Kubernetes refuses: nothing changes",
                resource.address
            )),
            Deed::Forget => {}
        }
    }

    /// A resource that owns keys of the object.
    fn collect_keys(&mut self, resource: &ResourceChange, deed: Deed, both: &Both) {
        let before = both.before.as_ref().map(Object::sections);
        let gone: BTreeMap<Section, Option<String>> = before
            .unwrap_or_default()
            .into_keys()
            .map(|section| (section, None))
            .collect();
        let gone = AwsAuthChange::ReplaceSections(gone);
        match deed {
            Deed::Create | Deed::Update => self.replace(resource, keys_of(both)),
            Deed::Delete => self.of_aws_auth(resource, Order::Removal, gone),
            Deed::DeleteThenCreate => {
                self.of_aws_auth(resource, Order::Removal, gone);
                self.mark_remade();
                self.replace(resource, keys_of(both));
            }
            Deed::CreateThenDelete => self.of_aws_auth(resource, Order::LateRemoval, gone),
            Deed::Forget => {}
        }
    }

    fn replace(&mut self, resource: &ResourceChange, sections: BTreeMap<Section, Option<String>>) {
        let change = AwsAuthChange::ReplaceSections(sections);
        self.of_aws_auth(resource, Order::Addition, change);
    }

    fn of_aws_auth(&mut self, resource: &ResourceChange, order: Order, change: AwsAuthChange) {
        let change = ClusterChange::AwsAuth(change);
        self.push(resource, order, change, Some(AWS_AUTH.to_owned()));
    }

    /// Whether a Kubernetes object is in the cluster: by what its provider block names, else by what the reader says.
    fn cluster_of(&self, resource: &ResourceChange) -> Within {
        let named = self.clusters_named_by_provider(resource);
        if named.is_empty() {
            return match self.target.owns_kubernetes {
                true => Within::Yes,
                false => Within::Unknown,
            };
        }
        match named.iter().any(|place| place.may_be(self.target.cluster)) {
            true => Within::Yes,
            false => Within::No,
        }
    }

    fn clusters_named_by_provider(&self, resource: &ResourceChange) -> Vec<ClusterPlace> {
        let Some(block) = self.plan.configuration.provider_of(&resource.address) else {
            return Vec::new();
        };
        let texts = constants(&block.expressions);
        let by_argument = texts
            .iter()
            .zip(texts.iter().skip(1))
            .filter(|(flag, _)| **flag == "--cluster-name")
            .map(|(_, name)| ClusterPlace::parse(name));
        let by_arn = texts
            .iter()
            .filter(|text| text.starts_with("arn:") && text.contains(":cluster/"))
            .map(|text| ClusterPlace::parse(text));
        let referred = references(&block.expressions);
        let by_reference = self.cluster_objects().filter(|(address, _)| {
            referred.iter().any(|name| {
                name == address
                    || name
                        .strip_prefix("module.")
                        .and_then(|rest| rest.split('.').next())
                        .is_some_and(|module| address.starts_with(&format!("module.{module}.")))
            })
        });
        by_argument
            .chain(by_arn)
            .chain(by_reference.map(|(_, place)| place))
            .collect()
    }

    /// The clusters that the plan or its state have, by address without instance keys.
    fn cluster_objects(&self) -> impl Iterator<Item = (String, ClusterPlace)> {
        let of_state = self
            .plan
            .prior_resources()
            .into_iter()
            .map(|resource| (&resource.kind, &resource.address, &resource.values));
        let of_changes = self
            .plan
            .resource_changes
            .iter()
            .map(|resource| (&resource.kind, &resource.address, &resource.change.after));
        of_state
            .chain(of_changes)
            .filter(|(kind, _, _)| kind.as_str() == "aws_eks_cluster")
            .filter_map(|(_, address, values)| {
                let arn = values.get("arn").and_then(Value::as_str);
                let name = values.get("name").and_then(Value::as_str)?;
                let address = address.split('[').next().unwrap_or(address);
                Some((address.to_owned(), ClusterPlace::parse(arn.unwrap_or(name))))
            })
    }
}

/// The sections that a resource names before or after, as they are after.
fn keys_of(both: &Both) -> BTreeMap<Section, Option<String>> {
    let before = both.before.as_ref().map(Object::sections);
    let mut sections: BTreeMap<Section, Option<String>> = before
        .unwrap_or_default()
        .into_keys()
        .map(|section| (section, None))
        .collect();
    sections.extend(
        both.after
            .as_ref()
            .map(Object::sections)
            .unwrap_or_default(),
    );
    sections
}
