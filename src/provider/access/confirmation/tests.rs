//! Writes that prove themselves, from the request of a resource to what stands in the cluster.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eksauth_core::aws_auth::{Entry, Section};
use tf_provider::Diagnostics;
use tokio_util::sync::CancellationToken;

use crate::aws_auth::fixture::{Bed, ROLES, only, role_arn, titles};
use crate::aws_auth::{ChangeOutcome, ChangeRequest, Doubt, OnConflict, Removal, Upsert};
use crate::config::{Acknowledgements, LockoutGuard, Recovery, Settings};
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{FakeAnswer, FakeKube, active_cluster};
use crate::ports::eks::{AccessEntry, AccessPolicy, AuthenticationMode, Cluster};
use crate::ports::fresh_connection::ServerAddress;
use crate::ports::{ApiError, Clock, ErrorKind};

mod cancelled;
mod lost_answers;
mod meant;
mod unfinished;

type Outcome = Result<ChangeOutcome, Diagnostics>;

/// Whether aws-auth names the role that runs the tests.
fn names_admins(kube: &FakeKube) -> bool {
    kube.section("mapRoles")
        .is_some_and(|text| text.contains("role/admins"))
}

/// A cluster that looks at access entries too. One names the role that runs the tests, and EKS does not say that it counts for the role before this one.
fn bed() -> Bed {
    let bed = Bed::lived_in();
    bed.cloud.eks.put(Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
    bed.cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: role_arn("admins"),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
    });
    bed.cloud.eks.associate(
        &role_arn("admins"),
        AccessPolicy {
            policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
                .to_owned(),
            namespaces: Vec::new(),
        },
    );
    bed.cloud
        .connections
        .answer(|kube| match names_admins(kube) {
            true => FakeAnswer::admin("admin"),
            false => FakeAnswer::Fails(ErrorKind::Unauthorized),
        });
    bed
}

fn settings() -> Settings {
    Settings {
        confirm_access: true,
        lockout_guard: LockoutGuard::Error,
        recovery: Recovery::ConfigMap,
        ..Bed::settings()
    }
}

