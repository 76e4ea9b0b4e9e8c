use eksauth_core::aws_auth::Section;
use serde_json::{Value as Json, json};
use tf_provider::Attr;
use tf_provider::testing::{Action, Harness, UNKNOWN};

use super::{AwsAuthModel, AwsAuthResource};
use crate::aws_auth::bed::{Bed, ROLES, USERS, only, role_arn, role_config, titles};
use crate::fakes::active_cluster;
use crate::fakes::kubernetes::Verb;
use crate::resources::aws_auth_role::AwsAuthRoleResource;

const ALICE: &str = "arn:aws:iam::111122223333:user/people/alice";

fn admins() -> Json {
    json!({ "rolearn": role_arn("admins"), "username": "admin", "groups": ["system:masters"] })
}

fn dev(groups: &[&str]) -> Json {
    json!({ "rolearn": role_arn("teams/dev"), "username": "dev", "groups": groups })
}

fn alice() -> Json {
    json!({ "userarn": ALICE, "username": "alice", "groups": ["view"] })
}

/// What an import of [`Bed::lived_in`] is written down as.
fn imported() -> Json {
    json!({ "cluster_name": "prod", "map_roles": [admins()], "map_users": [alice()], "map_accounts": [] })
}

#[test]
fn schema_and_model_fit() {
    assert_eq!(
        Bed::lived_in().step(AwsAuthResource).check(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn an_import_plans_empty_writes_nothing_and_leaves_nodes_to_eks() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    for id in [
        "prod",
        "prod@eu-central-1",
        "prod/kube-system/aws-auth",
        "kube-system/aws-auth",
        "v1//ConfigMap//aws-auth//kube-system",
        "v1//ConfigMap//aws-auth//kube-system@eu-central-1",
    ] {
        let step = bed.step(AwsAuthResource);
        let state = step.import(id).await.unwrap().unwrap();
        assert_eq!(titles(&step.take_warnings()), ["Left To EKS"], "{id}");
        let mut config = imported();
        if id.contains('@') {
            config["region"] = json!("eu-central-1");
        }
        let plan = step.plan_update(&state, config.clone()).await.unwrap();
        assert_eq!(plan.action, Action::None, "{id}");
        config["exclusive"] = json!(false);
        config["manage_node_entries"] = json!(false);
        config["leave"] = json!([]);
        assert_eq!(
            step.plan_update(&state, config).await.unwrap().action,
            Action::None,
            "every default is filled"
        );
        let mut exclusive = imported();
        exclusive["exclusive"] = json!(true);
        if id.contains('@') {
            exclusive["region"] = json!("eu-central-1");
        }
        let planned = bed
            .step(AwsAuthResource)
            .plan_update(&state, exclusive)
            .await
            .unwrap();
        assert_eq!(
            planned.action,
            Action::Update,
            "a default is not what was configured"
        );
    }
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn an_import_without_a_default_cluster_needs_the_cluster_in_its_id() {
    let bed = Bed::lived_in();
    let client = || bed.cloud.client(crate::fakes::FakeCloud::settings());
    let step = Harness::new(AwsAuthResource, client());
    assert_eq!(
        only(&step.import("kube-system/aws-auth").await.unwrap_err()).summary,
        "Missing Cluster Name"
    );
    for wrong in ["", "prod/default/aws-auth", "prod#x"] {
        assert_eq!(
            only(&step.import(wrong).await.unwrap_err()).summary,
            "Invalid Import Id",
            "{wrong}"
        );
    }
    assert!(step.import("prod").await.unwrap().is_some());
}

#[tokio::test]
async fn an_import_leaves_out_what_no_configuration_can_say_and_names_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: yes}\n- {rolearn: 'arn:aws:iam::111122223333:instance-profile/p', username: p}\n\
         - {rolearn: 'arn:aws:iam::111122223333:role/b', username: b}\n",
    )]);
    let step = bed.step(AwsAuthResource);
    let state = step.import("prod").await.unwrap().unwrap();
    let warnings = step.take_warnings();
    assert_eq!(only(&warnings).summary, "Entries Not Imported");
    assert!(
        only(&warnings)
            .detail
            .contains("role/a: username ``, no groups (mapRoles, line 1)"),
        "{}",
        only(&warnings).detail
    );
    let config = json!({ "map_roles": [{ "rolearn": role_arn("b"), "username": "b" }] });
    assert_eq!(
        step.plan_update(&state, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn entries_are_added_changed_and_removed_in_place_and_those_of_others_stay() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthResource);
    let config =
        json!({ "map_roles": [admins(), dev(&["dev"])], "map_accounts": ["444455556666"] });
    let state = step.create(config.clone()).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Taken Over"]);
    assert!(bed.kube().section("mapRoles").unwrap().starts_with(ROLES));
    assert_eq!(bed.kube().section("mapUsers").as_deref(), Some(USERS));
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, state.model, "the practitioner's spelling stays");
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );

    let writes = bed.kube().count(Verb::Patch);
    let changed = bed
        .step(AwsAuthResource)
        .update(&read, json!({ "map_roles": [dev(&["dev", "ops"])] }))
        .await
        .unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), writes + 1);
    assert_eq!(
        bed.entries(Section::MapRoles)[1..],
        [format!("{} dev dev,ops", role_arn("dev"))]
    );
    assert_eq!(bed.entries(Section::MapAccounts), Vec::<String>::new());
    assert_eq!(
        bed.kube().section("mapAccounts"),
        None,
        "the section is as absent as before"
    );
    assert_eq!(changed.model.map_accounts, Attr::Known([].into()));
}

