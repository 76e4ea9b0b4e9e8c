//! aws-auth from another provider's state, by a `moved` block: the ConfigMap of hashicorp/kubernetes, or a kubectl provider's manifest.
//!
//! The process that does it is not configured and knows no cluster. The state begins empty; the read after it fills in what an import would.

use eksauth_core::aws_auth;
use serde_json::Value as Json;
use tf_provider::resource::{MoveSource, Private, State};
use tf_provider::{Attr, Diagnostics};

use super::lifecycle::with_defaults;
use super::{AwsAuthModel, diagnostics};
use crate::attributes::move_source::{MOVED, is_of_provider};

/// Takes over a state; `None` where its type is not known here.
pub(super) fn move_from(source: &MoveSource) -> Option<Result<State<AwsAuthModel>, Diagnostics>> {
    let is_kubectl = ["gavinbunney", "alekc"]
        .iter()
        .any(|namespace| is_of_provider(source, namespace, "kubectl"));
    let object = match source.type_name.as_str() {
        "kubernetes_config_map" | "kubernetes_config_map_v1" | "kubernetes_config_map_v1_data"
            if is_of_provider(source, "hashicorp", "kubernetes") =>
        {
            of_config_map(&source.state)
        }
        "kubectl_manifest" if is_kubectl => of_manifest(&source.state),
        _ => return None,
    };
    Some(taken(source, object))
}

/// `namespace/name`
fn of_config_map(state: &Json) -> Option<String> {
    let metadata = state.pointer("/metadata/0")?;
    Some(format!(
        "{}/{}",
        text(metadata, "namespace")?,
        text(metadata, "name")?
    ))
}

fn of_manifest(state: &Json) -> Option<String> {
    let is_config_map = text(state, "kind")? == "ConfigMap" && text(state, "api_version")? == "v1";
    let object = format!("{}/{}", text(state, "namespace")?, text(state, "name")?);
    Some(if is_config_map {
        object
    } else {
        format!("{} {object}", text(state, "kind")?)
    })
}

fn text<'a>(object: &'a Json, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

fn taken(source: &MoveSource, object: Option<String>) -> Result<State<AwsAuthModel>, Diagnostics> {
    let wanted = format!("{}/{}", aws_auth::NAMESPACE, aws_auth::NAME);
    if object.as_deref() != Some(wanted.as_str()) {
        return Err(
            diagnostics::moved_from_another_object(&source.type_name, object.as_deref()).into(),
        );
    }
    Ok(State {
        model: with_defaults(AwsAuthModel {
            cluster_name: Attr::Null,
            ..AwsAuthModel::default()
        }),
        private: Private {
            entries: [(MOVED.to_owned(), Json::Bool(true))].into(),
        },
    })
}
