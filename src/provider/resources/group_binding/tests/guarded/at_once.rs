//! What others change while a binding goes, in the same apply and in another process.

use super::*;
use crate::resources::aws_auth_role::AwsAuthRoleResource;

#[tokio::test]
async fn a_removal_beside_which_the_other_way_in_went_is_taken_back() {
    let (bed, first) = with_admins().await;
    let second = bed.create(with(boss(), json!({"name": "second"}))).await;
    let Attr::Known(name) = second.model.binding_name else {
        unreachable!()
    };
    let other = key(RbacKind::ClusterRoleBinding, "", &name);
    bed.kube().on_next_rbac(
        Verb::Delete,
        Fault::After(Box::new(move |kube| kube.remove_rbac_object(&other))),
    );
    let refused = bed.step().delete(&first).await.unwrap_err().diagnostics;
    let told = text(&refused);
    assert_eq!(
        titles(&refused),
        ["Change Of Bindings Taken Back"],
        "{told}"
    );
    assert!(told.contains("lockout.last-admin"), "{told}");
    assert!(
        told.contains("Everything was put back as it was."),
        "{told}"
    );
    assert!(
        !told.contains("Nothing of this change was written"),
        "{told}"
    );
    assert_eq!(bed.shown().len(), 2, "{:?}", bed.shown());
}

#[tokio::test]
async fn an_entry_of_aws_auth_and_a_binding_do_not_both_take_the_last_administrators() {
    let (bed, binding) = with_admins().await;
    let entry = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups:\n  - system:masters\n  - admins\n";
    bed.kube().write(&[("mapRoles", entry)]);
    let settings = Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    };
    let config = |groups: &[&str]| json!({"rolearn": "arn:aws:iam::111122223333:role/admin", "username": "admin", "groups": groups, "on_conflict": "adopt"});
    let entries = |client| Harness::new(AwsAuthRoleResource::new(), client);
    let mapped = entries(bed.cloud.client(settings.clone()))
        .create(config(&["system:masters", "admins"]))
        .await
        .unwrap();
    let client = bed.cloud.client(settings);
    let (bindings, entries) = (
        Harness::new(GroupBindingResource, client.clone()),
        entries(client),
    );
    // Something was judged a moment ago, so that RBAC as it was then is at hand.
    bindings.plan_delete(&binding).await.unwrap();
    entries
        .plan_update(&mapped, config(&["admins"]))
        .await
        .unwrap();
    let (removed, reduced) = tokio::join!(
        bindings.delete(&binding),
        entries.update(&mapped, config(&["admins"]))
    );
    assert!(
        removed.is_ok() != reduced.is_ok(),
        "{removed:?} {reduced:?}"
    );
}

/// Whoever acts enters by an access entry, and EKS shows none of them.
async fn with_hidden_entries(guard: crate::config::LockoutGuard) -> (Bed, Settings) {
    let (bed, _) = with_admins().await;
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        authentication_mode: Some(crate::ports::eks::AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
    for action in ["eks:ListAccessEntries", "eks:DescribeAccessEntry"] {
        bed.cloud.deny(action);
    }
    let settings = Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        confirm_access: false,
        lockout_guard: guard,
        ..FakeCloud::settings()
    };
    (bed, settings)
}

fn of_g1() -> Json {
    json!({"name": "one", "cluster_role": "cluster-admin", "groups": ["g1"]})
}

#[tokio::test]
async fn whoever_comes_by_an_entry_that_nobody_may_read_is_not_locked_out_unseen() {
    use crate::config::LockoutGuard;
    for (guard, is_own, is_refused) in [
        (LockoutGuard::Error, true, true),
        (LockoutGuard::Error, false, false),
        (LockoutGuard::Strict, false, true),
    ] {
        let (bed, settings) = with_hidden_entries(guard).await;
        let state = bed.create(of_g1()).await;
        bed.kube().set_reviews(FakeReviews {
            user: Some(ReviewedUser {
                username: "ops".to_owned(),
                groups: vec![if is_own { "g1" } else { "g2" }.to_owned()],
                extra: [(
                    "canonicalArn".to_owned(),
                    vec!["arn:aws:iam::111122223333:user/ops".to_owned()],
                )]
                .into(),
            }),
            ..FakeReviews::default()
        });
        let step = Harness::new(GroupBindingResource, bed.cloud.client(settings));
        let removed = step.delete(&state).await;
        let warned = text(&step.take_warnings());
        match removed {
            Ok(()) => {
                assert!(!is_refused, "{guard:?} {is_own}: {warned}");
                assert!(warned.contains("lockout.unreadable"), "{warned}");
            }
            Err(failed) => {
                let told = text(&failed.diagnostics);
                assert!(is_refused, "{guard:?} {is_own}: {told}");
                let id = if is_own {
                    "lockout.running-identity"
                } else {
                    "lockout.unreadable"
                };
                assert!(told.contains(id), "{told}");
            }
        }
    }
}

