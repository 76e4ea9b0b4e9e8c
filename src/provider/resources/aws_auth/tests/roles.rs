use std::time::Duration;

use super::*;
use crate::config::Settings;
use crate::fakes::refusal;
use crate::ports::ErrorKind;

fn config() -> Json {
    json!({ "map_roles": [admins(), dev(&["dev"])] })
}

async fn plan_messages(bed: &Bed, settings: Settings) -> Vec<String> {
    let state = {
        let step = bed.step(AwsAuthResource);
        step.create(config()).await.unwrap()
    };
    let step = Harness::new(AwsAuthResource, bed.cloud.client(settings));
    let plan = step.plan_update(&state, config()).await.unwrap();
    assert_eq!(plan.action, Action::None);
    step.take_warnings()
        .iter()
        .map(|message| format!("{}: {}", message.summary, message.detail))
        .collect()
}

#[tokio::test]
async fn roles_that_are_gone_are_told_in_one_warning_of_what_the_map_names() {
    let bed = Bed::lived_in();
    bed.cloud.iam.remove_role("nodes");
    bed.cloud.iam.remove_role("admins");
    assert_eq!(
        plan_messages(&bed, Bed::settings()).await,
        [
            "Roles Deleted Or Recreated: The server compares names, so these entries of mapRoles in aws-auth of cluster `prod` give what they say to whatever \
             role has the name:\n\n  line 7: account `111122223333` has no role `admins`; whoever makes one gets what this entry gives. Finding: \
             role.missing\n  line 10: account `111122223333` has no role `dev`; whoever makes one gets what this entry gives. Finding: role.missing\n\n\
             Remove an entry whose role is gone for good. The guide \"Findings\" explains each finding; `suppress_findings` of the provider \
             block silences one."
        ]
    );
    let mut settings = Bed::settings();
    settings.suppress_findings.insert("role.missing".to_owned());
    assert_eq!(plan_messages(&bed, settings).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_role_made_anew_is_known_by_the_time_of_its_entry() {
    let bed = Bed::lived_in();
    bed.make_role("/teams/", "dev");
    let step = bed.step(AwsAuthResource);
    let state = step.create(config()).await.unwrap();
    bed.cloud.iam.remove_role("dev");
    bed.make_role("/teams/", "dev");
    bed.cloud
        .iam
        .change_role("dev", |found| found.role.created_at += 86_400);
    // Others write the section every day, and it still shows: the state knows since when the entry is there.
    bed.roles_written_at(1_735_689_600 + 7 * 86_400);
    let warned = async |state| {
        let step = bed.step(AwsAuthResource);
        step.plan_update(state, config()).await.unwrap();
        step.take_warnings()
    };
    assert!(
        only(&warned(&state).await).detail.contains(
            "line 10: role `dev` was made at 2025-01-02T00:00:00Z, and this entry was there by 2025-01-01T00:00:00Z: it was written for an earlier role of \
             that name, or for none. Finding: role.newer_than_entry"
        )
    );
    // Written again, the entry is meant for the role as it is; the other one keeps its time.
    bed.cloud.clock.advance(Duration::from_secs(2 * 86_400));
    let meant = json!({ "map_roles": [admins(), dev(&["dev", "ops"])] });
    let step = bed.step(AwsAuthResource);
    let state = step.update(&state, meant.clone()).await.unwrap();
    step.take_warnings();
    let step = bed.step(AwsAuthResource);
    step.plan_update(&state, meant.clone()).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    bed.cloud
        .iam
        .change_role("admins", |found| found.role.created_at += 86_400);
    let step = bed.step(AwsAuthResource);
    step.plan_update(&state, meant).await.unwrap();
    assert!(
        only(&step.take_warnings())
            .detail
            .contains("line 7: role `admins` was made at 2025-01-02T00:00:00Z")
    );
}

#[tokio::test]
async fn without_a_note_the_last_write_of_the_section_is_what_is_known() {
    let bed = Bed::lived_in();
    bed.roles_written_at(1_704_067_200);
    let step = bed.step(AwsAuthResource);
    step.plan_create(json!({ "map_roles": [admins()] }))
        .await
        .unwrap();
    let warnings = step.take_warnings();
    assert_eq!(
        titles(&warnings),
        ["Entry Will Be Taken Over", "Roles Deleted Or Recreated"]
    );
    assert!(
        warnings.iter().last().unwrap().detail.contains(
            "line 7: role `admins` was made at 2025-01-01T00:00:00Z, and this entry was there by 2024-01-01T00:00:00Z"
        ),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn iam_that_may_not_be_read_changes_nothing_and_is_asked_once() {
    let bed = Bed::lived_in();
    bed.cloud.iam.remove_role("admins");
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:ListRoles",
        "AccessDenied",
        "no",
    );
    bed.cloud.iam.calls.fail_next("ListRoles", denied);
    let step = bed.step(AwsAuthResource);
    for _ in 0..3 {
        step.plan_create(config()).await.unwrap();
    }
    assert_eq!(titles(&step.take_warnings()), ["Entry Will Be Taken Over"]);
    assert_eq!(bed.cloud.iam.calls.take(), ["ListRoles /"]);
}
