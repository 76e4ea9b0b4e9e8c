//! The policies of add-ons on a role.

use super::*;

const ZONE: &str = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";
const OTHER_ZONE: &str = "arn:aws:route53:::hostedzone/Z0987654321ABCDEFGHIJ";
const CNI: &str = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy";

fn external_dns() -> serde_json::Value {
    json!({ "name": "external-dns", "hosted_zone_arns": [ZONE] })
}

fn with_addons(addons: serde_json::Value) -> serde_json::Value {
    with(reader(), json!({ "addon_policies": addons }))
}

/// ExternalDNS, whose policy is a document, and the CNI plugin, for which AWS keeps one.
fn two() -> serde_json::Value {
    with_addons(json!([external_dns(), { "name": "vpc_cni" }]))
}

fn document_of(model: &IrsaRoleModel, name: &str) -> String {
    let documents = model.addon_inline_policies.known().unwrap();
    documents[name].known().unwrap().clone()
}

async fn refusals(config: serde_json::Value) -> String {
    let cloud = cloud();
    let resource = harness(&cloud);
    let mut found = resource.validate(config.clone());
    if found.is_empty() {
        found = resource.plan_create(config).await.unwrap_err();
    }
    assert_eq!(cloud.iam.role_now("reader"), None);
    format!("{found:?}")
}

#[tokio::test]
async fn a_role_gets_the_policies_of_its_addons_and_plans_empty() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource.plan_create(two()).await.unwrap();
    let model = planned.model.clone().unwrap();
    assert_eq!(model.addon_policy_arns, to_set([CNI.to_owned()]));
    assert!(document_of(&model, "addon-external-dns").contains(ZONE));
    assert_eq!(
        (&model.policy_arns, &model.inline_policies),
        (&Attr::Null, &Attr::Null)
    );
    cloud.iam.calls.take();
    let state = resource.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        [
            &format!("GetPolicy {CNI}"),
            "CreateRole reader",
            &format!("AttachRolePolicy reader {CNI}"),
            "PutRolePolicy reader addon-external-dns"
        ]
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, state.model);
    assert_eq!(
        resource.plan_update(&read, two()).await.unwrap().action,
        Action::None
    );
    resource.delete(&read).await.unwrap();
    assert_eq!(cloud.iam.role_now("reader"), None);
}

#[tokio::test]
async fn policies_of_addons_that_others_changed_are_drift_and_those_of_others_stay() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(two()).await.unwrap();
    cloud.iam.change_role("reader", |found| {
        found.attached.remove(CNI);
        found.attached.insert(FOREIGN.to_owned());
        let document = found.inline.get_mut("addon-external-dns").unwrap();
        *document = document.replace(ZONE, OTHER_ZONE);
        found
            .inline
            .insert("addon-theirs".to_owned(), "{}".to_owned());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.addon_policy_arns, to_set([]));
    assert!(document_of(&read.model, "addon-external-dns").contains(OTHER_ZONE));
    cloud.iam.calls.take();
    let mended = resource.update(&read, two()).await.unwrap();
    assert_eq!(mended.model, state.model);
    assert_eq!(
        cloud.iam.calls.take(),
        [
            &format!("AttachRolePolicy reader {CNI}"),
            "PutRolePolicy reader addon-external-dns"
        ]
    );
    let role = cloud.iam.role_now("reader").unwrap();
    assert!(role.attached.contains(FOREIGN) && role.inline.contains_key("addon-theirs"));
}