#[tokio::test]
async fn order_and_spelling_are_no_change() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(json!({ "map_roles": [admins(), dev(&["a", "b"])] }))
        .await
        .unwrap();
    let step = bed.step(AwsAuthResource);
    let mut other = dev(&["b", "a"]);
    other["rolearn"] = json!(role_arn("dev"));
    let plan = step
        .plan_update(
            &state,
            json!({ "map_roles": [other, admins()], "map_users": [], "map_accounts": [] }),
        )
        .await
        .unwrap();
    assert_eq!(plan.action, Action::None);
    bed.kube().write(&[("mapRoles", "[{username: dev, RoleArn: 'arn:aws:iam::111122223333:role/dev', groups: [b, a]},\n {username: admin, rolearn: 'arn:aws:iam::111122223333:role/admins', groups: ['system:masters']}]")]);
    assert_eq!(step.read(&state).await.unwrap().unwrap().model, state.model);
}

#[tokio::test]
async fn an_edit_by_hand_shows_as_exactly_that_drift() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [dev(&["dev"])], "map_users": [alice()] });
    let state = bed
        .step(AwsAuthResource)
        .create(config.clone())
        .await
        .unwrap();
    bed.kube().change(|map| {
        let text = map.data.get_mut("mapRoles").unwrap();
        *text = text.replace("username: dev", "username: root");
    });
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.map_users, state.model.map_users);
    let roles = read.model.map_roles.known().unwrap();
    let role = roles.iter().next().unwrap().known().unwrap();
    assert_eq!(
        (role.rolearn.clone(), role.username.clone()),
        (
            Attr::Known(role_arn("teams/dev")),
            Attr::Known("root".to_owned())
        )
    );
    let mended = step.update(&read, config).await.unwrap();
    assert_eq!(mended.model, state.model);
    bed.kube().write(&[("mapUsers", USERS)]);
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        read.model.map_roles,
        Attr::Known([].into()),
        "a vanished entry is to be added again"
    );
    bed.kube().remove();
    assert_eq!(bed.step(AwsAuthResource).read(&state).await.unwrap(), None);
}

#[tokio::test]
async fn another_entry_of_the_role_is_refused_with_the_import_block() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [{ "rolearn": role_arn("admins"), "username": "root" }] });
    let step = bed.step(AwsAuthResource);
    let planned = step.plan_create(config).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entry Exists Already"]);
    let failure = step.apply(planned).await.unwrap_err();
    assert_eq!(only(&failure.diagnostics).summary, "Entry Exists Already");
    assert!(
        only(&failure.diagnostics)
            .detail
            .contains("to = eksauth_aws_auth.NAME\n  id = \"prod\"")
    );
}

