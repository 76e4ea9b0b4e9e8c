use super::*;
use crate::aws_auth::fixture::make_role;
use crate::fakes::{context_of_unknown_block, refusal as api_refusal};
use crate::ports::ClusterAccess;

const PATH: &str = "/aws-reserved/sso.amazonaws.com/eu-central-1/";
const ADMIN: &str = "AWSReservedSSO_Admin_0123456789abcdef";
const ADMIN_OPS: &str = "AWSReservedSSO_Admin_Ops_fedcba9876543210";

/// A cluster whose account has the permission sets `Admin` and `Admin_Ops`.
fn bed() -> Bed {
    let bed = Bed::lived_in();
    bed.make_role(PATH, ADMIN_OPS);
    bed.make_role(PATH, ADMIN);
    bed
}

fn config(permission_set: &str) -> serde_json::Value {
    json!({ "permission_set": permission_set, "username": "sso:{{SessionName}}", "groups": ["dev"] })
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn full_arn(name: &str) -> Attr<String> {
    known(&role_arn(&format!(
        "{}{name}",
        PATH.trim_start_matches('/')
    )))
}

#[tokio::test]
async fn a_permission_set_is_its_role_found_exactly_and_written_without_its_path() {
    let bed = bed();
    let step = bed.step(AwsAuthRoleResource::new());
    let planned = step.plan_create(config("Admin")).await.unwrap();
    let model = planned.model.clone().unwrap();
    assert_eq!(
        (model.rolearn, model.canonical_arn),
        (full_arn(ADMIN), known(&role_arn(ADMIN)))
    );
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        (
            state.model.permission_set.clone(),
            state.model.rolearn.clone()
        ),
        (known("Admin"), full_arn(ADMIN))
    );
    let ops = step.create(config("Admin_Ops")).await.unwrap();
    assert_eq!(ops.model.canonical_arn, known(&role_arn(ADMIN_OPS)));
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [
            format!("{} sso:{{{{SessionName}}}} dev", role_arn(ADMIN)),
            format!("{} sso:{{{{SessionName}}}} dev", role_arn(ADMIN_OPS)),
        ]
    );
    let step = bed.step(AwsAuthRoleResource::new());
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read, state);
    let plan = step.plan_update(&read, config("Admin")).await.unwrap();
    assert_eq!(plan.action, Action::None);
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn a_hundred_permission_sets_are_one_list_of_roles_and_a_refresh_is_none() {
    let bed = bed();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(config("Admin"))
        .await
        .unwrap();
    bed.cloud.iam.calls.take();
    let step = bed.step(AwsAuthRoleResource::new());
    step.read(&state).await.unwrap();
    assert_eq!(bed.cloud.iam.calls.take(), Vec::<String>::new());
    let plans = (0..100).map(|_| step.plan_update(&state, config("Admin")));
    for plan in futures_util::future::join_all(plans).await {
        assert_eq!(plan.unwrap().action, Action::None);
    }
    assert_eq!(
        bed.cloud.iam.calls.take(),
        ["ListRoles /aws-reserved/sso.amazonaws.com/"]
    );
}

#[tokio::test]
async fn a_permission_set_made_anew_is_drift_with_the_new_arn_and_moves_in_one_write() {
    let bed = bed();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(config("Admin"))
        .await
        .unwrap();
    bed.cloud.iam.remove_role(ADMIN);
    let anew = "AWSReservedSSO_Admin_1111111111111111";
    bed.make_role(PATH, anew);
    let step = bed.step(AwsAuthRoleResource::new());
    let read = step.read(&state).await.unwrap().unwrap();
    let planned = step.plan_update(&read, config("Admin")).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    let model = planned.model.clone().unwrap();
    assert_eq!(
        (model.rolearn, model.canonical_arn),
        (full_arn(anew), known(&role_arn(anew)))
    );
    let writes = bed.kube().count(Verb::Patch);
    step.apply(planned).await.unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), writes + 1);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [format!("{} sso:{{{{SessionName}}}} dev", role_arn(anew))]
    );
}

