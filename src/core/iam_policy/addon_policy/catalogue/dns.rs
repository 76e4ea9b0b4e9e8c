//! What changes records in Route 53.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};

/// ExternalDNS.
pub(super) const EXTERNAL_DNS: Addon = Addon {
    name: "external-dns",
    aliases: &["externaldns"],
    title: "ExternalDNS: records for services and ingresses",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/kubernetes-sigs/external-dns/blob/master/docs/tutorials/aws.md",
        as_of: "2026-08-22",
        arguments: &[takes(AddonArgument::HostedZoneArns, Need::Required)],
        build: external_dns,
    }],
};

/// cert-manager with the DNS01 solver for Route 53.
pub(super) const CERT_MANAGER: Addon = Addon {
    name: "cert-manager",
    aliases: &["certmanager"],
    title: "cert-manager: DNS01 challenges in Route 53",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://cert-manager.io/docs/configuration/acme/dns01/route53/",
        as_of: "2026-08-22",
        arguments: &[takes(AddonArgument::HostedZoneArns, Need::Required)],
        build: cert_manager,
    }],
};

fn external_dns(input: &AddonInput<'_>) -> AddonParts {
    let zones = input.list(AddonArgument::HostedZoneArns);
    AddonParts {
        notes: vec![
            "ExternalDNS reads the records of every zone that it manages: limit it to these zones too, with `--zone-id-filter` or `--domain-filter`.".to_owned(),
        ],
        ..statements(vec![
            allow(
                "ChangeRecords",
                &[
                    "route53:ChangeResourceRecordSets",
                    "route53:ListResourceRecordSets",
                ],
            )
            .on(zones),
            allow(
                "ReadTags",
                &["route53:ListTagsForResource", "route53:ListTagsForResources"],
            )
            .on([input.arn("route53:::hostedzone/*")]),
            allow("ListZones", &["route53:ListHostedZones"]),
        ])
    }
}

/// Only TXT records: nothing else is part of a challenge.
fn cert_manager(input: &AddonInput<'_>) -> AddonParts {
    let zones = input.list(AddonArgument::HostedZoneArns);
    statements(vec![
        allow("FollowChanges", &["route53:GetChange"]).on([input.arn("route53:::change/*")]),
        allow("ChangeChallenges", &["route53:ChangeResourceRecordSets"])
            .on(zones.clone())
            .when(
                "ForAllValues:StringEquals",
                "route53:ChangeResourceRecordSetsRecordTypes",
                &["TXT"],
            ),
        allow("ReadRecords", &["route53:ListResourceRecordSets"]).on(zones),
        allow("FindZones", &["route53:ListHostedZonesByName"]),
    ])
}
