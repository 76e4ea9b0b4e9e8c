use eksauth_core::aws_auth::Section;
use serde_json::json;
use tf_provider::Attr;
use tf_provider::testing::{Action, UNKNOWN};

use crate::aws_auth::bed::{Bed, ROLES, USERS, only, refusal, role_arn, role_config, titles};
use crate::cluster::Remembered;
use crate::fakes::kubernetes::{Fault, Verb};
use crate::fakes::{FakeCloud, active_cluster};
use crate::ports::ErrorKind;
use crate::resources::aws_auth_account::AwsAuthAccountResource;
use crate::resources::aws_auth_role::{AwsAuthRoleModel, AwsAuthRoleResource};
use crate::resources::aws_auth_user::AwsAuthUserResource;

#[test]
fn schemas_and_models_fit() {
    let bed = Bed::lived_in();
    assert_eq!(bed.step(AwsAuthRoleResource).check(), Vec::<String>::new());
    assert_eq!(bed.step(AwsAuthUserResource).check(), Vec::<String>::new());
    assert_eq!(
        bed.step(AwsAuthAccountResource).check(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_role_with_a_path_is_written_without_it_and_the_rest_of_the_document_stays() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource);
    let planned = step
        .plan_create(role_config(
            "teams/platform",
            "platform:{{SessionName}}",
            &["platform-admins"],
        ))
        .await
        .unwrap();
    let model = planned.model.clone().unwrap();
    assert_eq!(model.canonical_arn, Attr::Known(role_arn("platform")));
    assert_eq!(model.cluster_name, Attr::Known("prod".to_owned()));
    assert_eq!(model.adopted, Attr::Unknown);
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        state.model,
        AwsAuthRoleModel {
            cluster_name: Attr::Known("prod".to_owned()),
            region: Attr::Null,
            rolearn: Attr::Known(role_arn("teams/platform")),
            username: Attr::Known("platform:{{SessionName}}".to_owned()),
            groups: Attr::Known([Attr::Known("platform-admins".to_owned())].into()),
            on_conflict: Attr::Known("error".to_owned()),
            canonical_arn: Attr::Known(role_arn("platform")),
            adopted: Attr::Known(false),
            cluster_arn: Attr::Known(
                "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned()
            ),
            cluster_issuer: Attr::Known(
                "https://oidc.eks.eu-central-1.amazonaws.com/id/A".to_owned()
            ),
            timeouts: None,
        }
    );
    let text = bed.kube().section("mapRoles").unwrap();
    assert!(text.starts_with(ROLES), "{text}");
    assert_eq!(bed.kube().section("mapUsers").as_deref(), Some(USERS));
    assert_eq!(
        bed.entries(Section::MapRoles)[2],
        format!(
            "{} platform:{{{{SessionName}}}} platform-admins",
            role_arn("platform")
        )
    );
    assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn a_second_plan_is_empty_and_a_refresh_changes_nothing() {
    let bed = Bed::lived_in();
    let config = role_config("teams/platform", "platform", &["b", "a"]);
    let state = bed
        .step(AwsAuthRoleResource)
        .create(config.clone())
        .await
        .unwrap();
    let step = bed.step(AwsAuthRoleResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read, state);
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn add_and_destroy_give_the_old_bytes_back() {
    let documents: [&[(&str, &str)]; 7] = [
        &[("mapRoles", ROLES)],
        &[("mapRoles", ROLES.trim_end())],
        &[("mapRoles", "[]")],
        &[("mapRoles", "[]\n")],
        &[("mapRoles", "")],
        &[("mapUsers", USERS)],
        &[("mapRoles", "\"\"")],
    ];
    for data in documents {
        let bed = Bed::new(data);
        let before = bed.kube().aws_auth().unwrap().data;
        let one = bed
            .step(AwsAuthRoleResource)
            .create(role_config("teams/one", "one", &["a"]))
            .await
            .unwrap();
        let two = bed
            .step(AwsAuthRoleResource)
            .create(role_config("two", "two", &[]))
            .await
            .unwrap();
        assert_ne!(bed.kube().aws_auth().unwrap().data, before);
        let destroy = bed.client();
        let first = tf_provider::testing::Harness::new(AwsAuthRoleResource, destroy.clone());
        let second = tf_provider::testing::Harness::new(AwsAuthRoleResource, destroy);
        first.delete(&one).await.unwrap();
        second.delete(&two).await.unwrap();
        assert_eq!(bed.kube().aws_auth().unwrap().data, before, "{data:?}");
    }
}

#[tokio::test]
async fn a_change_of_the_arn_replaces_the_entry_in_one_write() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("teams/old", "dev", &["dev"]))
        .await
        .unwrap();
    let writes = bed.kube().count(Verb::Patch);
    let step = bed.step(AwsAuthRoleResource);
    let planned = step
        .plan_update(&state, role_config("teams/new", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(
        planned.model.clone().unwrap().canonical_arn,
        Attr::Known(role_arn("new"))
    );
    step.apply(planned).await.unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), writes + 1);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [format!("{} dev dev", role_arn("new"))]
    );
}