#[tokio::test]
async fn a_dropped_entry_is_left_where_leave_names_it() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(json!({ "map_roles": [dev(&[])], "map_accounts": ["444455556666"] }))
        .await
        .unwrap();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthResource);
    let config = json!({ "leave": [role_arn("dev"), "444455556666"] });
    step.update(&state, config).await.unwrap();
    assert_eq!(bed.kube().aws_auth(), before);
}

#[tokio::test]
async fn an_exclusive_map_shows_what_goes_and_removes_only_that() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [admins()], "exclusive": true });
    let refused = bed
        .step(AwsAuthResource)
        .plan_create(config.clone())
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Import The Map First");
    assert!(
        only(&refused).detail.contains(ALICE) && !only(&refused).detail.contains("role/nodes"),
        "{}",
        only(&refused).detail
    );

    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    let step = bed.step(AwsAuthResource);
    let planned = step.plan_update(&state, config.clone()).await.unwrap();
    bed.kube().change(|map| {
        map.data
            .get_mut("mapUsers")
            .unwrap()
            .push_str("- {userarn: 'arn:aws:iam::111122223333:user/new', username: new}\n")
    });
    let state = bed
        .step(AwsAuthResource)
        .apply(planned)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        bed.entries(Section::MapUsers),
        ["arn:aws:iam::111122223333:user/new new "]
    );
    assert_eq!(
        bed.entries(Section::MapRoles).len(),
        2,
        "the node entry stays"
    );

    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let plan = step.plan_update(&read, config.clone()).await.unwrap();
    assert_eq!(
        plan.action,
        Action::Update,
        "the newcomer is shown by the next plan"
    );
    let state = step.apply(plan).await.unwrap().unwrap();
    assert_eq!(bed.entries(Section::MapUsers), Vec::<String>::new());
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn a_map_that_becomes_exclusive_names_what_goes_and_its_second_plan_is_empty() {
    let bed = Bed::lived_in();
    let shared = json!({ "map_roles": [admins()] });
    let state = bed.step(AwsAuthResource).create(shared).await.unwrap();
    let exclusive = json!({ "map_roles": [admins()], "exclusive": true });
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    let planned = step.plan_update(&read, exclusive.clone()).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(only(&warnings).summary, "Entries Of Others Go");
    assert!(only(&warnings).detail.contains(ALICE));
    let state = bed
        .step(AwsAuthResource)
        .apply(planned)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(bed.entries(Section::MapUsers), Vec::<String>::new());
    let step = bed.step(AwsAuthResource);
    let read = step.read(&state).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, exclusive).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn node_entries_are_managed_where_named_or_told() {
    let bed = Bed::lived_in();
    let node = json!({ "rolearn": role_arn("nodes"), "username": "system:node:{{EC2PrivateDNSName}}", "groups": ["system:bootstrappers", "system:nodes"] });
    let config =
        json!({ "map_roles": [admins(), node.clone()], "map_users": [alice()], "exclusive": true });
    let state = bed.step(AwsAuthResource).create(config).await.unwrap();
    let step = bed.step(AwsAuthResource);
    let dropped = step
        .plan_update(
            &state,
            json!({ "map_roles": [admins()], "map_users": [alice()], "exclusive": true }),
        )
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Entries Of Nodes Go"]);
    bed.step(AwsAuthResource).apply(dropped).await.unwrap();
    assert_eq!(bed.entries(Section::MapRoles).len(), 1);

    let bed = Bed::lived_in();
    let told = json!({ "map_roles": [admins()], "map_users": [alice()], "exclusive": true, "manage_node_entries": true });
    let refused = bed
        .step(AwsAuthResource)
        .plan_create(told)
        .await
        .unwrap_err();
    assert!(
        only(&refused).detail.contains("role/nodes"),
        "{}",
        only(&refused).detail
    );
}

