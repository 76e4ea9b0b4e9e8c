use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use eksauth_core::aws_auth::{Entry, Section};
use futures_util::future::join_all;
use tf_provider::{Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::fixture::{Bed, ROLES, role_arn, titles};
use super::{Granted, Guard, OnConflict, Proposal, Put, Reach, Removal, Wish, Writers};
use crate::client::Client;
use crate::clusters::ClusterRef;
use crate::fakes::REGION;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::ports::ErrorKind;

type Outcome = Result<Granted, Diagnostics>;

fn role(name: &str, username: &str) -> Entry {
    Entry::Role {
        rolearn: role_arn(name),
        username: username.to_owned(),
        groups: Vec::new(),
    }
}

fn wish(written: &str) -> Wish {
    Wish {
        resource: "eksauth_aws_auth_role",
        written: role_arn(written),
        reach: Reach::Entry,
        puts: Vec::new(),
        removals: Vec::new(),
        holds: Vec::new(),
        texts: Vec::new(),
    }
}

fn add(name: &str) -> Wish {
    let put = Put {
        entry: role(name, name),
        prior: None,
        on_conflict: OnConflict::Error,
    };
    Wish {
        puts: vec![put],
        ..wish(name)
    }
}

fn change(name: &str, prior: Entry, entry: Entry) -> Wish {
    let put = Put {
        entry,
        prior: Some(prior),
        on_conflict: OnConflict::Error,
    };
    Wish {
        puts: vec![put],
        ..wish(name)
    }
}

fn remove(entry: Entry) -> Wish {
    let written = entry.arn().to_owned();
    Wish {
        removals: vec![Removal { entry, undo: None }],
        written,
        ..wish("")
    }
}

fn admins() -> Entry {
    Entry::Role {
        rolearn: role_arn("admins"),
        username: "admin".to_owned(),
        groups: vec!["system:masters".to_owned()],
    }
}

/// Wishes of one apply, all asked for at the same time.
async fn apply(bed: &Bed, wishes: Vec<Wish>) -> Vec<Outcome> {
    let client = bed.client();
    asked(bed, &client, wishes).await
}

async fn asked(bed: &Bed, client: &Arc<Client>, wishes: Vec<Wish>) -> Vec<Outcome> {
    let (cluster, writer) = bed.writer(client).await;
    let cancel = CancellationToken::new();
    join_all(
        wishes
            .into_iter()
            .map(|wish| writer.change(client, &cluster, &cancel, wish)),
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

mod companions;
mod conflicts;
mod gathered;
mod own_entry;
mod recovery;