#[tokio::test]
async fn a_change_of_the_path_alone_writes_nothing_and_stays_as_written() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("teams/dev", "dev", &["dev"]))
        .await
        .unwrap();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource);
    let changed = step
        .update(&state, role_config("people/dev", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(changed.model.rolearn, Attr::Known(role_arn("people/dev")));
    assert_eq!(changed.model.canonical_arn, Attr::Known(role_arn("dev")));
    assert_eq!(bed.kube().aws_auth(), before);
    assert_eq!(
        step.plan_update(&changed, role_config("people/dev", "dev", &["dev"]))
            .await
            .unwrap()
            .action,
        Action::None
    );
}

#[tokio::test]
async fn an_edit_by_hand_shows_as_exactly_that_drift_and_apply_mends_it() {
    let bed = Bed::lived_in();
    let config = role_config("dev", "dev", &["dev"]);
    let state = bed
        .step(AwsAuthRoleResource)
        .create(config.clone())
        .await
        .unwrap();
    bed.kube().change(|map| {
        let text = map.data.get_mut("mapRoles").unwrap();
        *text = text.replace("username: dev", "username: root");
    });
    let step = bed.step(AwsAuthRoleResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model,
        AwsAuthRoleModel {
            username: Attr::Known("root".to_owned()),
            ..state.model.clone()
        }
    );
    let mended = step.update(&read, config).await.unwrap();
    assert_eq!(mended.model, state.model);
    assert_eq!(
        bed.entries(Section::MapRoles)[2..],
        [format!("{} dev dev", role_arn("dev"))]
    );
}

#[tokio::test]
async fn group_order_style_and_case_are_no_drift() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &["a", "b"]))
        .await
        .unwrap();
    bed.kube().write(&[(
        "mapRoles",
        "[{ROLEARN: 'ARN:aws:iam::111122223333:role/DEV', \"username\": dev, groups: [b, a, b]}]",
    )]);
    assert_eq!(
        bed.step(AwsAuthRoleResource).read(&state).await.unwrap(),
        Some(state)
    );
}

#[tokio::test]
async fn the_disappearance_of_the_entry_or_of_the_config_map_is_seen() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    bed.kube().write(&[("mapRoles", ROLES)]);
    assert_eq!(
        bed.step(AwsAuthRoleResource).read(&state).await.unwrap(),
        None
    );
    bed.kube().remove();
    assert_eq!(
        bed.step(AwsAuthRoleResource).read(&state).await.unwrap(),
        None
    );
    bed.step(AwsAuthRoleResource).delete(&state).await.unwrap();
    assert_eq!(bed.kube().aws_auth(), None);
}

#[tokio::test]
async fn a_thousand_refreshes_are_one_read() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let before = bed.kube().count(Verb::Get);
    let step = bed.step(AwsAuthRoleResource);
    let reads = (0..1000).map(|_| step.read(&state));
    for read in futures_util::future::join_all(reads).await {
        assert_eq!(read.unwrap().as_ref(), Some(&state));
    }
    assert_eq!(bed.kube().count(Verb::Get), before + 1);
}

#[tokio::test]
async fn the_same_entry_is_taken_over_with_a_note_and_removed_by_destroy() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthUserResource);
    let config = json!({ "userarn": "arn:aws:iam::111122223333:user/people/alice", "username": "alice", "groups": ["view"] });
    let state = step.create(config).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(bed.kube().aws_auth(), before);
    assert_eq!(titles(&step.take_warnings()), ["Entry Taken Over"]);
    bed.step(AwsAuthUserResource).delete(&state).await.unwrap();
    assert_eq!(bed.entries(Section::MapUsers), Vec::<String>::new());
}