#[tokio::test]
async fn an_exclusive_map_beside_an_entry_resource_is_refused_at_plan() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let map = Harness::new(AwsAuthResource, client.clone());
    let entry = Harness::new(AwsAuthRoleResource, client);
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    let mut config = imported();
    config["exclusive"] = json!(true);
    map.plan_update(&state, config).await.unwrap();
    let refused = entry
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap_err();
    assert_eq!(
        only(&refused).summary,
        "Exclusive Map Beside Other Resources"
    );
}

#[tokio::test]
async fn two_elements_for_one_role_are_refused_unless_the_document_has_them() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/a', username: one}\n- {rolearn: 'arn:aws:iam::111122223333:role/a', username: two}\n",
    )]);
    let double = json!({ "map_roles": [{ "rolearn": role_arn("a"), "username": "one" }, { "rolearn": role_arn("a"), "username": "two" }] });
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        bed.step(AwsAuthResource)
            .plan_update(&state, double.clone())
            .await
            .unwrap()
            .action,
        Action::None
    );
    let refused = Bed::lived_in()
        .step(AwsAuthResource)
        .plan_create(double)
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Two Elements For One Principal");
}

#[tokio::test]
async fn destroy_leaves_the_document_and_says_how_many_grants_remain() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .create(json!({ "map_roles": [dev(&[])] }))
        .await
        .unwrap();
    let before = bed.kube().aws_auth();
    let step = bed.step(AwsAuthResource);
    step.delete(&state).await.unwrap();
    let warnings = step.take_warnings();
    assert!(
        only(&warnings)
            .detail
            .contains("4 grants remain (3 roles, 1 users, 0 accounts)"),
        "{}",
        only(&warnings).detail
    );
    assert_eq!(bed.kube().aws_auth(), before);
    bed.cloud.eks.remove("prod");
    bed.step(AwsAuthResource).delete(&state).await.unwrap();
}

#[tokio::test]
async fn unknown_elements_wait_for_apply() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthResource);
    let config = json!({ "map_roles": [{ "rolearn": UNKNOWN, "username": "dev" }, admins()], "map_users": UNKNOWN, "map_accounts": [UNKNOWN] });
    let planned = step.plan_create(config).await.unwrap();
    assert_eq!(planned.action, Action::Create);
    assert_eq!(planned.model.unwrap().map_users, Attr::Unknown);
}

#[tokio::test]
async fn a_map_before_there_is_a_config_map_imports_and_creates() {
    let bed = Bed::without_aws_auth();
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    let step = bed.step(AwsAuthResource);
    let filled = step
        .update(&state, json!({ "map_roles": [dev(&["dev"])] }))
        .await
        .unwrap();
    assert_eq!(
        bed.entries(Section::MapRoles),
        [format!("{} dev dev", role_arn("dev"))]
    );
    assert_eq!(
        bed.step(AwsAuthResource)
            .read(&filled)
            .await
            .unwrap()
            .unwrap()
            .model,
        filled.model
    );
}

#[tokio::test]
async fn a_replaced_cluster_plans_the_map_anew() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthResource)
        .import("prod")
        .await
        .unwrap()
        .unwrap();
    bed.cloud.eks.put(active_cluster("prod", "B"));
    assert_eq!(bed.step(AwsAuthResource).read(&state).await.unwrap(), None);
}

#[test]
fn every_known_element_is_judged_alone() {
    let bed = Bed::lived_in();
    let found = bed.step(AwsAuthResource).validate(json!({
        "map_roles": [{ "rolearn": "role/x", "username": "" }],
        "map_users": [{ "userarn": role_arn("x"), "username": "system:apiserver", "groups": ["a b"] }],
        "map_accounts": ["123"],
        "leave": ["nobody"],
    }));
    let mut summaries = titles(&found);
    summaries.sort_unstable();
    assert_eq!(
        summaries,
        [
            "Empty Username",
            "Invalid ARN",
            "Invalid ARN",
            "Invalid ARN",
            "Invalid Account Id",
            "Invalid Group",
            "Username Of Kubernetes Itself"
        ]
    );
}

#[test]
fn the_model_begins_empty() {
    assert!(!AwsAuthModel::default().is_exclusive());
}
