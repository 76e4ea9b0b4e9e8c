//! Who is left as an administrator, where only IAM or the API server can say it.

use super::cases::{
    ADMINS, DOES_ALL, WRITES, acts, admins, entry, ids_in, put_cluster, refused, strict, text_of,
};
use super::*;

const ALICE: &str = "arn:aws:iam::111122223333:user/people/alice";
const CREATOR: &str = "arn:aws:iam::111122223333:user/creator";

/// `admins` goes, and the user is left.
async fn leaves(
    cloud: &Arc<FakeCloud>,
    settings: Settings,
    user: &str,
) -> Result<Diagnostics, Diagnostics> {
    let user = entry(user, "left", "system:masters");
    let before = format!("{}{user}", admins());
    judge(&guard(cloud, settings), &before, &user).await
}

#[tokio::test]
async fn a_user_that_is_gone_is_no_admin_that_is_left() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(CREATOR), WRITES);
    let judged = leaves(&cloud, FakeCloud::settings(), ALICE).await;
    assert_eq!(refused(judged), ["lockout.last-admin"]);
    // A user of the same name is somebody else.
    cloud.iam.put_user("/", "alice");
    let judged = leaves(&cloud, FakeCloud::settings(), ALICE).await;
    assert_eq!(refused(judged), ["lockout.last-admin"]);
    cloud.iam.put_user("/people/", "alice");
    for settings in [FakeCloud::settings(), strict()] {
        let said = leaves(&cloud, settings, ALICE).await.unwrap();
        assert_eq!(ids_in(&said), ["lockout.reduced-access"]);
        assert!(!text_of(&said).contains("still exists"), "{said:?}");
    }
}

#[tokio::test]
async fn a_user_that_may_not_be_looked_up_is_said_and_counts_under_strict() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(CREATOR), WRITES);
    cloud.iam.put_user("/people/", "alice");
    cloud.deny("iam:GetUser");
    let said = leaves(&cloud, FakeCloud::settings(), ALICE).await.unwrap();
    assert_eq!(ids_in(&said), ["lockout.reduced-access"]);
    assert!(
        text_of(&said).contains("`iam:GetUser` is missing"),
        "{said:?}"
    );
    let error = leaves(&cloud, strict(), ALICE).await.unwrap_err();
    assert!(ids_in(&error).contains(&"lockout.last-admin".to_owned()));
    assert!(text_of(&error).contains("`iam:GetUser` is missing"));
}

#[tokio::test]
async fn a_user_is_asked_for_only_where_the_judgement_turns_on_it() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(CREATOR), WRITES);
    let user = entry(ALICE, "left", "system:masters");
    let before = format!("{}{OTHER}{user}", admins());
    judge(
        &guard(&cloud, FakeCloud::settings()),
        &before,
        &format!("{OTHER}{user}"),
    )
    .await
    .unwrap();
    let elsewhere = "arn:aws:iam::444455556666:user/alice";
    let said = leaves(&cloud, FakeCloud::settings(), elsewhere).await;
    assert!(text_of(&said.unwrap()).contains("cannot be seen from here"));
    let made = cloud.iam.calls.take();
    assert!(
        !made.iter().any(|call| call.starts_with("GetUser")),
        "{made:?}"
    );
}

#[tokio::test]
async fn the_last_admin_may_go_where_it_is_a_user_that_is_gone() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(CREATOR), WRITES);
    let user = entry(ALICE, "left", "system:masters");
    let said = judge(&guard(&cloud, FakeCloud::settings()), &user, "[]")
        .await
        .unwrap();
    assert_eq!(ids_in(&said), ["lockout.reduced-access"]);
}

#[tokio::test]
async fn whoever_is_admitted_by_a_remembered_token_alone_is_not_left() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(CREATOR), DOES_ALL);
    let said = judge(&guard(&cloud, FakeCloud::settings()), &admins(), "[]")
        .await
        .unwrap();
    assert!(text_of(&said).contains("whoever makes this change is left"));
    cloud.kubernetes.set_reviews(crate::fakes::FakeReviews {
        is_remembered: true,
        ..cloud.kubernetes.reviews()
    });
    let judged = judge(&guard(&cloud, FakeCloud::settings()), &admins(), "[]").await;
    assert_eq!(refused(judged), ["lockout.last-admin"]);
    // Somebody whom an entry names is not asked again: nothing turns on it.
    acts(&cloud, Some(ADMINS), DOES_ALL);
    cloud.kubernetes.take_reviewed();
    let both = format!("{}{OTHER}", admins());
    judge(&guard(&cloud, FakeCloud::settings()), &both, &admins())
        .await
        .unwrap();
    assert_eq!(cloud.kubernetes.take_reviewed(), ["selfsubjectreviews"]);
}

#[tokio::test]
async fn entries_that_may_be_listed_and_not_read_are_named_and_count_under_strict() {
    for settings in [FakeCloud::settings(), strict()] {
        let cloud = Arc::new(FakeCloud::default());
        readable(&cloud, false);
        acts(&cloud, Some(CREATOR), WRITES);
        put_cluster(&cloud);
        for name in ["ops", "viewer"] {
            cloud.eks.admit(AccessEntry {
                created_at: None,
                principal_arn: format!("arn:aws:iam::111122223333:role/{name}"),
                kind: "STANDARD".to_owned(),
                username: name.to_owned(),
                groups: vec!["admins".to_owned()],
                policies: Vec::new(),
            });
        }
        cloud.deny("eks:DescribeAccessEntry");
        let is_strict = settings.lockout_guard == LockoutGuard::Strict;
        let guard = ClusterGuard {
            mode: AuthenticationMode::ApiAndConfigMap,
            ..guard(&cloud, settings)
        };
        let judged = judge(&guard, &format!("{OTHER}{}", admins()), OTHER).await;
        assert_eq!(judged.is_err(), is_strict, "{judged:?}");
        let said = judged.unwrap_or_else(|error| error);
        assert!(ids_in(&said).contains(&"lockout.last-admin".to_owned()));
        assert!(
            text_of(&said).contains("`eks:DescribeAccessEntry` is missing"),
            "{said:?}"
        );
        let made = cloud.eks.calls.take();
        assert!(made.len() < 6, "{made:?}");
    }
}

#[tokio::test]
async fn roles_that_may_not_be_listed_count_under_strict() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    acts(&cloud, Some(CREATOR), WRITES);
    cloud.deny("iam:ListRoles");
    let before = format!("{OTHER}{}", admins());
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, OTHER)
        .await
        .unwrap();
    assert!(text_of(&said).contains("`iam:ListRoles` is missing"));
    let error = judge(&guard(&cloud, strict()), &before, OTHER)
        .await
        .unwrap_err();
    assert_eq!(ids_in(&error), ["lockout.last-admin"]);
    assert!(text_of(&error).contains("`iam:ListRoles` is missing"));
}