#[tokio::test]
async fn another_entry_of_the_role_is_refused_with_both_and_the_import_block() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: root\n  groups: [system:masters]\n",
    )]);
    let step = bed.step(AwsAuthRoleResource);
    let planned = step
        .plan_create(role_config("teams/dev", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Exists Already"]);
    let failure = step.apply(planned).await.unwrap_err();
    assert_eq!(
        only(&failure.diagnostics).detail,
        "aws-auth of cluster `prod` has another entry for `arn:aws:iam::111122223333:role/dev`:\n\n\
         \x20 there    username `root`, groups `system:masters` (mapRoles, line 1)\n\
         \x20 wanted   username `dev`, groups `dev`\n\n\
         Nothing of it was changed. To take it over, import it:\n\n\
         import {\n  to = eksauth_aws_auth_role.NAME\n  id = \"prod#arn:aws:iam::111122223333:role/dev\"\n}\n\n\
         The next plan then shows what would change. Or have this resource overwrite what is there: `on_conflict = \"adopt\"`."
    );
    let mut config = role_config("teams/dev", "dev", &["dev"]);
    config["on_conflict"] = json!("adopt");
    let step = bed.step(AwsAuthRoleResource);
    let state = step.create(config).await.unwrap();
    assert_eq!(state.model.adopted, Attr::Known(true));
    assert_eq!(titles(&step.take_warnings()), ["Entry Overwritten"]);
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev dev", role_arn("dev"))]
    );
}

#[tokio::test]
async fn a_removal_takes_all_equal_entries_and_says_so() {
    let entry = "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n";
    let bed = Bed::new(&[("mapRoles", &format!("{entry}{entry}"))]);
    let step = bed.step(AwsAuthRoleResource);
    let state = step.create(role_config("dev", "dev", &[])).await.unwrap();
    let step = bed.step(AwsAuthRoleResource);
    step.delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Duplicate Entries Removed"]);
    assert_eq!(bed.entries(Section::MapRoles), Vec::<String>::new());
}

#[tokio::test]
async fn a_removal_that_leaves_another_entry_of_the_role_says_who_still_maps_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: shadow\n- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n",
    )]);
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let step = bed.step(AwsAuthRoleResource);
    step.delete(&state).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Principal Still Mapped"]);
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} shadow ", role_arn("dev"))]
    );
}

