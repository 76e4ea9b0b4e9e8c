use std::collections::BTreeSet;

use super::*;
use tf_provider::Severity;

use crate::config::Settings;
use crate::fakes::FakeAnswer;
use crate::ports::{ErrorKind, StsApi};

pub(super) const ME: &str = "arn:aws:iam::111122223333:role/teams/platform";

/// What refuses or says the gravest, beside what is said of whoever has something else now.
fn grave(diagnostics: &Diagnostics) -> Vec<&str> {
    let all = titles(diagnostics).into_iter();
    all.filter(|title| !title.starts_with("Somebody "))
        .collect()
}

fn admin() -> Json {
    json!([{ "policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": { "type": "cluster" } }])
}

#[tokio::test]
async fn the_entry_of_the_last_admin_does_not_go() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
    resource
        .plan_update(&state, config(json!({ "policies": [] })))
        .await
        .unwrap();
    let warned = resource.take_warnings();
    assert_eq!(
        titles(&warned),
        ["The Last Cluster Admin Goes: arn:aws:iam::111122223333:role/platform"]
    );
    let refused = resource.delete(&state).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    assert!(cloud.eks.entry_now(ME).is_some());
}

#[tokio::test]
async fn one_of_two_admins_may_go_and_then_not_the_other_one() {
    let cloud = cloud();
    let other = "arn:aws:iam::111122223333:role/other";
    let mut second = role("AROAOTHER", 1_735_600_000);
    second.role.name = "other".to_owned();
    second.role.arn = other.to_owned();
    cloud.iam.put_role(second);
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
    let both = json!({ "cluster_name": "prod", "principal_arn": other, "policies": admin() });
    let state_of_other = resource.create(both).await.unwrap();
    resource.delete(&state_of_other).await.unwrap();
    let refused = resource.delete(&state).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
}