#[tokio::test]
async fn a_binding_in_a_namespace_without_aws_auth_is_nothing_to_judge() {
    for guard in [
        crate::config::LockoutGuard::Error,
        crate::config::LockoutGuard::Strict,
    ] {
        let bed = Bed::new();
        let state = bed
            .create(with(config(), json!({"namespaces": ["a"]})))
            .await;
        bed.kube().set_rbac(FakeRbac::default());
        let settings = Settings {
            cluster_name: Attr::Known("prod".to_owned()),
            lockout_guard: guard,
            ..FakeCloud::settings()
        };
        let step = Harness::new(GroupBindingResource, bed.cloud.client(settings));
        step.plan_delete(&state).await.unwrap();
        step.delete(&state).await.unwrap();
        assert_eq!(titles(&step.take_warnings()), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn what_is_taken_back_after_a_change_of_the_role_is_as_it_was() {
    let bed = Bed::new();
    let state = bed
        .create(json!({"name": "dev", "cluster_role": "view", "groups": ["developers"]}))
        .await;
    let before = bed.shown();
    let reviews = |may: &[&str]| FakeReviews {
        user: Some(ReviewedUser {
            username: "ci".to_owned(),
            groups: vec!["developers".to_owned()],
            ..ReviewedUser::default()
        }),
        may: Some(may.iter().map(|one| (*one).to_owned()).collect()),
        ..FakeReviews::default()
    };
    bed.kube().set_reviews(reviews(&["get configmaps"]));
    let lost = reviews(&[]);
    bed.kube().on_next_rbac(
        Verb::Delete,
        Fault::After(Box::new(move |kube| kube.set_reviews(lost))),
    );
    let changed = json!({"name": "dev", "cluster_role": "edit", "groups": ["developers"]});
    let failed = bed
        .step()
        .update(&state, changed.clone())
        .await
        .unwrap_err();
    let told = text(&failed.diagnostics);
    assert!(
        told.contains("Everything was put back as it was."),
        "{told}"
    );
    assert_eq!(bed.shown(), before);
    // What was put back is held as before, and goes with a removal.
    let state = failed.state.unwrap();
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.adopted, Attr::Known(false));
    bed.step().delete(&read).await.unwrap();
    assert_eq!(bed.shown(), Vec::<String>::new());
}

#[tokio::test]
async fn what_others_had_on_a_binding_that_is_made_anew_is_said() {
    let bed = Bed::new();
    // What is taken is asked about afterwards only where the rules could give it.
    let powerful = json!({"rules": [{"resources": ["configmaps"], "verbs": ["get"]}]});
    let state = bed.create(with(config(), powerful)).await;
    let Attr::Known(name) = state.model.binding_name.clone() else {
        unreachable!()
    };
    let binding = key(RbacKind::ClusterRoleBinding, "", &name);
    let label = RbacFields {
        labels: [("team".to_owned(), "x".to_owned())].into(),
        ..RbacFields::default()
    };
    bed.kube().put_rbac_object("kubectl-label", &binding, label);
    let reviews = |may: &[&str]| FakeReviews {
        user: Some(ReviewedUser {
            username: "ci".to_owned(),
            groups: vec!["developers".to_owned()],
            ..ReviewedUser::default()
        }),
        may: Some(may.iter().map(|one| (*one).to_owned()).collect()),
        ..FakeReviews::default()
    };
    bed.kube().set_reviews(reviews(&["get configmaps"]));
    let lost = reviews(&[]);
    bed.kube().on_next_rbac(
        Verb::Delete,
        Fault::After(Box::new(move |kube| kube.set_reviews(lost))),
    );
    let told = text(&bed.step().delete(&state).await.unwrap_err().diagnostics);
    assert!(
        !told.contains("Everything was put back as it was."),
        "{told}"
    );
    assert!(told.contains("What was taken was put back."), "{told}");
    assert!(told.contains("annotations are not put back"), "{told}");
    assert!(told.contains("`kubectl-label`"), "{told}");
}

/// Nobody is an administrator but by a role that gathers its rules from ours.
#[tokio::test]
async fn a_role_from_which_another_one_gathers_its_rules_is_not_emptied() {
    let bed = Bed::new();
    let key = "rbac.example.com/to-admins".to_owned();
    let everything = json!([{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let part = json!({"name": "part", "rules": everything, "groups": [], "users": ["nobody"], "labels": {key.clone(): "true"}});
    let entry = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups:\n  - admins\n";
    bed.kube().write(&[("mapRoles", entry)]);
    crate::aws_auth::fixture::make_role(&bed.cloud.iam, crate::fakes::ACCOUNT, "/", "admin");
    let state = bed.create(part.clone()).await;
    let all = || vec!["*".to_owned()];
    bed.kube().set_rbac(FakeRbac {
        objects: Some(RbacObjects {
            cluster_roles: vec![crate::ports::rbac::Role {
                name: "sum".to_owned(),
                rules: vec![crate::ports::rbac::PolicyRule {
                    verbs: all(),
                    api_groups: all(),
                    resources: all(),
                    resource_names: Vec::new(),
                }],
                aggregation: Some(vec![eksauth_core::kubernetes::rbac::LabelSelector {
                    labels: [(key.clone(), "true".to_owned())].into(),
                    requirements: Vec::new(),
                }]),
                ..crate::ports::rbac::Role::default()
            }],
            cluster_role_bindings: vec![crate::ports::rbac::Binding {
                refers_to_cluster_role: true,
                role: "sum".to_owned(),
                subjects: vec![crate::ports::rbac::Subject::Group("admins".to_owned())],
            }],
            ..RbacObjects::default()
        }),
        has_nodes: Some(false),
    });
    let told = text(&bed.step().delete(&state).await.unwrap_err().diagnostics);
    assert!(told.contains("lockout.last-admin"), "{told}");
    let relabelled = with(part, json!({"labels": {key: "false"}}));
    let told = text(&refusal(bed.step().update(&state, relabelled).await));
    assert!(told.contains("lockout.last-admin"), "{told}");
    assert_eq!(bed.shown().len(), 2);
}