#[tokio::test]
async fn one_that_is_not_there_and_several_for_one_set_are_refused_with_what_to_do() {
    let bed = bed();
    let refused = async |name: &str| {
        let step = bed.step(AwsAuthRoleResource::new());
        only(&step.plan_create(config(name)).await.unwrap_err()).clone()
    };
    let none = refused("Admim").await;
    assert_eq!(
        (none.summary.as_str(), none.detail.as_str()),
        (
            "Permission Set Not Found",
            "There is no role of permission set `Admim` in account `111122223333`. There are roles of `Admin`, `Admin_Ops`. The nearest name is \
             `Admin`. IAM Identity Center makes the role when the permission set is assigned in that account, so assign it first.\n\nOnly the account of \
             the cluster is looked into, as whoever asks EKS about the cluster. If the permission set is assigned in another account, give the ARN of its \
             role there: `rolearn` instead of `permission_set`. If the cluster itself is in another account, give a role to assume there: \
             `assume_role_arn` in `clusters` of the provider block."
        )
    );
    assert_eq!(none.path.unwrap().to_string(), "permission_set");
    bed.make_role(
        "/aws-reserved/sso.amazonaws.com/",
        "AWSReservedSSO_Admin_2222222222222222",
    );
    let several = refused("Admin").await;
    assert_eq!(
        (several.summary.as_str(), several.detail.as_str()),
        (
            "Several Roles For One Permission Set",
            "Permission set `Admin` has more than one role:\n\n  \
             arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_2222222222222222\n  \
             arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef\n\nGive the ARN of the one \
             that is meant: `rolearn` instead of `permission_set`."
        )
    );
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

#[tokio::test]
async fn a_permission_set_that_the_same_apply_assigns_is_found_by_another_list() {
    let bed = bed();
    let step = bed.step(AwsAuthRoleResource::new());
    step.plan_create(config("Admin")).await.unwrap();
    bed.make_role(PATH, "AWSReservedSSO_New_3333333333333333");
    bed.cloud.clock.advance(std::time::Duration::from_secs(6));
    bed.cloud.iam.calls.take();
    let planned = step.plan_create(config("New")).await.unwrap();
    assert_eq!(
        planned.model.unwrap().canonical_arn,
        known(&role_arn("AWSReservedSSO_New_3333333333333333"))
    );
    step.plan_create(config("Admin")).await.unwrap();
    assert_eq!(bed.cloud.iam.calls.take().len(), 1);
}

#[tokio::test]
async fn a_role_made_anew_or_assigned_since_the_apply_began_is_found() {
    let bed = bed();
    let apply = bed.step(AwsAuthRoleResource::new());
    apply.plan_create(config("Admin")).await.unwrap();
    let second = std::time::Duration::from_secs(1);
    // What is missing is looked for again at once.
    bed.cloud.clock.advance(second);
    bed.make_role(PATH, "AWSReservedSSO_New_3333333333333333");
    apply.plan_create(config("New")).await.unwrap();
    // What was found is believed for a moment.
    bed.cloud
        .iam
        .remove_role("AWSReservedSSO_New_3333333333333333");
    bed.make_role(PATH, "AWSReservedSSO_New_4444444444444444");
    bed.cloud.clock.advance(3 * second);
    let planned = apply.plan_create(config("New")).await.unwrap();
    assert_eq!(
        planned.model.unwrap().canonical_arn,
        known(&role_arn("AWSReservedSSO_New_4444444444444444"))
    );
}

#[tokio::test]
async fn who_may_not_list_roles_hears_which_permission_is_missing() {
    let bed = bed();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(config("Admin"))
        .await
        .unwrap();
    let denied = || {
        let mut error = api_refusal(
            ErrorKind::AccessDenied,
            "iam:ListRoles",
            "AccessDenied",
            "not authorized to perform: iam:ListRoles",
        );
        error.missing_permission = Some("iam:ListRoles".to_owned());
        error
    };
    bed.cloud.iam.calls.fail_next("ListRoles", denied());
    let refused = bed
        .step(AwsAuthRoleResource::new())
        .plan_update(&state, config("Admin"))
        .await
        .unwrap_err();
    assert_eq!(
        (
            only(&refused).summary.as_str(),
            only(&refused).detail.as_str()
        ),
        (
            "Cannot Look Up Permission Set",
            "The role of permission set `Admin`: iam:ListRoles failed with `AccessDenied`: not authorized to perform: iam:ListRoles\nThe caller needs the \
             permission `iam:ListRoles`.\nRequest id: fake-request\n\nGrant the permission to the caller, or run as someone who has it."
        )
    );
    let mut settings = Bed::settings();
    settings.on_unreadable = crate::config::OnUnreadable::KeepState;
    let step =
        tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings));
    bed.cloud.iam.calls.fail_next("ListRoles", denied());
    let kept = step.plan_update(&state, config("Admin")).await.unwrap();
    assert_eq!(kept.action, Action::None);
    assert_eq!(
        titles(&step.take_warnings()),
        ["State Kept Without Checking"]
    );
}

#[tokio::test]
async fn what_is_not_known_yet_waits_and_a_cluster_to_come_does_not() {
    let bed = bed();
    let step = bed.step(AwsAuthRoleResource::new());
    let unknown = json!({ "permission_set": UNKNOWN, "username": "dev" });
    let model = step.plan_create(unknown).await.unwrap().model.unwrap();
    assert_eq!(
        (model.rolearn, model.canonical_arn),
        (Attr::Unknown, Attr::Unknown)
    );
    let to_come = json!({ "cluster_name": UNKNOWN, "permission_set": "Admin", "username": "dev" });
    let model = step.plan_create(to_come).await.unwrap().model.unwrap();
    assert_eq!(model.rolearn, full_arn(ADMIN));
    let state = step.create(config("Admin")).await.unwrap();
    let blind = context_of_unknown_block(Bed::settings());
    let step = tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), blind.client.clone());
    let kept = step.plan_update(&state, config("Admin")).await.unwrap();
    assert_eq!(kept.action, Action::None);
    let model = step
        .plan_create(config("Admin"))
        .await
        .unwrap()
        .model
        .unwrap();
    assert_eq!(model.rolearn, Attr::Unknown);
}