#[tokio::test]
async fn an_entry_changed_after_the_plan_is_left_alone_with_both_versions_shown() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &["dev"]))
        .await
        .unwrap();
    let step = bed.step(AwsAuthRoleResource);
    let planned = step
        .plan_update(&state, role_config("dev", "dev", &["ops"]))
        .await
        .unwrap();
    bed.kube().change(|map| {
        let text = map.data.get_mut("mapRoles").unwrap();
        *text = text.replace("username: dev", "username: root");
    });
    let before = bed.kube().aws_auth();
    let failure = bed
        .step(AwsAuthRoleResource)
        .apply(planned)
        .await
        .unwrap_err();
    let refusal = only(&failure.diagnostics);
    assert_eq!(refusal.summary, "Entry Changed Meanwhile");
    for version in [
        "planned  username `dev`, groups `dev`",
        "there    username `root`, groups `dev`",
        "wanted   username `dev`, groups `ops`",
    ] {
        assert!(refusal.detail.contains(version), "{}", refusal.detail);
    }
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn an_import_plans_empty_also_where_the_configuration_spells_the_path() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    for id in ["admins", "break-glass/admins"] {
        let step = bed.step(AwsAuthRoleResource);
        let state = step
            .import(&format!("prod#{}", role_arn(id)))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(state.model.canonical_arn, Attr::Known(role_arn("admins")));
        for spelling in ["admins", "break-glass/admins"] {
            let plan = step
                .plan_update(&state, role_config(spelling, "admin", &["system:masters"]))
                .await
                .unwrap();
            assert_eq!(plan.action, Action::None, "{id} {spelling}");
        }
        let plan = step
            .plan_update(&state, role_config("x/admins", "root", &["system:masters"]))
            .await
            .unwrap();
        assert_eq!(
            plan.model.unwrap().rolearn,
            Attr::Known(role_arn("x/admins"))
        );
    }
    let user = bed
        .step(AwsAuthUserResource)
        .import("prod#arn:aws:iam::111122223333:user/people/alice@eu-central-1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.model.username, Attr::Known("alice".to_owned()));
    assert_eq!(user.model.region, Attr::Known("eu-central-1".to_owned()));
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn an_import_says_what_is_wrong_with_its_id() {
    let bed = Bed::new(&[
        (
            "mapRoles",
            "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: x}\n- {rolearn: 'arn:aws:iam::111122223333:role/A', username: y}\n",
        ),
        ("mapUsers", "\tbroken: ["),
        ("mapAccounts", "- \"444455556666\"\n"),
    ]);
    let role = bed.step(AwsAuthRoleResource);
    let bed = &bed;
    let import = |id: String| async move {
        only(&bed.step(AwsAuthRoleResource).import(&id).await.unwrap_err()).clone()
    };
    assert_eq!(import("prod".to_owned()).await.summary, "Invalid Import Id");
    let none = import(format!("prod#{}", role_arn("b"))).await;
    assert_eq!(
        (none.summary.as_str(), none.detail.as_str()),
        (
            "Entry Not Found",
            "aws-auth of cluster `prod` has no entry for `arn:aws:iam::111122223333:role/b`. mapRoles has:\n\n  \
             arn:aws:iam::111122223333:role/a\n  arn:aws:iam::111122223333:role/A\n"
        )
    );
    assert_eq!(
        import(format!("prod#{}", role_arn("a"))).await.summary,
        "Ambiguous Import Id"
    );
    let lost = import(format!("pord#{}", role_arn("a"))).await;
    assert_eq!(lost.summary, "Cluster Not Found");
    assert!(
        lost.detail.contains("The nearest name there is `prod`."),
        "{}",
        lost.detail
    );
    let user = bed
        .step(AwsAuthUserResource)
        .import("prod#arn:aws:iam::111122223333:user/a")
        .await
        .unwrap_err();
    assert_eq!(only(&user).summary, "Section Cannot Be Parsed");
    let account = bed.step(AwsAuthAccountResource);
    let state = account.import("prod#444455556666").await.unwrap().unwrap();
    assert_eq!(
        account
            .plan_update(&state, json!({ "account_id": "444455556666" }))
            .await
            .unwrap()
            .action,
        Action::None
    );
    assert_eq!(titles(&role.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn an_imported_entry_that_never_matched_sleeps_until_its_configuration_changes() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/teams/dev\n  username: dev\n",
    )]);
    let step = bed.step(AwsAuthRoleResource);
    let state = step
        .import(&format!("prod#{}", role_arn("teams/dev")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        state.model.canonical_arn,
        Attr::Known(role_arn("teams/dev"))
    );
    assert_eq!(
        step.plan_update(&state, role_config("teams/dev", "dev", &[]))
            .await
            .unwrap()
            .action,
        Action::None
    );
    let woken = step
        .update(&state, role_config("teams/dev", "dev", &["dev"]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Becomes Effective"]);
    assert_eq!(woken.model.canonical_arn, Attr::Known(role_arn("dev")));
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev dev", role_arn("dev"))]
    );
}

#[test]
fn a_configuration_is_judged_before_anything_is_asked() {
    let bed = Bed::lived_in();
    let role = bed.step(AwsAuthRoleResource);
    let judged = |rolearn: &str, username: &str, groups: &[&str]| {
        let found =
            role.validate(json!({ "rolearn": rolearn, "username": username, "groups": groups }));
        found
            .iter()
            .map(|message| {
                format!(
                    "{:?} {} at {}",
                    message.severity,
                    message.summary,
                    message.path.clone().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    let arn = role_arn("dev");
    let none = Vec::<String>::new();
    assert_eq!(judged(&arn, "dev", &["system:masters"]), none);
    assert_eq!(
        judged(&arn, "system:node:{{EC2PrivateDNSName}}", &["system:nodes"]),
        none
    );
    assert_eq!(judged(&arn, "system:node:{{SessionName}}", &[]), none);
    assert_eq!(
        judged(&arn, "system:kube-scheduler", &[]),
        ["Warning Username Of Kubernetes Itself at username"]
    );
    assert_eq!(
        judged(&arn, "system:{{SessionName}}", &[]),
        ["Error Caller Chooses A Privileged Name at username"]
    );
    assert_eq!(judged(&arn, "", &[]), ["Error Empty Username at username"]);
    assert_eq!(
        judged(&arn, "dev", &["a b"]),
        ["Error Invalid Group at groups[\"a b\"]"]
    );
    assert_eq!(
        judged("role/dev", "dev", &[]),
        ["Error Invalid ARN at rolearn"]
    );
    assert_eq!(
        judged("arn:aws:iam::111122223333:user/dev", "dev", &[]),
        ["Error Invalid ARN at rolearn"]
    );
    assert_eq!(
        judged("arn:aws:iam::1111:role/dev", "dev", &[]),
        ["Error Invalid ARN at rolearn"]
    );
    assert_eq!(
        judged(
            "arn:aws:sts::111122223333:assumed-role/dev/alice",
            "dev",
            &[]
        ),
        none
    );
    let account = bed
        .step(AwsAuthAccountResource)
        .validate(json!({ "account_id": "12345678901" }));
    assert_eq!(
        only(&account).detail,
        "No caller could ever match this entry: account id `12345678901` must have 12 digits; write it in quotes, so that zeros in front stay."
    );
}

#[tokio::test]
async fn an_arn_of_another_partition_is_refused_at_plan() {
    let bed = Bed::lived_in();
    let config = json!({ "rolearn": "arn:aws-cn:iam::111122223333:role/dev", "username": "dev" });
    let refused = bed
        .step(AwsAuthRoleResource)
        .plan_create(config)
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Other Partition");
}

#[tokio::test]
async fn unknown_values_wait_for_apply() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource);
    let planned = step
        .plan_create(json!({ "rolearn": UNKNOWN, "username": UNKNOWN, "groups": [UNKNOWN] }))
        .await
        .unwrap();
    let model = planned.model.unwrap();
    assert_eq!(
        (model.canonical_arn, model.rolearn),
        (Attr::Unknown, Attr::Unknown)
    );
    let config = json!({ "cluster_name": UNKNOWN, "rolearn": role_arn("dev"), "username": "dev" });
    let planned = step.plan_create(config).await.unwrap();
    let model = planned.model.unwrap();
    assert_eq!(
        (model.cluster_name, model.cluster_arn, model.canonical_arn),
        (Attr::Unknown, Attr::Unknown, Attr::Known(role_arn("dev")))
    );
    assert_eq!(
        bed.kube().count(Verb::Get),
        1,
        "an unknown cluster is not looked for"
    );
}

#[tokio::test]
async fn a_cluster_that_is_not_there_yet_is_a_warning_at_plan_and_an_error_at_apply() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource);
    let mut config = role_config("dev", "dev", &[]);
    config["cluster_name"] = json!("pord");
    let planned = step.plan_create(config).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Cluster Not Found"]);
    let failure = step.apply(planned).await.unwrap_err();
    assert_eq!(only(&failure.diagnostics).summary, "Cluster Not Found");
}

#[tokio::test]
async fn a_replaced_cluster_plans_the_entry_anew_and_stops_an_apply_that_was_planned_before() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let planned = bed
        .step(AwsAuthRoleResource)
        .plan_update(&state, role_config("dev", "ops", &[]))
        .await
        .unwrap();
    bed.cloud.eks.put(active_cluster("prod", "B"));
    assert_eq!(
        bed.step(AwsAuthRoleResource).read(&state).await.unwrap(),
        None
    );
    let before = bed.kube().aws_auth();
    let failure = bed
        .step(AwsAuthRoleResource)
        .apply(planned)
        .await
        .unwrap_err();
    assert_eq!(only(&failure.diagnostics).summary, "Cluster Was Replaced");
    bed.step(AwsAuthRoleResource).delete(&state).await.unwrap();
    assert_eq!(
        bed.kube().aws_auth(),
        before,
        "what is in the new cluster is not ours"
    );
    bed.cloud.eks.remove("prod");
    bed.step(AwsAuthRoleResource).delete(&state).await.unwrap();
}

#[tokio::test]
async fn another_account_or_region_is_an_error_and_no_empty_state() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let other = std::sync::Arc::new(FakeCloud::of_account("444455556666"));
    let step =
        tf_provider::testing::Harness::new(AwsAuthRoleResource, other.client(Bed::settings()));
    assert_eq!(
        only(&step.read(&state).await.unwrap_err()).summary,
        "Another Account"
    );
    let mut settings = Bed::settings();
    settings.region = Attr::Known("us-east-1".to_owned());
    let step = tf_provider::testing::Harness::new(AwsAuthRoleResource, bed.cloud.client(settings));
    assert_eq!(
        only(&step.read(&state).await.unwrap_err()).summary,
        "Another Region"
    );
}

