//! What sends or reads measurements.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};

/// Amazon Managed Service for Prometheus.
pub(super) const AMAZON_MANAGED_PROMETHEUS: Addon = Addon {
    name: "amazon-managed-prometheus",
    aliases: &[
        "amazon-managed-service-prometheus",
        "amazon-managed-service-for-prometheus",
        "amp",
    ],
    title: "Amazon Managed Service for Prometheus: write and query",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://docs.aws.amazon.com/prometheus/latest/userguide/set-up-irsa.html",
        as_of: "2026-08-22",
        arguments: &[
            takes(AddonArgument::WorkspaceArns, Need::Required),
            takes(AddonArgument::ReadOnly, Need::Optional),
        ],
        build: amazon_managed_prometheus,
    }],
};

/// The CloudWatch agent with X-Ray.
pub(super) const AMAZON_CLOUDWATCH_OBSERVABILITY: Addon = Addon {
    name: "amazon-cloudwatch-observability",
    aliases: &[
        "cloudwatch-observability",
        "aws-cloudwatch-observability",
        "cloudwatch-agent",
    ],
    title: "Amazon CloudWatch Observability",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/install-CloudWatch-Observability-EKS-addon.html",
        as_of: "2026-08-22",
        arguments: &[takes(AddonArgument::ClusterName, Need::RequiredIfNarrow)],
        build: amazon_cloudwatch_observability,
    }],
};

/// The collector of pganalyze.
pub(super) const PGANALYZE: Addon = Addon {
    name: "pganalyze",
    aliases: &["pganalyze-collector"],
    title: "pganalyze collector for RDS and Aurora",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://pganalyze.com/docs/install/amazon_rds/03_install_collector_eks",
        as_of: "2026-05-29",
        arguments: &[
            takes(AddonArgument::DbInstanceArns, Need::Required),
            takes(AddonArgument::DbClusterArns, Need::Optional),
        ],
        build: pganalyze,
    }],
};

fn amazon_managed_prometheus(input: &AddonInput<'_>) -> AddonParts {
    let workspaces = input.list(AddonArgument::WorkspaceArns);
    let mut actions = vec![
        "aps:GetLabels",
        "aps:GetMetricMetadata",
        "aps:GetSeries",
        "aps:QueryMetrics",
    ];
    if !input.flag(AddonArgument::ReadOnly) {
        actions.push("aps:RemoteWrite");
    }
    statements(vec![allow("UseWorkspaces", &actions).on(workspaces)])
}

fn amazon_cloudwatch_observability(input: &AddonInput<'_>) -> AddonParts {
    let Some(cluster) = input.cluster_name().filter(|_| input.narrow) else {
        return AddonParts {
            managed: vec!["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"],
            ..AddonParts::default()
        };
    };
    let groups = [
        format!("/aws/containerinsights/{cluster}/*"),
        "/aws/application-signals/*".to_owned(),
    ];
    let namespaces = [
        "ApplicationSignals",
        "CWAgent",
        "ContainerInsights",
        "ContainerInsights/Prometheus",
    ];
    statements(vec![
        allow("WriteMetrics", &["cloudwatch:PutMetricData"]).when(
            "StringEquals",
            "cloudwatch:namespace",
            &namespaces,
        ),
        allow(
            "WriteLogs",
            &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "logs:PutRetentionPolicy",
            ],
        )
        .on(groups.map(|group| input.arn(&format!("logs:*:*:log-group:{group}")))),
        allow("FindLogs", &["logs:DescribeLogGroups"]),
        allow(
            "WriteTraces",
            &[
                "xray:GetSamplingRules",
                "xray:GetSamplingStatisticSummaries",
                "xray:GetSamplingTargets",
                "xray:PutTelemetryRecords",
                "xray:PutTraceSegments",
            ],
        ),
        allow("LookAround", &["ec2:DescribeTags", "ec2:DescribeVolumes"]),
    ])
}

fn pganalyze(input: &AddonInput<'_>) -> AddonParts {
    let instances = input.list(AddonArgument::DbInstanceArns);
    let clusters = input.list(AddonArgument::DbClusterArns);
    let places = places(&instances);
    let in_places = |service: &str, resource: &str| -> Vec<String> {
        let arn = |place: &String| input.arn(&format!("{service}:{place}:{resource}"));
        places.iter().map(arn).collect()
    };
    let mut allowed = vec![
        allow("ReadMetrics", &["cloudwatch:GetMetricStatistics"]),
        allow("ReadEnhancedMonitoring", &["logs:GetLogEvents"])
            .on(in_places("logs", "log-group:RDSOSMetrics:log-stream:*")),
        allow("ReadSettings", &["rds:DescribeDBParameters"]).on(in_places("rds", "pg:*")),
        allow(
            "ReadInstances",
            &[
                "rds:DescribeDBInstances",
                "rds:DescribeDBLogFiles",
                "rds:DownloadDBLogFilePortion",
            ],
        )
        .on(instances),
    ];
    if !clusters.is_empty() {
        allowed.push(allow("ReadClusters", &["rds:DescribeDBClusters"]).on(clusters));
    }
    statements(allowed)
}

/// `region:account` of each ARN, each once.
fn places(arns: &[String]) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for arn in arns {
        let sections: Vec<&str> = arn.splitn(6, ':').collect();
        if let [_, _, _, region, account, _] = sections.as_slice() {
            let place = format!("{region}:{account}");
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    places
}
