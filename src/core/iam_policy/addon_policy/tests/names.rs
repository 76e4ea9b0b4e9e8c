//! The names that people know.

use super::*;

/// The switches of terraform-aws-modules' modules for IRSA and for Pod Identity, the add-ons of EKS, the charts and eksctl, with our names.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "amazon-cloudwatch-observability",
        &[
            "attach_cloudwatch_observability_policy",
            "attach_aws_cloudwatch_observability_policy",
            "amazon-cloudwatch-observability",
        ],
    ),
    (
        "amazon-managed-prometheus",
        &["attach_amazon_managed_service_prometheus_policy", "amp"],
    ),
    (
        "appmesh-controller",
        &["attach_aws_appmesh_controller_policy"],
    ),
    ("appmesh-envoy", &["attach_aws_appmesh_envoy_proxy_policy"]),
    (
        "aws-ebs-csi-driver",
        &[
            "attach_ebs_csi_policy",
            "attach_aws_ebs_csi_policy",
            "ebs_csi",
            "aws_ebs_csi",
            "aws-ebs-csi-driver",
            "ebsCSIController",
        ],
    ),
    (
        "aws-efs-csi-driver",
        &[
            "attach_efs_csi_policy",
            "attach_aws_efs_csi_policy",
            "aws-efs-csi-driver",
            "efsCSIController",
        ],
    ),
    (
        "aws-fsx-csi-driver",
        &[
            "attach_fsx_lustre_csi_policy",
            "attach_aws_fsx_lustre_csi_policy",
            "aws-fsx-csi-driver",
        ],
    ),
    (
        "aws-fsx-openzfs-csi-driver",
        &[
            "attach_fsx_openzfs_csi_policy",
            "aws-fsx-openzfs-csi-driver",
        ],
    ),
    (
        "aws-gateway-api-controller",
        &[
            "attach_aws_gateway_controller_policy",
            "aws-gateway-controller",
        ],
    ),
    (
        "aws-load-balancer-controller",
        &[
            "attach_load_balancer_controller_policy",
            "attach_aws_lb_controller_policy",
            "awsLoadBalancerController",
            "aws-load-balancer-controller",
        ],
    ),
    (
        "aws-load-balancer-controller-target-group-binding",
        &[
            "attach_load_balancer_controller_targetgroup_binding_only_policy",
            "attach_aws_lb_controller_targetgroup_binding_only_policy",
        ],
    ),
    (
        "aws-mountpoint-s3-csi-driver",
        &[
            "attach_mountpoint_s3_csi_policy",
            "aws-mountpoint-s3-csi-driver",
            "mountpoint_s3",
        ],
    ),
    (
        "aws-node-termination-handler",
        &[
            "attach_node_termination_handler_policy",
            "attach_aws_node_termination_handler_policy",
            "aws-node-termination-handler",
        ],
    ),
    (
        "aws-privateca-issuer",
        &["attach_aws_privateca_issuer_policy", "aws-pca-issuer"],
    ),
    (
        "cert-manager",
        &["attach_cert_manager_policy", "certManager", "cert-manager"],
    ),
    (
        "cluster-autoscaler",
        &[
            "attach_cluster_autoscaler_policy",
            "autoScaler",
            "Cluster Autoscaler",
        ],
    ),
    (
        "external-dns",
        &[
            "attach_external_dns_policy",
            "externalDNS",
            "ExternalDNS",
            "external_dns",
        ],
    ),
    ("external-secrets", &["attach_external_secrets_policy"]),
    ("karpenter", &["Karpenter", "karpenter-controller"]),
    ("pganalyze", &["attach_pganalyze_policy"]),
    ("velero", &["attach_velero_policy"]),
    (
        "vpc-cni",
        &[
            "attach_vpc_cni_policy",
            "attach_aws_vpc_cni_policy",
            "vpc-cni",
            "aws-node",
        ],
    ),
];

#[test]
fn every_name_that_people_know_is_understood() {
    let ours: Vec<&str> = Addon::all().iter().map(|addon| addon.name).collect();
    let known: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
    assert_eq!(ours, known);
    for (name, others) in KNOWN {
        for other in others.iter().chain([name]) {
            assert_eq!(Addon::find(other).unwrap().name, *name, "{other}");
        }
    }
}

#[test]
fn every_alias_is_understood_and_names_one_addon() {
    for addon in Addon::all() {
        for alias in addon.aliases {
            assert_eq!(Addon::find(alias).unwrap().name, addon.name, "{alias}");
        }
    }
}

#[test]
fn a_version_is_the_first_unless_another_is_asked_for() {
    for addon in Addon::all() {
        let versions: Vec<&str> = addon
            .versions
            .iter()
            .map(|version| version.version)
            .collect();
        let mut sorted = versions.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(versions, sorted, "{}", addon.name);
        assert_eq!(addon.version(None).unwrap().version, versions[0]);
    }
    let error = Addon::find("velero")
        .unwrap()
        .version(Some("2019-01"))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy of `velero` has no version `2019-01`; it has `2026-11`"
    );
}

#[test]
fn arguments_are_found_by_name() {
    for argument in AddonArgument::ALL {
        assert_eq!(AddonArgument::named(argument.name()), Some(argument));
        let is_taken = Addon::all().iter().any(|addon| {
            let versions = addon.versions.iter();
            let mut taken = versions.flat_map(|version| version.arguments);
            taken.any(|taken| taken.argument == argument)
        });
        assert!(is_taken, "no add-on takes {argument}");
    }
    let names = AddonArgument::ALL.map(AddonArgument::name);
    assert!(names.is_sorted());
    assert_eq!(AddonArgument::named("hosted_zones"), None);
}

#[test]
fn a_newer_version_is_taken_only_where_it_is_asked_for() {
    const fn version(version: &'static str) -> AddonVersion {
        AddonVersion {
            version,
            source: "https://example.com",
            as_of: "2026-11-01",
            arguments: &[],
            build: |_| addon::AddonParts::default(),
        }
    }
    static TWO: Addon = Addon {
        name: "two",
        aliases: &[],
        title: "Two versions",
        versions: &[version("2026-11"), version("2027-02")],
    };
    let taken = |wanted| TWO.version(wanted).unwrap().version;
    assert_eq!(taken(None), "2026-11");
    assert_eq!(taken(Some("2026-11")), "2026-11");
    assert_eq!(taken(Some("2027-02")), "2027-02");
}
