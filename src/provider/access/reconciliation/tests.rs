use std::sync::Arc;

use eksauth_core::access::reconciliation::Difference;
use tf_provider::Attr;

use super::*;
use crate::aws_auth::fixture::{Bed, role_arn};
use crate::client::Client;
use crate::config::Settings;
use crate::fakes::{FakeReviews, active_cluster};
use crate::ports::ClusterAccess;
use crate::ports::eks::AuthenticationMode;

/// What the API server says of `role/admins` in the session `eve`.
fn reviewed(username: &str, groups: &[&str]) -> ReviewedUser {
    let extra = [
        ("canonicalArn", role_arn("admins")),
        ("sessionName", "eve".to_owned()),
    ];
    let extra = extra.map(|(key, value)| (key.to_owned(), vec![value]));
    let groups = groups.iter().chain(&["system:authenticated"]);
    ReviewedUser {
        username: username.to_owned(),
        groups: groups.map(|group| (*group).to_owned()).collect(),
        extra: extra.into(),
    }
}

fn admits(bed: &Bed, user: ReviewedUser, may: &[&str]) {
    bed.kube().set_reviews(FakeReviews {
        user: Some(user),
        may: Some(may.iter().map(|what| (*what).to_owned()).collect()),
        ..FakeReviews::default()
    });
}

async fn asked(client: &Arc<Client>, principal: &str) -> Reconciliation {
    let clusters = client.clusters();
    let cluster = clusters.existing(&Attr::Null, &Attr::Null).await.unwrap();
    let inquiry = ClusterInquiry::new(&cluster, client.session());
    let principal = Principal::from_arn(principal);
    let view = cluster_access(&cluster).await;
    inquiry.about(&view, principal).await
}

/// Whether the caller enters, why the answers differ, and its rights.
async fn about_caller(
    bed: &Bed,
) -> (
    Option<bool>,
    Option<&'static str>,
    Option<bool>,
    Option<bool>,
) {
    let both = asked(&bed.client(), &role_arn("admins")).await;
    (
        both.enters(),
        both.difference.as_ref().map(Difference::id),
        both.rights.may_write_aws_auth,
        both.rights.is_cluster_admin,
    )
}

const EVERYTHING: [&str; 2] = ["* *", "patch configmaps"];

#[tokio::test]
async fn the_creator_is_in_though_no_entry_names_it() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    admits(
        &bed,
        reviewed("cluster-creator", &["system:masters"]),
        &EVERYTHING,
    );
    let (yes, creator) = (Some(true), Some("creator"));
    assert_eq!(about_caller(&bed).await, (yes, creator, yes, yes));
    // It was asked by a token that the API server had not seen.
    assert_eq!(
        bed.kube().take_reviewed(),
        [
            "selfsubjectreviews",
            "selfsubjectreviews anew",
            "patch configmaps",
            "* *"
        ]
    );
}

#[tokio::test]
async fn an_answer_that_the_rules_foretold_is_asked_for_once() {
    let bed = Bed::lived_in();
    admits(&bed, reviewed("admin", &["system:masters"]), &EVERYTHING);
    let yes = Some(true);
    assert_eq!(about_caller(&bed).await, (yes, None, yes, yes));
    assert_eq!(
        bed.kube().take_reviewed(),
        ["selfsubjectreviews", "patch configmaps", "* *"]
    );
}

#[tokio::test]
async fn who_is_refused_is_out_whatever_could_be_read() {
    let bed = Bed::lived_in();
    bed.kube().refuse_caller();
    let no = Some(false);
    assert_eq!(about_caller(&bed).await, (no, None, no, no));
}

#[tokio::test]
async fn who_may_read_nothing_and_is_admitted_is_in() {
    let bed = Bed::lived_in();
    bed.kube().deny("get", "configmaps");
    admits(&bed, reviewed("dev", &[]), &[]);
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(about_caller(&bed).await, (yes, Some("unread"), no, no));
}

#[tokio::test]
async fn a_yes_that_is_remembered_is_no() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    admits(&bed, reviewed("admin", &["system:masters"]), &EVERYTHING);
    let reviews = bed.kube().reviews();
    bed.kube().set_reviews(FakeReviews {
        is_remembered: true,
        ..reviews
    });
    let no = Some(false);
    assert_eq!(about_caller(&bed).await, (no, Some("cache"), no, no));
}