#[tokio::test]
async fn a_cluster_of_another_account_is_looked_for_there_by_the_role_that_asks_eks() {
    let bed = bed();
    let ownership = "arn:aws:iam::444455556666:role/reach";
    let access = ClusterAccess {
        assume_role_arn: Some(ownership.to_owned()),
        ..ClusterAccess::default()
    };
    let mut settings = Bed::settings();
    settings.clusters = Attr::Known([("prod".to_owned(), Attr::Known(access))].into());
    let there = bed.cloud.iam_of(ownership);
    let arn = make_role(
        &there,
        "444455556666",
        PATH,
        "AWSReservedSSO_Admin_4444444444444444",
    );
    let step =
        tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings));
    let model = step
        .plan_create(config("Admin"))
        .await
        .unwrap()
        .model
        .unwrap();
    assert_eq!(model.rolearn, known(&arn));
    let refused = step.plan_create(config("Admin_Ops")).await.unwrap_err();
    assert!(
        only(&refused).detail.starts_with(
            "There is no role of permission set `Admin_Ops` in account `444455556666`. There are roles of `Admin`."
        ),
        "{}",
        only(&refused).detail
    );
    assert_eq!(bed.cloud.iam.calls.take(), Vec::<String>::new());
}

#[test]
fn exactly_one_of_arn_and_permission_set_is_asked_for_and_people_are_no_nodes() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource::new());
    let refused = |config: serde_json::Value| {
        let found = step.validate(config);
        let message = only(&found);
        (message.summary.clone(), message.detail.clone())
    };
    let message = |title: &str, detail: &str| (title.to_owned(), detail.to_owned());
    assert_eq!(
        refused(json!({ "username": "dev" })),
        message(
            "Role Not Named",
            "Nothing says which role: set `rolearn`, or `permission_set` for the role of a permission set of IAM Identity Center."
        )
    );
    assert_eq!(
        refused(
            json!({ "rolearn": role_arn("dev"), "permission_set": "Admin", "username": "dev" })
        ),
        message(
            "Role Named Twice",
            "`rolearn` and `permission_set` both say which role. Set one of them."
        )
    );
    assert_eq!(
        refused(json!({ "permission_set": ADMIN, "username": "dev" })),
        (
            "Invalid Permission Set".to_owned(),
            format!(
                "`{ADMIN}` is a role's name or ARN; write the name of its permission set, or the ARN as `rolearn`."
            )
        )
    );
    for who in [
        json!({ "permission_set": "Admin", "username": "system:node:{{SessionName}}" }),
        json!({ "rolearn": role_arn(ADMIN), "username": "system:node:{{SessionName}}" }),
    ] {
        assert_eq!(refused(who).0, "Caller Chooses A Privileged Name");
    }
    let unknown = json!({ "rolearn": UNKNOWN, "permission_set": "Admin", "username": "dev" });
    assert!(step.validate(unknown).is_empty());
}

#[tokio::test]
async fn an_imported_entry_of_the_role_with_its_path_wakes_when_its_permission_set_is_named() {
    let bed = Bed::new(&[(
        "mapRoles",
        &format!(
            "- rolearn: arn:aws:iam::111122223333:role{PATH}{ADMIN}\n  username: sso:{{{{SessionName}}}}\n  groups: [dev]\n"
        ),
    )]);
    bed.make_role(PATH, ADMIN);
    let step = bed.step(AwsAuthRoleResource::new());
    let id = format!("prod#arn:aws:iam::111122223333:role{PATH}{ADMIN}");
    let state = step.import(&id).await.unwrap().unwrap();
    let woken = step.update(&state, config("Admin")).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Becomes Effective"]);
    assert_eq!(
        (woken.model.rolearn, woken.model.canonical_arn),
        (full_arn(ADMIN), known(&role_arn(ADMIN)))
    );
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} sso:{{{{SessionName}}}} dev", role_arn(ADMIN))]
    );
}

#[tokio::test]
async fn a_state_from_before_there_were_permission_sets_plans_empty() {
    let bed = bed();
    let config = role_config("teams/dev", "dev", &["dev"]);
    bed.step(AwsAuthRoleResource::new())
        .create(config.clone())
        .await
        .unwrap();
    let old = json!({
        "cluster_name": "prod", "region": null, "rolearn": role_arn("teams/dev"), "username": "dev", "groups": ["dev"],
        "on_conflict": "error", "canonical_arn": role_arn("dev"), "adopted": false,
        "cluster_arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
        "cluster_issuer": "https://oidc.eks.eu-central-1.amazonaws.com/id/A", "timeouts": null,
    });
    let step = bed.step(AwsAuthRoleResource::new());
    let state = step.upgrade(0, &old).unwrap();
    assert_eq!(state.model.permission_set, Attr::Null);
    let read = step.read(&state).await.unwrap().unwrap();
    let plan = step.plan_update(&read, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
}
