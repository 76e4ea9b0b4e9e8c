//! What `eksauth_oidc_provider` tells the practitioner.

use std::collections::BTreeSet;

use eksauth_core::principal::oidc_issuer::IssuerError;
use tf_provider::{Attr, AttributePath, Context, Diagnostic};

use super::schema::OidcProviderModel;
use crate::attributes::values::known_list;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::diagnostics::api_failure::sentence;
use crate::diagnostics::counted;
use crate::ports::iam::{NewOidcProvider, OidcProvider};

pub(super) fn both_url_and_cluster() -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        "Both `url` and `cluster_name` say which issuer is meant. Keep one of them.",
    )
    .at(AttributePath::attribute("url"))
}

/// Two addresses of the state have the provider. A refusal would also stop a destroy, whose plan begins as any other.
pub(super) fn two_resources(planned: &OidcProviderModel) -> Diagnostic {
    let issuer = planned.issuer.known().map_or("", String::as_str);
    Diagnostic::warning(
        "Two Resources For One OIDC Provider",
        format!(
            "Two `eksauth_oidc_provider` of this configuration have the OIDC provider of `{issuer}` in the state. There can be only one: each apply undoes what the \
             other has made. Set everything in one of them, and remove the other: the provider stays, because one still holds it."
        ),
    )
}

pub(super) fn neither_url_nor_cluster() -> Diagnostic {
    Diagnostic::error(
        "Missing Cluster Name",
        "Nothing says which issuer is meant. Set `cluster_name` here or in the provider block, or `url` for an issuer that is no cluster's.",
    )
    .at(AttributePath::attribute("cluster_name"))
}

pub(super) fn wrong_url(error: &IssuerError) -> Diagnostic {
    let summary = match error {
        IssuerError::DualStack { .. } => "Dual-Stack Issuer",
        _ => "Invalid Issuer URL",
    };
    Diagnostic::error(summary, sentence(&error.to_string())).at(AttributePath::attribute("url"))
}

pub(super) fn wrong_import_arn(error: &IssuerError) -> Diagnostic {
    Diagnostic::error("Invalid Import Id", sentence(&error.to_string()))
}

pub(super) fn wrong_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is no cluster's name, and an issuer's URL is no import id: write the name of the cluster, or the OIDC provider's ARN, \
             `arn:aws:iam::<account>:oidc-provider/<issuer without https://>`."
        ),
    )
}

pub(super) fn not_importable(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Cannot Import OIDC Provider",
        format!(
            "What `{id}` stands for is not known yet: the provider block depends on values that are known only after apply."
        ),
    )
}

pub(super) fn wrong_identity(arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Identity",
        format!(
            "`{arn}` is not the ARN of an OIDC provider. To import by a cluster's name, use `id` instead of `identity`."
        ),
    )
}

pub(super) fn nothing_to_import(arn: &str) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!("There is no OIDC provider `{arn}`. Remove the import, and apply makes it."),
    )
}

pub(super) fn cluster_missing(text: &str) -> Diagnostic {
    Diagnostic::error(
        "Cluster Not Found",
        format!(
            "{text} An import id is the ARN of an OIDC provider or a cluster's name, with `@region` at the end for another region."
        ),
    )
}

pub(super) fn block_unknown() -> Diagnostic {
    Diagnostic::error(
        "Provider Block Not Known",
        "The provider block depends on values that are not known, so the cluster cannot be looked for.",
    )
}

pub(super) fn no_issuer(cluster: &FoundCluster) -> Diagnostic {
    Diagnostic::error(
        "Cluster Without Issuer",
        format!(
            "{} has no OIDC issuer. Clusters on Outposts and very old ones have none.",
            cluster.reference
        ),
    )
    .at(AttributePath::attribute("cluster_name"))
}

pub(super) fn no_prior() -> Diagnostic {
    Diagnostic::error(
        "Missing Prior State",
        "An update came without a prior state. This is a bug in the provider; please report it.",
    )
}

pub(super) fn adopted_stays(arn: &str) -> Diagnostic {
    Diagnostic::warning(
        "Adopted OIDC Provider Stays",
        format!(
            "`{arn}` was there before this configuration, so it is only forgotten here and stays in the account, with the client ids and tags \
             it has now."
        ),
    )
}