fn role(name: &str, groups: &[&str]) -> Entry {
    Entry::Role {
        rolearn: role_arn(name),
        username: "admin".to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

fn own() -> Entry {
    role("admins", &["system:masters"])
}

fn remove_own() -> ChangeRequest {
    let removal = Removal {
        entry: own(),
        undo: None,
        doubt: Doubt::None,
    };
    ChangeRequest::remove("eksauth_aws_auth_role", role_arn("admins"), removal)
}

fn upsert(entry: Entry, prior: Option<Entry>) -> ChangeRequest {
    let written = entry.arn().to_owned();
    let upsert = Upsert {
        entry,
        prior,
        on_conflict: OnConflict::Error,
    };
    ChangeRequest::upsert("eksauth_aws_auth_role", written, upsert)
}

async fn ask(bed: &Bed, settings: Settings, request: ChangeRequest) -> Outcome {
    let cancel = CancellationToken::new();
    ask_until(bed, settings, request, &cancel).await
}

async fn ask_until(
    bed: &Bed,
    settings: Settings,
    request: ChangeRequest,
    cancel: &CancellationToken,
) -> Outcome {
    let client = bed.cloud.client(settings);
    bed.writer(&client).await.change(cancel, request).await
}

/// How many connections were made, and how many calls on them.
fn asked(bed: &Bed) -> (usize, usize) {
    let asked = bed.cloud.connections.take_asked();
    let mut connections: Vec<&str> = asked
        .iter()
        .filter_map(|call| call.split(' ').next())
        .collect();
    connections.dedup();
    (connections.len(), asked.len())
}

fn text(outcome: &Outcome) -> String {
    only(outcome.as_ref().unwrap_err()).detail.clone()
}

#[tokio::test]
async fn a_loss_that_nobody_meant_is_undone_byte_for_byte() {
    let bed = bed();
    let outcome = ask(&bed, settings(), remove_own()).await;
    let refused = outcome.as_ref().unwrap_err();
    assert_eq!(
        titles(refused),
        ["This Change Locked You Out And Was Undone"]
    );
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
    assert_eq!(bed.kube().others().len(), 0, "the copy tells of no step");
    let text = text(&outcome);
    assert_eq!(
        text,
        "aws-auth of cluster `prod` was written at 00:00:01 UTC. A fresh token of arn:aws:iam::111122223333:role/admins was then refused (401) for 8 \
         seconds, so the document was put back at 00:00:08 UTC, and a fresh token is admitted again. Nothing else was changed by others in between.\n\
         Why the plan did not know: an access entry names this principal and did not let it in: one that is older than its role or user counts for the \
         one before it.\n\
         What to do: keep the entry, or give another way in first, wait until it admits, and apply then. Delete the access entry and create it anew, so \
         that it counts for the role as it is now. If you mean it: EKSAUTH_LOCKOUT_ACK=prod:lockout.running-identity:arn:aws:iam::111122223333:role/admins"
    );
    let asked = bed.cloud.connections.take_asked();
    assert_eq!(
        asked[..4],
        [
            "1 selfsubjectreviews",
            "1 get configmaps",
            "1 patch configmaps",
            "2 selfsubjectreviews"
        ]
    );
    assert!(asked.contains(&"1 patch".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn what_others_wrote_in_between_stays() {
    let bed = bed();
    let theirs = "- rolearn: arn:aws:iam::111122223333:role/theirs\n  username: theirs\n";
    let mut is_first = true;
    bed.cloud.connections.answer(move |kube| {
        if names_admins(kube) {
            return FakeAnswer::admin("admin");
        }
        if std::mem::replace(&mut is_first, false) {
            kube.change(|map| map.data.get_mut("mapRoles").unwrap().push_str(theirs));
        }
        FakeAnswer::Fails(ErrorKind::Unauthorized)
    });
    let outcome = ask(&bed, settings(), remove_own()).await;
    let text = text(&outcome);
    assert!(text.contains("Others had written in between; what they wrote stays."));
    let roles = bed.entries(Section::MapRoles);
    let arns: Vec<&str> = roles
        .iter()
        .filter_map(|entry| entry.split(' ').next()?.rsplit('/').next())
        .collect();
    assert_eq!(arns, ["nodes", "theirs", "admins"]);
}

#[tokio::test]
async fn access_that_comes_back_in_time_was_not_lost() {
    let bed = bed();
    let clock = bed.cloud.clock.clone();
    let began = clock.now();
    bed.cloud.connections.answer(move |kube| {
        let is_late = clock.now() > began + Duration::from_secs(5);
        match names_admins(kube) || is_late {
            true => FakeAnswer::admin("admin"),
            false => FakeAnswer::Fails(ErrorKind::Unauthorized),
        }
    });
    let outcome = ask(&bed, settings(), remove_own()).await;
    assert_eq!(outcome.unwrap().remarks, Diagnostics::new());
    assert!(!names_admins(bed.kube()));
}

#[tokio::test]
async fn a_yes_counts_once_it_had_time_to_change() {
    let bed = bed();
    bed.cloud.connections.answer(|_| FakeAnswer::admin("admin"));
    let began = bed.cloud.clock.now();
    let outcome = ask(&bed, settings(), remove_own()).await;
    assert_eq!(outcome.unwrap().remarks, Diagnostics::new());
    assert_eq!(asked(&bed), (5, 7));
    let took = bed.cloud.clock.now().duration_since(began).unwrap();
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_yes_counts_at_once_where_the_write_shows() {
    let bed = bed();
    bed.cloud.connections.answer(|kube| {
        match kube.section("mapRoles").unwrap().contains("auditors") {
            true => FakeAnswer::admin("admin-of-late"),
            false => FakeAnswer::admin("admin"),
        }
    });
    let wanted = role("admins", &["system:masters", "auditors"]);
    let outcome = ask(&bed, settings(), upsert(wanted, Some(own()))).await;
    assert_eq!(outcome.unwrap().remarks, Diagnostics::new());
    assert_eq!(asked(&bed), (2, 6));
}

#[tokio::test]
async fn an_entry_that_hides_what_let_us_in_is_taken_back() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [system:masters]\n",
    )]);
    bed.cloud
        .connections
        .answer(|kube| match names_admins(kube) {
            true => match FakeAnswer::admin("viewer") {
                FakeAnswer::As(user, _) => FakeAnswer::As(user, Default::default()),
                other => other,
            },
            false => FakeAnswer::admin("kubernetes-admin"),
        });
    let before = bed.kube().section("mapRoles");
    let outcome = ask(&bed, settings(), upsert(role("admins", &["viewers"]), None)).await;
    assert_eq!(
        titles(outcome.as_ref().unwrap_err()),
        ["This Change Took Your Right To Mend aws-auth And Was Undone"]
    );
    let text = text(&outcome);
    assert!(
        text.contains("could then not read aws-auth for 8 seconds")
            && text.contains("an entry of this change comes before what let it in until now"),
        "{text}"
    );
    assert_eq!(bed.kube().section("mapRoles"), before);
}

#[tokio::test]
async fn a_way_back_that_is_closed_is_said_with_the_copy_and_the_ways_in() {
    let bed = bed();
    // The write takes longer than the API server remembers.
    let clock = bed.cloud.clock.clone();
    bed.kube().on_next(
        Verb::Patch,
        Fault::After(Box::new(move |_| clock.advance(Duration::from_secs(11)))),
    );
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Unauthorized));
    let outcome = ask(&bed, settings(), remove_own()).await;
    assert_eq!(
        titles(outcome.as_ref().unwrap_err()),
        ["This Change Locked You Out"]
    );
    let text = text(&outcome);
    let copies = bed.kube().others();
    let copy = copies.keys().next().unwrap();
    for part in [
        format!("terraform-provider-eksauth restore {copy} --cluster prod --region eu-central-1"),
        "It could not be put back".to_owned(),
        "aws eks create-access-entry".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}\n{text}");
    }
    assert!(!names_admins(bed.kube()));
}

