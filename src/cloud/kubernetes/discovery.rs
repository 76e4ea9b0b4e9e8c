//! What an API server serves: asked for as one document, which every server since Kubernetes 1.27 gives; an older one is asked for each group.
//!
//! Source: Kubernetes documentation, "The Kubernetes API" (aggregated discovery and unaggregated discovery).

use eksauth_provider::ports::rbac_objects::{Discovery, ServedResource};
use eksauth_provider::ports::{ApiError, ErrorKind, RequestVerb};
use http::{HeaderValue, Request, header};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResourceList;
use kube::core::discovery::v2::{
    ACCEPT_AGGREGATED_DISCOVERY_V2, APIGroupDiscovery, APIGroupDiscoveryList, APIResourceDiscovery,
};
use serde::Deserialize;

use super::client::KubeClient;
use super::failure::Operation;

/// `/api` or `/apis`, in whichever form it was given.
#[derive(Deserialize)]
struct Served {
    kind: String,
    /// Unaggregated, of `/api`.
    #[serde(default)]
    versions: Vec<String>,
    /// Unaggregated, of `/apis`.
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    #[serde(default)]
    versions: Vec<GroupVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupVersion {
    group_version: String,
}

pub(super) async fn discover(client: &KubeClient) -> Result<Discovery, ApiError> {
    let mut found = Discovery::default();
    for path in ["/api", "/apis"] {
        let body = get(client, path).await?;
        let operation = operation(path);
        let served: Served = operation.parse(&body)?;
        if served.kind == "APIGroupDiscoveryList" {
            let list: APIGroupDiscoveryList = operation.parse(&body)?;
            list.items
                .into_iter()
                .for_each(|group| take_group(&mut found, group));
            continue;
        }
        for version in served.versions {
            take_version(client, &mut found, "", &format!("/api/{version}")).await?;
        }
        for group in served.groups {
            for GroupVersion { group_version } in group.versions {
                let path = format!("/apis/{group_version}");
                take_version(client, &mut found, &group.name, &path).await?;
            }
        }
    }
    Ok(found)
}

fn operation(path: &str) -> Operation {
    Operation {
        verb: RequestVerb::Get,
        object: path.to_owned(),
    }
}

async fn get(client: &KubeClient, path: &str) -> Result<Vec<u8>, ApiError> {
    let operation = operation(path);
    let built = Request::get(path)
        .header(
            header::ACCEPT,
            HeaderValue::from_static(ACCEPT_AGGREGATED_DISCOVERY_V2),
        )
        .body(Vec::new());
    let request = built.map_err(|error| operation.failed(ErrorKind::Invalid, error.to_string()))?;
    Ok(client.send(&operation, &request).await?.body)
}

/// A version whose server is away says so by being stale.
fn take_group(found: &mut Discovery, group: APIGroupDiscovery) {
    let name = group
        .metadata
        .and_then(|metadata| metadata.name)
        .unwrap_or_default();
    for version in group.versions {
        if version.freshness.as_deref() == Some("Stale") {
            found.incomplete.push(name.clone());
        }
        for resource in version.resources {
            take_resource(found, &name, resource);
        }
    }
}

fn take_resource(found: &mut Discovery, group: &str, resource: APIResourceDiscovery) {
    let name = resource.resource.unwrap_or_default();
    let is_namespaced = resource.scope.as_deref() == Some("Namespaced");
    for part in resource.subresources {
        found.resources.push(ServedResource {
            api_group: group.to_owned(),
            name: format!("{name}/{}", part.subresource.unwrap_or_default()),
            verbs: part.verbs,
            is_namespaced,
        });
    }
    found.resources.push(ServedResource {
        api_group: group.to_owned(),
        name,
        verbs: resource.verbs,
        is_namespaced,
    });
}

async fn take_version(
    client: &KubeClient,
    found: &mut Discovery,
    group: &str,
    path: &str,
) -> Result<(), ApiError> {
    let body = match get(client, path).await {
        Ok(body) => body,
        Err(error) if error.kind == ErrorKind::AccessDenied => return Err(error),
        Err(error) => {
            tracing::debug!(%error, "a group of the API server does not say what it serves");
            found.incomplete.push(group.to_owned());
            return Ok(());
        }
    };
    let list: APIResourceList = operation(path).parse(&body)?;
    for resource in list.resources {
        found.resources.push(ServedResource {
            api_group: group.to_owned(),
            name: resource.name,
            verbs: resource.verbs,
            is_namespaced: resource.namespaced,
        });
    }
    Ok(())
}
