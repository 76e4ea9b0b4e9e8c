use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use eksauth_core::aws_auth::{Entry, Section};
use futures_util::future::join_all;
use tf_provider::{Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::fixture::{Bed, ROLES, role_arn, titles};
use super::{
    ChangeOutcome, ChangeRequest, Doubt, Guard, GuardAndExplainer, OnConflict, Ownership, Proposal,
    Removal, Upsert, Writers,
};
use crate::client::Client;
use crate::clusters::Clusters;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::ports::ErrorKind;

const RESOURCE: &str = "eksauth_aws_auth_role";

type Outcome = Result<ChangeOutcome, Diagnostics>;

fn role(name: &str, username: &str) -> Entry {
    Entry::Role {
        rolearn: role_arn(name),
        username: username.to_owned(),
        groups: Vec::new(),
    }
}

fn request(written: &str) -> ChangeRequest {
    ChangeRequest::empty(RESOURCE, role_arn(written))
}

fn add(name: &str) -> ChangeRequest {
    let upsert = Upsert {
        entry: role(name, name),
        prior: None,
        on_conflict: OnConflict::Error,
    };
    ChangeRequest::upsert(RESOURCE, role_arn(name), upsert)
}

fn change(name: &str, prior: Entry, entry: Entry) -> ChangeRequest {
    let upsert = Upsert {
        entry,
        prior: Some(prior),
        on_conflict: OnConflict::Error,
    };
    ChangeRequest::upsert(RESOURCE, role_arn(name), upsert)
}

fn remove(entry: Entry) -> ChangeRequest {
    let written = entry.arn().to_owned();
    ChangeRequest::remove(
        RESOURCE,
        written,
        Removal {
            entry,
            undo: None,
            doubt: Doubt::None,
        },
    )
}

fn admins() -> Entry {
    Entry::Role {
        rolearn: role_arn("admins"),
        username: "admin".to_owned(),
        groups: vec!["system:masters".to_owned()],
    }
}

/// Requests of one apply, all asked for at the same time.
async fn apply(bed: &Bed, requests: Vec<ChangeRequest>) -> Vec<Outcome> {
    let client = bed.client();
    asked(bed, &client, requests).await
}

async fn asked(bed: &Bed, client: &Arc<Client>, requests: Vec<ChangeRequest>) -> Vec<Outcome> {
    let writer = bed.writer(client).await;
    let cancel = CancellationToken::new();
    join_all(
        requests
            .into_iter()
            .map(|request| writer.change(&cancel, request)),
    )
    .await
}

fn errors(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes
        .iter()
        .map(|outcome| {
            outcome
                .as_ref()
                .err()
                .map_or("", |refused| titles(refused)[0])
        })
        .collect()
}

fn arns(bed: &Bed) -> Vec<String> {
    let document = bed.document();
    let names = document
        .reading()
        .roles
        .iter()
        .map(|entry| entry.arn.rsplit('/').next());
    names.map(|name| name.unwrap().to_owned()).collect()
}

mod by_hand;
mod caller_entry;
mod companions;
mod conflicts;
mod gathered;
mod recovery;
mod recovery_listing;
mod spellings;