#[tokio::test]
async fn a_refusal_of_the_credentials_is_not_the_writes() {
    let bed = bed();
    bed.cloud.token_sts.say(403, "{}");
    let outcome = ask(&bed, settings(), remove_own()).await.unwrap();
    assert_eq!(titles(&outcome.remarks), ["Access Not Confirmed"]);
    assert!(!names_admins(bed.kube()), "the write stays");

    let bed = bed_with_short_credentials();
    let outcome = ask(&bed, settings(), remove_own()).await.unwrap();
    let remark = only(&outcome.remarks);
    assert!(
        remark.detail.contains("the credentials have expired"),
        "{}",
        remark.detail
    );
}

fn bed_with_short_credentials() -> Bed {
    let bed = bed();
    bed.cloud.connections.end_credentials_in(Duration::ZERO);
    bed
}

#[tokio::test]
async fn a_loss_that_stays_after_the_undo_is_said() {
    let bed = bed();
    let mut is_first = true;
    bed.cloud
        .connections
        .answer(move |_| match std::mem::replace(&mut is_first, false) {
            true => FakeAnswer::admin("admin"),
            false => FakeAnswer::Fails(ErrorKind::Unauthorized),
        });
    let outcome = ask(&bed, settings(), remove_own()).await;
    let text = text(&outcome);
    assert!(
        text.contains("but a fresh token still gets no further: the loss has another cause"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_asked_such_things_leaves_it_to_the_rules() {
    for (kind, words) in [
        (ErrorKind::NotFound, "does not know SelfSubjectReview"),
        (ErrorKind::AccessDenied, "`system:basic-user` is not bound"),
        (ErrorKind::Unreachable, "did not answer"),
    ] {
        let bed = bed();
        bed.cloud
            .connections
            .answer(move |_| FakeAnswer::Fails(kind));
        let outcome = ask(&bed, settings(), remove_own()).await.unwrap();
        let remark = only(&outcome.remarks);
        assert_eq!(remark.summary, "Access Not Confirmed");
        assert!(remark.detail.contains(words), "{}", remark.detail);
        assert_eq!(asked(&bed), (1, 1), "{kind:?}");
        assert!(!names_admins(bed.kube()));
    }
}

#[tokio::test]
async fn whoever_is_refused_before_the_write_loses_nothing_by_it() {
    let bed = bed();
    bed.cloud
        .connections
        .answer(|_| FakeAnswer::Fails(ErrorKind::Unauthorized));
    let outcome = ask(&bed, settings(), remove_own()).await.unwrap();
    assert_eq!(outcome.remarks, Diagnostics::new());
    assert_eq!(asked(&bed), (1, 1));
}

#[tokio::test]
async fn every_address_is_asked_and_the_slow_one_counts() {
    let bed = bed();
    let addresses = [1, 2].map(|last| ServerAddress::At([10, 0, 0, last].into()));
    bed.cloud.connections.set_addresses(addresses.to_vec());
    bed.cloud.connections.answer_at(move |kube, address| {
        // The first server never hears of the write.
        match names_admins(kube) || address == addresses[0] {
            true => FakeAnswer::admin("admin"),
            false => FakeAnswer::Fails(ErrorKind::Unauthorized),
        }
    });
    let outcome = ask(&bed, settings(), remove_own()).await;
    assert_eq!(
        titles(&outcome.unwrap_err()),
        ["This Change Locked You Out And Was Undone"]
    );
}

#[tokio::test]
async fn the_guard_believes_the_access_entry() {
    let bed = bed();
    let unasked = Settings {
        confirm_access: false,
        ..settings()
    };
    let outcome = ask(&bed, unasked, remove_own()).await.unwrap();
    assert_eq!(outcome.remarks, Diagnostics::new());
}