#[tokio::test]
async fn a_changed_argument_writes_one_policy_and_a_removed_addon_takes_its_own_along() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let own = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let more = json!({ "policy_arns": [POLICY], "inline_policies": { "own": own } });
    let state = resource.create(with(two(), more.clone())).await.unwrap();
    cloud.iam.calls.take();
    let zones = json!([{ "name": "external-dns", "hosted_zone_arns": [ZONE, OTHER_ZONE] }, { "name": "vpc-cni" }]);
    let state = resource
        .update(&state, with(with_addons(zones), more.clone()))
        .await
        .unwrap();
    // Plan and apply look for room first.
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "RoleDetails reader",
            "RoleDetails reader",
            "PutRolePolicy reader addon-external-dns"
        ]
    );
    let one = with(with_addons(json!([{ "name": "vpc-cni" }])), more.clone());
    let state = resource.update(&state, one).await.unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        ["DeleteRolePolicy reader addon-external-dns"]
    );
    let state = resource.update(&state, with(reader(), more)).await.unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        [format!("DetachRolePolicy reader {CNI}")]
    );
    assert_eq!(
        (
            &state.model.addon_policy_arns,
            &state.model.addon_inline_policies
        ),
        (&Attr::Null, &Attr::Null)
    );
    let role = cloud.iam.role_now("reader").unwrap();
    assert_eq!(role.attached, BTreeSet::from([POLICY.to_owned()]));
    assert_eq!(role.inline.keys().collect::<Vec<_>>(), ["own"]);
}

#[tokio::test]
async fn a_version_and_another_spelling_of_the_name_change_nothing() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(two()).await.unwrap();
    cloud.iam.calls.take();
    let pinned = with_addons(json!([
        { "name": "attach_external_dns_policy", "hosted_zone_arns": [ZONE], "version": "2026-11" },
        { "name": "vpc-cni" },
    ]));
    let pinned = resource.update(&state, pinned).await.unwrap();
    assert_eq!(
        pinned.model.addon_inline_policies,
        state.model.addon_inline_policies
    );
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn arguments_that_are_not_known_leave_the_policies_unknown() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let unknown = [
        json!(UNKNOWN),
        json!([UNKNOWN]),
        json!([{ "name": "vpc-cni" }, { "name": "external-dns", "hosted_zone_arns": [UNKNOWN] }]),
        json!([{ "name": UNKNOWN }]),
    ];
    for addons in unknown {
        let planned = resource.plan_create(with_addons(addons)).await.unwrap();
        let model = planned.model.unwrap();
        assert_eq!(model.addon_policy_arns, Attr::Unknown);
        assert_eq!(model.addon_inline_policies, Attr::Unknown);
        assert_eq!(model.policy_arns, Attr::Null);
    }
}