#[tokio::test]
async fn a_section_that_does_not_parse_is_named_with_its_line_at_every_step() {
    let broken = format!("{ROLES}- rolearn: x\n\tusername: y\n");
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    bed.kube()
        .write(&[("mapRoles", &broken), ("mapUsers", USERS)]);
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthRoleResource);
    let read = step.read(&state).await.unwrap_err();
    let refusal = only(&read);
    assert_eq!(refusal.summary, "Section Cannot Be Parsed");
    assert!(
        refusal.detail.contains("line 11, column 1"),
        "{}",
        refusal.detail
    );
    assert!(
        refusal
            .detail
            .contains("reads the whole section as empty today"),
        "{}",
        refusal.detail
    );
    assert_eq!(
        only(
            &step
                .plan_create(role_config("x", "x", &[]))
                .await
                .unwrap_err()
        )
        .summary,
        "Section Cannot Be Parsed"
    );
    assert_eq!(
        only(&step.delete(&state).await.unwrap_err().diagnostics).summary,
        "Section Cannot Be Parsed"
    );
    let user = json!({ "userarn": "arn:aws:iam::111122223333:user/bob", "username": "bob" });
    bed.step(AwsAuthUserResource).create(user).await.unwrap();
    assert_eq!(
        bed.kube().section("mapRoles"),
        before.unwrap().data.remove("mapRoles")
    );
}