pub(super) fn adopted(existing: &OidcProvider) -> Diagnostic {
    Diagnostic::warning(
        "OIDC Provider Adopted",
        format!(
            "`{}` was there already, with the client ids {}. It is managed here from now on, keeps them, and survives destroy.",
            existing.arn,
            quoted(&existing.client_ids)
        ),
    )
}

pub(super) fn client_ids_stay(arn: &str, ids: &BTreeSet<String>) -> Diagnostic {
    Diagnostic::warning(
        "Client Ids Stay",
        format!(
            "The adopted provider `{arn}` keeps the client ids {}: it may have had them before it was adopted.",
            quoted(ids)
        ),
    )
}

pub(super) fn exists_already(existing: &OidcProvider, wanted: &NewOidcProvider) -> Diagnostic {
    Diagnostic::error(
        "OIDC Provider Exists Already",
        format!(
            "IAM has one OIDC provider per issuer and account, and there is one for `{}` already. Nothing was changed.\n\n{}\n\n{}",
            wanted.url,
            both(existing, wanted),
            ways(existing),
        ),
    )
}

/// At plan, a provider to make that exists.
pub(super) fn exists_at_plan(
    existing: &OidcProvider,
    wanted: &NewOidcProvider,
    adopts: bool,
) -> Diagnostic {
    let outlook = match adopts {
        true => "Apply adopts it: it keeps its own client ids, gets those it lacks, and survives destroy.".to_owned(),
        false => format!("Apply will refuse to make another one. {}", ways(existing)),
    };
    Diagnostic::warning(
        "OIDC Provider Exists Already",
        format!(
            "IAM has one OIDC provider per issuer and account, and there is one for `{}` already.\n\n{}\n\n{outlook}",
            wanted.url,
            both(existing, wanted),
        ),
    )
}

fn both(existing: &OidcProvider, wanted: &NewOidcProvider) -> String {
    format!(
        "  exists      client ids {}, {}\n  configured  client ids {}, {}",
        quoted(&existing.client_ids),
        counted(existing.tags.len(), "tag"),
        quoted(&wanted.client_ids),
        counted(wanted.tags.len(), "tag"),
    )
}

/// How to come to terms with a provider that exists.
fn ways(existing: &OidcProvider) -> String {
    format!(
        "To manage it here, import it:\n\n  import {{\n    to = eksauth_oidc_provider.NAME\n    id = \"{}\"\n  }}\n\nor set \
         `on_conflict = \"adopt\"`: then it keeps its own client ids and survives destroy. If someone else manages it, leave this resource out: \
         `eksauth_irsa_role` needs only its ARN (`oidc_provider_arn`).",
        existing.arn
    )
}

/// IAM refuses an empty list, so one that was emptied in the configuration stays; say so where it happens.
pub(super) fn note_cleared_thumbprints(
    cx: &Context<Client>,
    prior: &OidcProviderModel,
    config: &OidcProviderModel,
) {
    let is_emptied = matches!(&config.thumbprint_list, Attr::Known(list) if list.is_empty());
    let had = known_list(&prior.thumbprint_list).unwrap_or_default();
    if is_emptied && !had.is_empty() {
        let detail = format!(
            "IAM cannot clear a provider's thumbprints, so {} stay. For issuers of EKS they decide nothing.",
            quoted(&had.into_iter().collect())
        );
        cx.add(
            Diagnostic::warning("Thumbprints Stay", detail)
                .at(AttributePath::attribute("thumbprint_list")),
        );
    }
}

fn quoted(texts: &BTreeSet<String>) -> String {
    match texts.is_empty() {
        true => "(none)".to_owned(),
        false => texts
            .iter()
            .map(|text| format!("`{text}`"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// A `moved` block from a state that has no provider in it.
pub(super) fn moved_without_an_arn() -> Diagnostic {
    Diagnostic::error(
        "Unreadable State",
        "The state of the `aws_iam_openid_connect_provider` has no `arn`, so there is nothing to take over. Refresh it with the hashicorp/aws \
         provider first, or use a `removed` and an `import` block instead of `moved`.",
    )
}