#[tokio::test]
async fn wrong_addons_are_refused_with_their_place_in_the_list() {
    let second = |addon: serde_json::Value| refusals(with_addons(json!([external_dns(), addon])));
    let wrong = [
        (json!({ "name": "extrenal-dns" }), "Unknown Add-On"),
        (json!({ "name": "velero" }), "Missing Add-On Argument"),
        (
            json!({ "name": "vpc-cni", "version": "1999-01" }),
            "Unknown Version Of Add-On Policy",
        ),
        (
            json!({ "name": "cert-manager", "hosted_zone_arns": ["arn:aws-cn:route53:::hostedzone/Z1"] }),
            "is of partition aws-cn, but the policy is for partition aws",
        ),
        (
            json!({ "name": "attach_external_dns_policy", "hosted_zone_arns": [OTHER_ZONE] }),
            "Add-On Named Twice",
        ),
    ];
    for (addon, title) in wrong {
        let told = second(addon).await;
        assert!(told.contains(title), "{told}");
        assert!(
            told.contains("addon_policies") && told.contains("Index(1)"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_policy_that_is_configured_besides_is_refused() {
    let inline = json!({ "inline_policies": { "addon-external-dns": "{\"Version\":\"2012-10-17\",\"Statement\":[]}" } });
    let attached = json!({ "policy_arns": [CNI] });
    for more in [inline, attached] {
        let told = refusals(with(two(), more)).await;
        assert!(told.contains("Policy Named Twice"), "{told}");
    }
}

#[tokio::test]
async fn more_than_a_role_can_have_is_refused_and_more_than_the_default_is_a_warning() {
    let zones = |count: usize| {
        let zones = (0..count).map(|number| format!("arn:aws:route53:::hostedzone/Z{number:019}"));
        json!([{ "name": "external-dns", "hosted_zone_arns": zones.collect::<Vec<_>>() }])
    };
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource.plan_create(with_addons(zones(140))).await.unwrap();
    let documents = planned.model.unwrap().addon_inline_policies;
    let names: Vec<String> = documents.known().unwrap().keys().cloned().collect();
    assert_eq!(names, ["addon-external-dns-1", "addon-external-dns-2"]);
    let told = refusals(with_addons(zones(260))).await;
    assert!(told.contains("Inline Policies Too Long"), "{told}");

    let policies = |count: usize| {
        let policies =
            (0..count).map(|number| format!("arn:aws:iam::111122223333:policy/p{number}"));
        let policies = json!({ "policy_arns": policies.collect::<Vec<_>>() });
        with(with_addons(json!([{ "name": "vpc-cni" }])), policies)
    };
    resource.plan_create(policies(9)).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
    resource.plan_create(policies(10)).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Many Managed Policies"]);
    let told = refusals(policies(25)).await;
    assert!(told.contains("Too Many Managed Policies"), "{told}");
}

#[tokio::test]
async fn an_exclusive_list_keeps_the_policies_of_addons_and_no_others() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let config = with(two(), json!({ "exclusive_policy_arns": true }));
    let state = resource.create(config.clone()).await.unwrap();
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource
            .plan_update(&read, config.clone())
            .await
            .unwrap()
            .action,
        Action::None
    );
    cloud.iam.change_role("reader", |found| {
        found.attached.insert(FOREIGN.to_owned());
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.policy_arns, to_set([FOREIGN.to_owned()]));
    assert_eq!(read.model.addon_policy_arns, to_set([CNI.to_owned()]));
    resource.update(&read, config).await.unwrap();
    let role = cloud.iam.role_now("reader").unwrap();
    assert_eq!(role.attached, BTreeSet::from([CNI.to_owned()]));
}

#[tokio::test]
async fn what_was_configured_by_name_becomes_an_addons_without_a_call() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let made = resource.create(two()).await.unwrap();
    let imported = resource.import("reader").await.unwrap().unwrap();
    assert_eq!(imported.model.policy_arns, to_set([CNI.to_owned()]));
    assert_eq!(imported.model.addon_policy_arns, Attr::Null);
    cloud.iam.calls.take();
    let taken = resource.update(&imported, two()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
    assert_eq!(taken.model.addon_policy_arns, made.model.addon_policy_arns);
    assert_eq!(
        (&taken.model.policy_arns, &taken.model.inline_policies),
        (&Attr::Null, &Attr::Null)
    );
}

#[tokio::test]
async fn a_change_that_stops_half_way_says_what_of_an_addon_is_there() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource.create(reader()).await.unwrap();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:PutRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("PutRolePolicy", denied);
    let failure = resource.update(&state, two()).await.unwrap_err();
    let reached = failure.state.unwrap();
    assert_eq!(reached.model.addon_policy_arns, to_set([CNI.to_owned()]));
    assert_eq!(reached.model.addon_inline_policies, to_map([]));
    cloud.iam.calls.take();
    resource.update(&reached, two()).await.unwrap();
    // Plan and apply look for room first.
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "RoleDetails reader",
            "RoleDetails reader",
            "PutRolePolicy reader addon-external-dns"
        ]
    );
}

#[tokio::test]
async fn an_adopted_role_gets_them_and_the_policies_of_the_same_name_are_named() {
    let cloud = cloud();
    let mut theirs = role_of_others("reader", TRUST);
    theirs
        .inline
        .insert("addon-external-dns".to_owned(), "{}".to_owned());
    cloud.iam.put_role(theirs);
    let resource = harness(&cloud);
    let config = with(two(), json!({ "on_conflict": "adopt" }));
    let state = resource.create(config.clone()).await.unwrap();
    let warnings = resource.take_warnings();
    let told = format!("{warnings:?}");
    assert!(
        told.contains("inline policy     addon-external-dns"),
        "{told}"
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn the_region_is_that_of_the_roles_cluster() {
    let nodes = "arn:aws:iam::111122223333:role/nodes";
    let cloud = cloud();
    let karpenter =
        json!([{ "name": "karpenter", "cluster_name": "prod", "node_role_arns": [nodes] }]);
    let planned = harness(&cloud)
        .plan_create(with_addons(karpenter))
        .await
        .unwrap();
    let document = document_of(&planned.model.unwrap(), "addon-karpenter");
    assert!(
        document.contains("\"aws:RequestedRegion\":\"eu-central-1\""),
        "{document}"
    );
}