#[tokio::test]
async fn an_immutable_config_map_is_refused_at_plan() {
    let bed = Bed::lived_in();
    bed.kube().change(|map| map.immutable = true);
    let refused = bed
        .step(AwsAuthRoleResource)
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "ConfigMap Cannot Be Changed");
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

#[tokio::test]
async fn a_document_that_would_be_too_large_is_refused_and_stays() {
    let bed = Bed::lived_in();
    let filler = "#".repeat(1024 * 1024 - ROLES.len() - 45);
    bed.kube()
        .change(|map| drop(map.data.insert("mapUsers".to_owned(), String::new())));
    bed.kube()
        .change(|map| drop(map.data.insert("notes".to_owned(), filler)));
    let before = bed.kube().aws_auth();
    let refused = refusal(
        bed.step(AwsAuthRoleResource)
            .create(role_config("dev", "dev", &[]))
            .await,
    );
    assert_eq!(only(&refused).summary, "ConfigMap Cannot Be Changed");
    assert!(
        only(&refused).detail.contains("1048576 are allowed"),
        "{}",
        only(&refused).detail
    );
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn what_may_not_be_read_fails_the_plan_or_keeps_the_state_as_configured() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    bed.kube()
        .on_next(Verb::Get, Fault::Refuse(ErrorKind::AccessDenied));
    let refused = bed
        .step(AwsAuthRoleResource)
        .read(&state)
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Cannot Read aws-auth");
    let mut settings = Bed::settings();
    settings.on_unreadable = crate::config::OnUnreadable::KeepState;
    let step = tf_provider::testing::Harness::new(AwsAuthRoleResource, bed.cloud.client(settings));
    bed.kube()
        .on_next(Verb::Get, Fault::Refuse(ErrorKind::AccessDenied));
    assert_eq!(step.read(&state).await.unwrap(), Some(state));
    assert_eq!(titles(&step.take_warnings()), ["NOT JUDGED"]);
}

#[tokio::test]
async fn another_cluster_needs_a_new_entry() {
    let bed = Bed::lived_in();
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/stage".to_owned(),
        ..active_cluster("stage", "S")
    });
    let state = bed
        .step(AwsAuthRoleResource)
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let mut config = role_config("dev", "dev", &[]);
    config["cluster_name"] = json!("stage");
    let planned = bed
        .step(AwsAuthRoleResource)
        .plan_update(&state, config)
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    let model = planned.model.unwrap();
    let remembered = Remembered {
        cluster_arn: model.cluster_arn,
        cluster_issuer: model.cluster_issuer,
    };
    assert_eq!(
        remembered.cluster_arn,
        Attr::Known("arn:aws:eks:eu-central-1:111122223333:cluster/stage".to_owned())
    );
    let mut settings = Bed::settings();
    settings.cluster_name = Attr::Known("stage".to_owned());
    let step = tf_provider::testing::Harness::new(AwsAuthRoleResource, bed.cloud.client(settings));
    let unchanged = step
        .plan_update(&state, role_config("dev", "dev", &[]))
        .await
        .unwrap();
    assert_eq!(
        unchanged.action,
        Action::None,
        "a changed default moves nothing"
    );
}
