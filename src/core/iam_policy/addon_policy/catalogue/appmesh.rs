//! AWS App Mesh, which AWS ended on 2026-09-30: for clusters that are still on their way out of it.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};
use crate::iam_policy::addon_policy::statement::Allow;

/// The controller.
pub(super) const APPMESH_CONTROLLER: Addon = Addon {
    name: "appmesh-controller",
    aliases: &["aws-appmesh-controller", "app-mesh-controller"],
    title: "AWS App Mesh controller",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/aws/aws-app-mesh-controller-for-k8s/blob/master/config/iam/controller-iam-policy.json",
        as_of: "2026-07-14",
        arguments: &[
            takes(AddonArgument::MeshArns, Need::Optional),
            takes(AddonArgument::CertificateAuthorityArns, Need::Optional),
            takes(AddonArgument::CloudMap, Need::Optional),
            takes(AddonArgument::HostedZoneArns, Need::Optional),
        ],
        build: controller,
    }],
};

/// The proxy beside every pod.
pub(super) const APPMESH_ENVOY: Addon = Addon {
    name: "appmesh-envoy",
    aliases: &[
        "aws-appmesh-envoy",
        "aws-appmesh-envoy-proxy",
        "appmesh-envoy-proxy",
    ],
    title: "AWS App Mesh Envoy proxy",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/aws/aws-app-mesh-controller-for-k8s/blob/master/config/iam/envoy-iam-policy.json",
        as_of: "2026-07-14",
        arguments: &[
            takes(AddonArgument::MeshArns, Need::Optional),
            takes(AddonArgument::CertificateArns, Need::Optional),
            takes(AddonArgument::CertificateAuthorityArns, Need::Optional),
        ],
        build: envoy,
    }],
};

const ENDED: &str = "AWS ended App Mesh on 2026-09-30.";

/// The meshes; without any, all.
fn meshes(input: &AddonInput<'_>) -> (Vec<String>, Vec<String>) {
    let given = input.list(AddonArgument::MeshArns);
    let mut notes = vec![ENDED.to_owned()];
    if given.is_empty() {
        notes.push("Without `mesh_arns` every mesh of the account is meant.".to_owned());
        return (vec![input.arn("appmesh:*:*:mesh/*")], notes);
    }
    (given, notes)
}

/// What is in the meshes: virtual nodes and the like.
fn contents(meshes: &[String]) -> Vec<String> {
    let content = |mesh: &String| format!("{}/*", mesh.trim_end_matches("/*"));
    meshes.iter().map(content).collect()
}

fn controller(input: &AddonInput<'_>) -> AddonParts {
    let (meshes, notes) = meshes(input);
    let contents = contents(&meshes);
    let with_contents = meshes.into_iter().chain(contents);
    let mut allowed = vec![
        manage_meshes().on(with_contents),
        allow(
            "LookAround",
            &[
                "acm-pca:ListCertificateAuthorities",
                "acm:ListCertificates",
                "appmesh:ListMeshes",
            ],
        ),
        allow("ReadCertificates", &["acm:DescribeCertificate"])
            .on([input.arn("acm:*:*:certificate/*")]),
        allow("MakeServiceRole", &["iam:CreateServiceLinkedRole"])
            .on([input.arn(
                "iam::*:role/aws-service-role/appmesh.amazonaws.com/AWSServiceRoleForAppMesh",
            )])
            .when(
                "StringEquals",
                "iam:AWSServiceName",
                &["appmesh.amazonaws.com"],
            ),
    ];
    let authorities = input.list(AddonArgument::CertificateAuthorityArns);
    if !authorities.is_empty() {
        let actions = ["acm-pca:DescribeCertificateAuthority"];
        allowed.push(allow("ReadAuthorities", &actions).on(authorities));
    }
    if input.flag(AddonArgument::CloudMap) {
        allowed.extend(cloud_map(input));
    }
    let zones = input.list(AddonArgument::HostedZoneArns);
    if !zones.is_empty() {
        let actions = ["route53:ChangeResourceRecordSets"];
        allowed.push(allow("ChangeRecords", &actions).on(zones));
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}

fn manage_meshes() -> Allow {
    const KINDS: [&str; 7] = [
        "GatewayRoute",
        "Mesh",
        "Route",
        "VirtualGateway",
        "VirtualNode",
        "VirtualRouter",
        "VirtualService",
    ];
    let mut actions: Vec<String> = Vec::new();
    for verb in ["Create", "Delete", "Describe", "Update"] {
        actions.extend(KINDS.map(|kind| format!("appmesh:{verb}{kind}")));
    }
    let listed = KINDS.into_iter().filter(|kind| *kind != "Mesh");
    actions.extend(listed.map(|kind| format!("appmesh:List{kind}s")));
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    allow("ManageMeshes", &actions)
}

fn cloud_map(input: &AddonInput<'_>) -> Vec<Allow> {
    let arns = ["namespace/*", "service/*"]
        .map(|resource| input.arn(&format!("servicediscovery:*:*:{resource}")));
    vec![
        allow(
            "RegisterInCloudMap",
            &[
                "servicediscovery:CreateService",
                "servicediscovery:DeleteService",
                "servicediscovery:DeregisterInstance",
                "servicediscovery:GetInstance",
                "servicediscovery:GetInstancesHealthStatus",
                "servicediscovery:GetOperation",
                "servicediscovery:GetService",
                "servicediscovery:ListInstances",
                "servicediscovery:RegisterInstance",
                "servicediscovery:UpdateInstanceCustomHealthStatus",
            ],
        )
        .on(arns),
        allow(
            "FindInCloudMap",
            &[
                "route53:CreateHealthCheck",
                "servicediscovery:ListNamespaces",
                "servicediscovery:ListServices",
            ],
        ),
        allow(
            "ManageHealthChecks",
            &[
                "route53:DeleteHealthCheck",
                "route53:GetHealthCheck",
                "route53:UpdateHealthCheck",
            ],
        )
        .on([input.arn("route53:::healthcheck/*")]),
    ]
}

fn envoy(input: &AddonInput<'_>) -> AddonParts {
    let (meshes, notes) = meshes(input);
    let mut allowed =
        vec![allow("FollowMesh", &["appmesh:StreamAggregatedResources"]).on(contents(&meshes))];
    let certificates = input.list(AddonArgument::CertificateArns);
    if !certificates.is_empty() {
        allowed.push(allow("ExportCertificates", &["acm:ExportCertificate"]).on(certificates));
    }
    let authorities = input.list(AddonArgument::CertificateAuthorityArns);
    if !authorities.is_empty() {
        let actions = ["acm-pca:GetCertificateAuthorityCertificate"];
        allowed.push(allow("ReadAuthorities", &actions).on(authorities));
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}