#[tokio::test]
async fn an_entry_that_hides_an_admin_of_aws_auth_is_refused_and_one_with_the_policy_is_not() {
    let cloud = cloud();
    cloud.eks.put(cluster(AuthenticationMode::ApiAndConfigMap));
    let mapped = "- rolearn: arn:aws:iam::111122223333:role/platform\n  username: admin\n  groups: [system:masters]\n";
    cloud.kubernetes.write(&[("mapRoles", mapped)]);
    let resource = harness(&cloud);
    let refused = resource.create(config(json!({}))).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    assert_eq!(cloud.eks.entry_now(ME), None);
    resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_entry_that_takes_nothing_asks_little() {
    let cloud = cloud();
    let resource = harness(&cloud);
    resource.create(config(json!({}))).await.unwrap();
    let asked = cloud.eks.calls.take();
    assert!(
        !asked
            .iter()
            .any(|call| call.starts_with("ListAccessEntries")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn the_entry_of_a_role_that_was_made_again_may_go() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(config(json!({ "policies": admin() })))
        .await
        .unwrap();
    cloud.iam.put_role(role("AROATWO", 1_735_600_000));
    resource.delete(&state).await.unwrap();
    assert_eq!(cloud.eks.entry_now(ME), None);
}

/// The role of whoever acts, with an entry whose group is bound by something that the guard does not read.
async fn own(cloud: &Arc<FakeCloud>) -> String {
    let identity = cloud.sts.caller_identity().await.unwrap();
    let name = identity.arn.split('/').nth(1).unwrap().to_owned();
    let arn = format!("arn:aws:iam::111122223333:role/{name}");
    let mut own = role("AROAOWN", 1_735_600_000);
    own.role.name = name;
    own.role.arn.clone_from(&arn);
    cloud.iam.put_role(own);
    let (eks, whose) = (cloud.eks.clone(), arn.clone());
    cloud.connections.answer(move |_| {
        let groups = eks.entry_now(&whose).map(|entry| entry.groups);
        match groups {
            Some(groups) if groups == ["deployers"] => FakeAnswer::admin("me"),
            Some(_) => {
                let FakeAnswer::As(user, _) = FakeAnswer::admin("me") else {
                    return FakeAnswer::Fails(ErrorKind::Unauthorized);
                };
                FakeAnswer::As(user, BTreeSet::new())
            }
            None => FakeAnswer::Fails(ErrorKind::Unauthorized),
        }
    });
    arn
}

#[tokio::test]
async fn a_change_that_took_what_whoever_acts_had_is_put_back() {
    let cloud = cloud();
    let settings = Settings {
        confirm_access: true,
        ..FakeCloud::settings()
    };
    let resource = Harness::new(AccessEntryResource, cloud.client(settings));
    let arn = own(&cloud).await;
    let with = |groups: &[&str]| json!({ "cluster_name": "prod", "principal_arn": arn, "kubernetes_groups": groups });
    let state = resource.create(with(&["deployers"])).await.unwrap();
    let before = cloud.eks.entry_now(&arn).unwrap();
    let failed = resource
        .update(&state, with(&["renamed"]))
        .await
        .unwrap_err();
    assert_eq!(grave(&failed.diagnostics), ["This Change Took Your Access"]);
    let refused = |one: &&Diagnostic| one.severity == Severity::Error;
    let told = &failed.diagnostics.iter().find(refused).unwrap().detail;
    assert!(
        told.contains("`patch configmaps kube-system/aws-auth`"),
        "{told}"
    );
    assert!(told.contains("It was put back as it was."), "{told}");
    assert_eq!(cloud.eks.entry_now(&arn), Some(before.clone()));
    // The next plan goes on from what there is.
    let read = resource.read(&state).await.unwrap().unwrap();
    let plan = resource
        .plan_update(&read, with(&["renamed"]))
        .await
        .unwrap();
    assert_eq!(plan.action, Action::Update);
    // Where all of it goes the judgement knows it before.
    let refused = resource.delete(&read).await.unwrap_err();
    assert_eq!(grave(&refused.diagnostics), ["This Change Locks You Out"]);
    assert_eq!(cloud.eks.entry_now(&arn), Some(before));
}

#[tokio::test]
async fn new_policies_and_tags_go_when_a_change_is_put_back() {
    let cloud = cloud();
    let settings = Settings {
        confirm_access: true,
        ..FakeCloud::settings()
    };
    let resource = Harness::new(AccessEntryResource, cloud.client(settings));
    let arn = own(&cloud).await;
    let with = |more: Json| {
        let mut config = json!({ "cluster_name": "prod", "principal_arn": arn });
        let (Json::Object(all), Json::Object(more)) = (&mut config, more) else {
            return config;
        };
        all.extend(more);
        config
    };
    let first = json!({ "kubernetes_groups": ["deployers"], "tags": { "a": "1", "b": "2" } });
    let state = resource.create(with(first)).await.unwrap();
    let before = cloud.eks.entry_now(&arn).unwrap();
    let tags = cloud.eks.entry_tags(&arn);
    let view =
        json!([{ "policy_arn": "AmazonEKSViewPolicy", "access_scope": { "type": "cluster" } }]);
    let second = json!({ "kubernetes_groups": ["renamed"], "tags": { "a": "3", "c": "4" }, "policies": view });
    let failed = resource.update(&state, with(second)).await.unwrap_err();
    assert_eq!(grave(&failed.diagnostics), ["This Change Took Your Access"]);
    assert_eq!(cloud.eks.entry_now(&arn), Some(before));
    assert_eq!(cloud.eks.entry_tags(&arn), tags);
}

/// Two administrators by access entries; the second one goes through another process while the first is taken away.
#[tokio::test]
async fn what_another_process_took_meanwhile_takes_a_change_back() {
    let other = "arn:aws:iam::111122223333:role/other";
    for is_removed in [true, false] {
        let cloud = cloud();
        let mut second = role("AROAOTHER", 1_735_600_000);
        second.role.name = "other".to_owned();
        second.role.arn = other.to_owned();
        cloud.iam.put_role(second);
        let resource = harness(&cloud);
        let whole = config(json!({ "policies": admin() }));
        let state = resource.create(whole).await.unwrap();
        let both = json!({ "cluster_name": "prod", "principal_arn": other, "policies": admin() });
        resource.create(both).await.unwrap();
        cloud.clock.advance(Duration::from_secs(60));
        let before = cloud.eks.entry_now(ME).unwrap();
        cloud
            .eks
            .beside_next_write(move |eks| eks.remove_entry(other));
        let told = match is_removed {
            true => resource.delete(&state).await.unwrap_err().diagnostics,
            false => {
                let less = config(json!({ "policies": [] }));
                resource.update(&state, less).await.unwrap_err().diagnostics
            }
        };
        let refused = told.iter().find(|one| one.severity == Severity::Error);
        let refused = refused.unwrap();
        assert_eq!(refused.summary, "Change Of Access Entry Taken Back");
        let detail = &refused.detail;
        assert!(detail.contains("The Last Cluster Admin Goes"), "{detail}");
        assert!(detail.contains("It was put back as it was."), "{detail}");
        let now = cloud.eks.entry_now(ME).unwrap();
        assert_eq!((now.groups, now.policies), (before.groups, before.policies));
    }
}

#[tokio::test]
async fn two_admins_that_go_in_one_plan_are_told_together_unless_a_third_comes() {
    for has_third in [false, true] {
        let cloud = cloud();
        let arn = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
        for name in ["other", "third"] {
            let mut more = role("AROAOTHER", 1_735_600_000);
            more.role.name = name.to_owned();
            more.role.arn = arn(name);
            cloud.iam.put_role(more);
        }
        let with = |name: &str, policies: Json| json!({ "cluster_name": "prod", "principal_arn": arn(name), "policies": policies });
        let before = harness(&cloud);
        let state = before
            .create(config(json!({ "policies": admin() })))
            .await
            .unwrap();
        let other = before.create(with("other", admin())).await.unwrap();
        // Another run of Terraform.
        let resource = harness(&cloud);
        if has_third {
            resource.plan_create(with("third", admin())).await.unwrap();
        }
        let less = config(json!({ "policies": [] }));
        resource.plan_update(&state, less).await.unwrap();
        assert_eq!(grave(&resource.take_warnings()), Vec::<&str>::new());
        let less = with("other", json!([]));
        resource.plan_update(&other, less).await.unwrap();
        let told = resource.take_warnings();
        if has_third {
            assert_eq!(grave(&told), Vec::<&str>::new());
            continue;
        }
        assert_eq!(grave(&told), ["The Last Cluster Admin Goes"]);
        let is_of_all = |one: &&Diagnostic| one.summary == "The Last Cluster Admin Goes";
        let detail = &told.iter().find(is_of_all).unwrap().detail;
        for part in [
            "do together what none of them does alone",
            "role/other",
            "role/teams/platform",
        ] {
            assert!(detail.contains(part), "{part} is missing in:\n{detail}");
        }
    }
}