#[tokio::test]
async fn a_server_that_does_not_answer_leaves_what_the_rules_say() {
    let bed = Bed::lived_in();
    let both = asked(&bed.client(), &role_arn("admins")).await;
    let told = "the API server does not know SelfSubjectReview (Kubernetes before 1.28)";
    assert_eq!(both.answer, ClusterAnswer::Unanswered(told.to_owned()));
    assert_eq!(
        (both.enters(), both.rights),
        (Some(true), Rights::EVERYTHING)
    );
}

#[tokio::test]
async fn who_may_not_ask_who_it_is_is_in() {
    let bed = Bed::new(&[("mapUsers", "[]")]);
    bed.kube().deny("create", "selfsubjectreviews");
    let told = about_caller(&bed).await;
    assert_eq!(told, (Some(true), Some("unnamed"), None, None));
}

#[test]
fn only_rbac_s_refusal_of_a_user_is_an_admission() {
    let refused = |message: &str| {
        let error = ApiError::new(ErrorKind::AccessDenied, "kubernetes:create", message);
        answer(Err(error))
    };
    let of = |user: &str| {
        format!("selfsubjectreviews is forbidden: User \"{user}\" cannot create resource")
    };
    assert_eq!(refused(&of("dev")), ClusterAnswer::AdmittedUnnamed);
    for other in [
        of("system:anonymous"),
        "the API server answered with status 403".to_owned(),
    ] {
        assert!(
            matches!(refused(&other), ClusterAnswer::Unanswered(_)),
            "{other}"
        );
    }
}

#[tokio::test]
async fn somebody_else_is_not_asked_for_and_its_rights_are() {
    let bed = Bed::lived_in();
    admits(&bed, reviewed("admin", &["system:masters"]), &EVERYTHING);
    let alice = "arn:aws:iam::111122223333:user/people/alice";
    let (yes, no) = (Some(true), Some(false));
    let both = asked(&bed.client(), alice).await;
    assert_eq!(
        (both.answer, both.rights),
        (ClusterAnswer::NotAsked, Rights::default())
    );
    let reviews = bed.kube().reviews();
    for (may, rights) in [
        (
            vec![],
            Rights {
                may_write_aws_auth: no,
                is_cluster_admin: no,
            },
        ),
        (
            vec!["view patch configmaps"],
            Rights {
                may_write_aws_auth: yes,
                is_cluster_admin: no,
            },
        ),
        (vec!["alice * *"], Rights::EVERYTHING),
    ] {
        bed.kube().set_reviews(FakeReviews {
            others: Some(may.iter().map(|what| (*what).to_owned()).collect()),
            ..reviews.clone()
        });
        assert_eq!(asked(&bed.client(), alice).await.rights, rights, "{may:?}");
    }
}

#[tokio::test]
async fn a_role_that_acts_on_kubernetes_is_told_from_the_caller() {
    let bed = Bed::lived_in();
    let deployer = role_arn("deployer");
    let extra = [("canonicalArn".to_owned(), vec![deployer.clone()])];
    let user = ReviewedUser {
        extra: extra.into(),
        ..reviewed("deployer", &["system:masters"])
    };
    admits(&bed, user, &EVERYTHING);
    let access = ClusterAccess {
        kubernetes_role_arn: Some(deployer.clone()),
        ..ClusterAccess::default()
    };
    let clusters = [("prod".to_owned(), Attr::Known(access))];
    let client = bed.cloud.client(Settings {
        clusters: Attr::Known(clusters.into()),
        ..Bed::settings()
    });
    let cluster = client
        .clusters()
        .existing(&Attr::Null, &Attr::Null)
        .await
        .unwrap();
    let inquiry = ClusterInquiry::new(&cluster, client.session());
    let caller = Principal::from_arn(&role_arn("admins"));
    let both = inquiry.about_caller(caller).await;
    let other = Difference::OtherIdentity {
        arn: deployer.clone(),
    };
    assert_eq!((both.enters(), both.difference), (Some(true), Some(other)));
    // The role itself is who acts, and the caller is somebody else then.
    let of_role = asked(&client, &deployer).await;
    assert_eq!(of_role.answer.enters(), Some(true));
    let of_caller = asked(&client, &role_arn("admins")).await;
    assert_eq!(of_caller.answer, ClusterAnswer::NotAsked);
}

#[tokio::test]
async fn in_a_mode_without_a_creator_an_unnamed_master_is_a_change_under_way() {
    let bed = Bed::lived_in();
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        authentication_mode: Some(AuthenticationMode::Api),
        ..active_cluster("prod", "A")
    });
    admits(&bed, reviewed("admin", &["system:masters"]), &EVERYTHING);
    let yes = Some(true);
    assert_eq!(
        about_caller(&bed).await,
        (yes, Some("not-in-force"), yes, yes)
    );
}
