//! What reads or issues secrets and certificates.

use super::{
    Addon, AddonArgument, AddonInput, AddonParts, AddonVersion, Need, V2026_11, allow, statements,
    takes,
};
use crate::iam_policy::addon_policy::statement::Allow;

/// External Secrets Operator with Parameter Store and Secrets Manager.
pub(super) const EXTERNAL_SECRETS: Addon = Addon {
    name: "external-secrets",
    aliases: &["external-secrets-operator", "eso"],
    title: "External Secrets Operator: Secrets Manager and Parameter Store",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/external-secrets/external-secrets/blob/main/docs/provider/aws-secrets-manager.md",
        as_of: "2026-08-08",
        arguments: &[
            takes(AddonArgument::SecretsManagerArns, Need::OneOfThese),
            takes(AddonArgument::SsmParameterArns, Need::OneOfThese),
            takes(AddonArgument::KmsKeyArns, Need::Optional),
            takes(AddonArgument::PushSecrets, Need::Optional),
        ],
        build: external_secrets,
    }],
};

/// The issuer for AWS Private CA.
pub(super) const AWS_PRIVATECA_ISSUER: Addon = Addon {
    name: "aws-privateca-issuer",
    aliases: &[
        "privateca-issuer",
        "aws-pca-issuer",
        "aws-privateca-connector-for-kubernetes",
    ],
    title: "AWS Private CA issuer of cert-manager",
    versions: &[AddonVersion {
        version: V2026_11,
        source: "https://github.com/cert-manager/aws-privateca-issuer/blob/main/README.md",
        as_of: "2026-07-22",
        arguments: &[takes(
            AddonArgument::CertificateAuthorityArns,
            Need::Required,
        )],
        build: aws_privateca_issuer,
    }],
};

/// The tag that the operator gives to what it makes, and looks for before it deletes.
const MANAGED_BY: (&str, &str) = ("aws:ResourceTag/managed-by", "external-secrets");

fn external_secrets(input: &AddonInput<'_>) -> AddonParts {
    let secrets = input.list(AddonArgument::SecretsManagerArns);
    let parameters = input.list(AddonArgument::SsmParameterArns);
    let keys = input.list(AddonArgument::KmsKeyArns);
    let is_pushing = input.flag(AddonArgument::PushSecrets);
    let mut allowed = Vec::new();
    if !secrets.is_empty() {
        allowed.extend(read_secrets(&secrets));
    }
    if !parameters.is_empty() {
        allowed.extend(read_parameters(&parameters));
    }
    if !keys.is_empty() {
        let actions: &[&str] = match is_pushing {
            true => &["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
            false => &["kms:Decrypt"],
        };
        allowed.push(allow("UseKeys", actions).on(keys));
    }
    if is_pushing && !secrets.is_empty() {
        allowed.extend(push_secrets(&secrets));
    }
    if is_pushing && !parameters.is_empty() {
        allowed.extend(push_parameters(&parameters));
    }
    let without_suffix = secrets.iter().filter(|arn| !has_suffix(arn));
    let note = |arn: &String| {
        format!(
            "`{arn}` matches no secret unless its name really ends so: Secrets Manager puts a hyphen and six characters behind every name. Write `{arn}-??????`."
        )
    };
    let mut notes: Vec<String> = without_suffix.map(note).collect();
    if is_pushing && !secrets.is_empty() {
        notes.push("A PushSecret whose metadata has `resourcePolicy` or `replicationLocations` needs `secretsmanager:PutResourcePolicy` and `DeleteResourcePolicy`, or `ReplicateSecretToRegions` and `RemoveRegionsFromReplication`, besides: give those in a policy of your own where you use them.".to_owned());
    }
    AddonParts {
        notes,
        ..statements(allowed)
    }
}

/// Whether an ARN of a secret ends as all of them do, or is a pattern.
fn has_suffix(arn: &str) -> bool {
    let is_pattern = arn.ends_with(['*', '?']);
    let suffix = arn.rsplit_once('-').map(|(_, suffix)| suffix);
    is_pattern
        || suffix.is_some_and(|suffix| {
            suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn read_secrets(secrets: &[String]) -> Vec<Allow> {
    vec![
        allow(
            "ReadSecrets",
            &[
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:GetSecretValue",
                "secretsmanager:ListSecretVersionIds",
            ],
        )
        .on(secrets.to_vec()),
        allow(
            "FindSecrets",
            &[
                "secretsmanager:BatchGetSecretValue",
                "secretsmanager:ListSecrets",
            ],
        ),
    ]
}

fn read_parameters(parameters: &[String]) -> Vec<Allow> {
    vec![
        allow(
            "ReadParameters",
            &[
                "ssm:GetParameter",
                "ssm:GetParameters",
                "ssm:GetParametersByPath",
            ],
        )
        .on(parameters.to_vec()),
        allow("FindParameters", &["ssm:DescribeParameters"]),
    ]
}

fn push_secrets(secrets: &[String]) -> Vec<Allow> {
    vec![
        allow(
            "WriteSecrets",
            &[
                "secretsmanager:CreateSecret",
                "secretsmanager:PutSecretValue",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
            ],
        )
        .on(secrets.to_vec()),
        allow("DeleteOwnSecrets", &["secretsmanager:DeleteSecret"])
            .on(secrets.to_vec())
            .when("StringEquals", MANAGED_BY.0, &[MANAGED_BY.1]),
    ]
}

fn push_parameters(parameters: &[String]) -> Vec<Allow> {
    vec![
        allow(
            "WriteParameters",
            &[
                "ssm:AddTagsToResource",
                "ssm:ListTagsForResource",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ],
        )
        .on(parameters.to_vec()),
        allow("DeleteOwnParameters", &["ssm:DeleteParameter"])
            .on(parameters.to_vec())
            .when("StringEquals", MANAGED_BY.0, &[MANAGED_BY.1]),
    ]
}

fn aws_privateca_issuer(input: &AddonInput<'_>) -> AddonParts {
    statements(vec![
        allow(
            "IssueCertificates",
            &[
                "acm-pca:DescribeCertificateAuthority",
                "acm-pca:GetCertificate",
                "acm-pca:IssueCertificate",
            ],
        )
        .on(input.list(AddonArgument::CertificateAuthorityArns)),
    ])
}
