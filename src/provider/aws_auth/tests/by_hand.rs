use super::*;

use crate::aws_auth::{ChangeError, PlannedChange, SectionReplacement};
use crate::config::{LockoutGuard, Settings};
use crate::fakes::active_cluster;
use crate::ports::eks::AuthenticationMode;

/// What the command line asks before it writes, under the guard.
async fn planned(bed: &Bed, request: &ChangeRequest) -> Result<PlannedChange, ChangeError> {
    let client = guarded(bed);
    let writer = bed.writer(&client).await;
    let document = writer.document().await.unwrap();
    writer.planned_change(&document, request).await
}

fn guarded(bed: &Bed) -> Arc<Client> {
    bed.cloud.client(Settings {
        lockout_guard: LockoutGuard::Error,
        ..Bed::settings()
    })
}

fn roles_become(bed: &Bed, text: &str) -> ChangeRequest {
    let mut after = bed.document().data().clone();
    after.insert("mapRoles".to_owned(), text.to_owned());
    let texts = SectionReplacement::between(bed.document().data(), &after);
    ChangeRequest::replace_sections("restore", "copy-1", texts)
}

fn refused(outcome: Result<PlannedChange, ChangeError>) -> Diagnostics {
    match outcome {
        Err(ChangeError::Refused(reasons)) => reasons,
        other => panic!("it was to be refused: {other:?}"),
    }
}

#[tokio::test]
async fn entries_of_one_arn_that_go_together_leave_nothing_to_warn_of() {
    let bed = Bed::lived_in();
    let entry = |username: &str| Entry::Role {
        rolearn: role_arn("twice"),
        username: username.to_owned(),
        groups: Vec::new(),
    };
    let text = format!(
        "- {{rolearn: {arn}, username: a}}\n- {{rolearn: {arn}, username: b}}\n",
        arn = role_arn("twice")
    );
    bed.kube().write(&[("mapRoles", &format!("{ROLES}{text}"))]);
    let removals = ["a", "b"].map(|username| Removal {
        entry: entry(username),
        undo: None,
        doubt: Doubt::None,
    });
    let request = ChangeRequest::remove_all("remove role", role_arn("twice"), removals.into());
    let client = guarded(&bed);
    let writer = bed.writer(&client).await;
    let cancel = CancellationToken::new();
    let done = writer.try_change(&cancel, request).await.unwrap();
    let warnings: Vec<&str> = done.messages().map(|said| said.summary.as_str()).collect();
    assert!(
        !warnings.contains(&"Principal Still Mapped"),
        "{warnings:?}"
    );
    assert_eq!(bed.document().data()["mapRoles"], ROLES);
}

#[tokio::test]
async fn an_addition_says_what_it_writes_and_writes_nothing() {
    let bed = Bed::lived_in();
    let planned = planned(&bed, &add("dev")).await.unwrap();
    assert_eq!(planned.remarks, Diagnostics::new());
    let added = format!("- rolearn: \"{}\"\n  username: dev\n", role_arn("dev"));
    assert!(planned.after["mapRoles"].contains(&added), "{planned:?}");
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn an_arn_of_another_partition_and_an_immutable_object_are_refused() {
    let bed = Bed::lived_in();
    let mut request = add("dev");
    request.upserts[0].entry = Entry::Role {
        rolearn: "arn:aws-cn:iam::111122223333:role/dev".to_owned(),
        username: "dev".to_owned(),
        groups: Vec::new(),
    };
    let reasons = refused(planned(&bed, &request).await);
    assert_eq!(titles(&reasons), ["Entry Of Another Partition"]);

    bed.kube().change(|map| map.immutable = true);
    let reasons = refused(planned(&bed, &add("dev")).await);
    assert_eq!(titles(&reasons), ["ConfigMap Cannot Be Changed"]);
}

#[tokio::test]
async fn a_cluster_that_ignores_aws_auth_is_said() {
    let bed = Bed::lived_in();
    let mut cluster = active_cluster("prod", "A");
    cluster.authentication_mode = Some(AuthenticationMode::Api);
    bed.cloud.eks.put(cluster);
    let planned = planned(&bed, &add("dev")).await.unwrap();
    assert_eq!(titles(&planned.remarks), ["aws-auth Is Ignored"]);
}

#[tokio::test]
async fn a_text_that_takes_the_last_admin_is_refused_before_and_at_the_write() {
    let bed = Bed::lived_in();
    let request = roles_become(&bed, "");
    let reasons = refused(planned(&bed, &request).await);
    assert!(
        titles(&reasons)[0].ends_with("Would Go")
            || titles(&reasons)[0] == "This Change Locks You Out",
        "{reasons:?}"
    );
    let client = guarded(&bed);
    let writer = bed.writer(&client).await;
    let written = writer.try_change(&CancellationToken::new(), request).await;
    assert!(
        matches!(written, Err(ChangeError::Refused(_))),
        "{written:?}"
    );
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn what_comes_with_a_text_is_warned_of_and_what_was_there_is_not() {
    let there =
        format!("{ROLES}- rolearn: arn:aws:iam::111122223333:role/old\n  username: system:old\n");
    let bed = Bed::new(&[("mapRoles", &there)]);
    let text = format!(
        "{there}- rolearn: arn:aws:iam::111122223333:role/s2\n  username: dev:{{{{SessionName}}}}\n  groups: ['system:{{{{SessionName}}}}']\n\
         - rolearn: arn:aws-cn:iam::111122223333:role/far\n  username: far\n"
    );
    let planned = planned(&bed, &roles_become(&bed, &text)).await.unwrap();
    let warnings: Vec<&Diagnostic> = planned.remarks.iter().collect();
    let [warning] = warnings.as_slice() else {
        panic!("one warning: {warnings:?}")
    };
    assert_eq!(
        warning.detail,
        "In aws-auth of cluster `prod` the new text brings these findings, which were not there before:\n\n\
         \x20 mapRoles, line 12: group `system:{{SessionName}}`: who assumes the role chooses {{SessionName}} and can join a `system:` group \
         (privilege.caller_chosen_group)\n\
         \x20 mapRoles, line 15: `arn:aws-cn:iam::111122223333:role/far` is of partition `aws-cn`, and cluster `prod` of partition `aws`: no \
         identity of one can call a cluster of the other.\n"
    );
    assert_eq!(planned.after["mapRoles"], text);
}

#[tokio::test]
async fn a_write_that_the_api_server_refuses_is_a_failure_and_no_refusal() {
    let bed = Bed::lived_in();
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::AccessDenied));
    let client = guarded(&bed);
    let writer = bed.writer(&client).await;
    let written = writer
        .try_change(&CancellationToken::new(), add("dev"))
        .await;
    assert!(
        matches!(written, Err(ChangeError::Failed(_))),
        "{written:?}"
    );
    let other = add("nodes");
    let written = writer.try_change(&CancellationToken::new(), other).await;
    assert!(
        matches!(&written, Err(ChangeError::Refused(reasons)) if titles(reasons) == ["Entry Exists Already"]),
        "{written:?}"
    );
}
