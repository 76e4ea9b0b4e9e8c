use tf_provider::AttributePath;

use super::*;
use crate::resources::irsa_role::IrsaRoleResource;

async fn said(bed: &Bed, config: Json) -> Diagnostics {
    let step = bed.step();
    match step.plan_create(config).await {
        Ok(_) => step.take_warnings(),
        Err(refused) => refused,
    }
}

fn role(name: &str) -> Json {
    json!({"role_arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}")})
}

#[tokio::test]
async fn a_role_that_does_not_let_the_account_in_is_refused_with_the_condition_and_the_way_out() {
    let bed = Bed::new().await;
    bed.put_role("/", "other", &trust("system:serviceaccount:apps:writer"));
    let refused = said(&bed, with(config(), role("other"))).await;
    assert_eq!(titles(&refused), ["Role Does Not Trust Service Account"]);
    let told = text(&refused);
    for part in [
        "`StringEquals` on `oidc.eks.eu-central-1.amazonaws.com/id/A:sub` (`system:serviceaccount:apps:writer`) does not hold",
        "Name `apps:reader` in `service_accounts`",
        "set `on_untrusted = \"warn\"`",
    ] {
        assert!(told.contains(part), "{told}");
    }
    let path = refused.iter().next().unwrap().path.clone();
    assert_eq!(path, Some(AttributePath::attribute("role_arn")));
    for (choice, severity) in [
        ("warn", vec!["Role Does Not Trust Service Account"]),
        ("ignore", vec![]),
    ] {
        let config = with(
            with(config(), role("other")),
            json!({"on_untrusted": choice}),
        );
        let step = bed.step();
        step.plan_create(config).await.unwrap();
        assert_eq!(titles(&step.take_warnings()), severity);
    }
}

#[tokio::test]
async fn an_audience_that_the_provider_lacks_is_refused_at_the_audience() {
    let bed = Bed::new().await;
    let refused = said(&bed, with(config(), json!({"audience": "other"}))).await;
    assert_eq!(titles(&refused), ["Role Does Not Trust Service Account"]);
    assert!(
        text(&refused).contains("does not take the audience `other`"),
        "{}",
        text(&refused)
    );
    let path = refused.iter().next().unwrap().path.clone();
    assert_eq!(path, Some(AttributePath::attribute("audience")));
}

#[tokio::test]
async fn an_audience_that_others_have_set_is_the_one_that_is_judged() {
    let bed = Bed::new().await;
    bed.kube().put_service_account(
        "kubectl-annotate",
        &foreign(&[("eks.amazonaws.com/audience", "vault")]),
    );
    let refused = bed.step().plan_create(config()).await.unwrap_err();
    assert_eq!(titles(&refused), ["Role Does Not Trust Service Account"]);
    for part in ["does not take the audience `vault`", "others have set"] {
        assert!(text(&refused).contains(part), "{}", text(&refused));
    }
    let warned = with(config(), json!({"on_untrusted": "warn"}));
    let step = bed.step();
    step.plan_create(warned).await.unwrap();
    let warnings = step.take_warnings();
    assert!(
        titles(&warnings).contains(&"Role Does Not Trust Service Account"),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn a_role_that_is_gone_elsewhere_or_spelt_otherwise_is_told() {
    let bed = Bed::new().await;
    for (arn, title) in [
        (
            "arn:aws:iam::111122223333:role/none".to_owned(),
            "Role Not Found",
        ),
        (
            "arn:aws:iam::111122223333:role/reader".to_owned(),
            "Another Role",
        ),
        (
            "arn:aws:iam::111122223333:role/app/reader".to_owned(),
            "Another Role",
        ),
        (
            "arn:aws:iam::999988887777:role/reader".to_owned(),
            "Role In Another Account",
        ),
        (
            "arn:aws-cn:iam::111122223333:role/reader".to_owned(),
            "Role In Another Partition",
        ),
    ] {
        let told = said(&bed, with(config(), json!({"role_arn": arn}))).await;
        assert_eq!(titles(&told), [title], "{arn}");
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_a_warning() {
    for action in ["iam:GetRole", "iam:GetOpenIDConnectProvider"] {
        let bed = Bed::new().await;
        bed.cloud.deny(action);
        let step = bed.step();
        step.plan_create(config()).await.unwrap();
        let warnings = step.take_warnings();
        assert_eq!(titles(&warnings), ["Role Trust Not Judged"]);
        assert!(text(&warnings).contains(action), "{}", text(&warnings));
    }
}

#[tokio::test]
async fn a_role_that_is_not_known_is_not_judged() {
    let bed = Bed::new().await;
    let told = said(&bed, with(config(), json!({"role_arn": UNKNOWN}))).await;
    assert_eq!(titles(&told), Vec::<&str>::new());
    let told = said(&bed, with(config(), json!({"audience": UNKNOWN}))).await;
    assert_eq!(titles(&told), Vec::<&str>::new());
    assert_eq!(bed.cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_role_of_the_same_plan_is_judged_as_planned() {
    let bed = Bed::new().await;
    let settings = || Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    };
    for (accounts, titles_told) in [
        (json!(["apps:reader"]), vec![]),
        (
            json!(["apps:other"]),
            vec!["Role Does Not Trust Service Account"],
        ),
    ] {
        let client = bed.cloud.client(settings());
        let role_step = Harness::new(IrsaRoleResource, client.clone());
        role_step
            .plan_create(json!({"name": "fresh", "service_accounts": accounts}))
            .await
            .unwrap();
        let step = Harness::new(ServiceAccountResource, client);
        let told = match step.plan_create(with(config(), role("fresh"))).await {
            Ok(_) => step.take_warnings(),
            Err(refused) => refused,
        };
        assert_eq!(titles(&told), titles_told);
    }
}

#[tokio::test]
async fn a_role_is_judged_when_it_changes_and_not_again() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    bed.put_role(
        "/apps/",
        "reader",
        &trust("system:serviceaccount:apps:writer"),
    );
    let labelled = with(config(), json!({"labels": {"a": "b"}}));
    assert!(bed.step().plan_update(&state, labelled).await.is_ok());
    let other = with(config(), json!({"audience": "sts.amazonaws.com"}));
    let refused = bed.step().plan_update(&state, other).await.unwrap_err();
    assert_eq!(titles(&refused), ["Role Does Not Trust Service Account"]);
}

#[tokio::test]
async fn an_audience_that_the_trust_policy_refuses_is_told_as_the_audience() {
    let bed = Bed::new().await;
    let other = trust("system:serviceaccount:apps:reader")
        .replace("\"sts.amazonaws.com\"", "\"other.example\"");
    bed.put_role("/", "other", &other);
    let refused = said(&bed, with(config(), role("other"))).await;
    assert_eq!(titles(&refused), ["Role Does Not Trust Service Account"]);
    let told = text(&refused);
    assert!(told.contains("Set `audience` here"), "{told}");
    assert!(!told.contains("in `service_accounts`"), "{told}");
    let path = refused.iter().next().unwrap().path.clone();
    assert_eq!(path, Some(AttributePath::attribute("audience")));
}

#[tokio::test]
async fn a_role_of_another_partition_is_only_told_where_that_is_wanted() {
    let bed = Bed::new().await;
    let elsewhere =
        json!({"role_arn": "arn:aws-cn:iam::111122223333:role/reader", "on_untrusted": "warn"});
    let step = bed.step();
    step.plan_create(with(config(), elsewhere)).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Role In Another Partition"]);
}
