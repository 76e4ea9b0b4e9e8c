use tf_provider::AttributePath;

use super::*;

#[tokio::test]
async fn bad_input_is_refused_by_its_attribute() {
    let bed = Bed::new().await;
    let role = |kind: &str| json!({"role_arn": format!("arn:aws:{kind}")});
    for (more, attribute, title) in [
        (
            json!({"namespace": "Apps"}),
            "namespace",
            "Invalid Namespace",
        ),
        (
            json!({"namespace": "a.b"}),
            "namespace",
            "Invalid Namespace",
        ),
        (
            json!({"namespace": "a:b"}),
            "namespace",
            "Invalid Namespace",
        ),
        (json!({"namespace": ""}), "namespace", "Invalid Namespace"),
        (
            json!({"namespace": "a".repeat(64)}),
            "namespace",
            "Invalid Namespace",
        ),
        (
            json!({"name": "apps/reader"}),
            "name",
            "Invalid Service Account Name",
        ),
        (
            json!({"name": "apps:reader"}),
            "name",
            "Invalid Service Account Name",
        ),
        (
            json!({"name": "-a"}),
            "name",
            "Invalid Service Account Name",
        ),
        (
            json!({"name": "a*"}),
            "name",
            "Invalid Service Account Name",
        ),
        (
            json!({"token_expiration": 599}),
            "token_expiration",
            "Invalid Token Expiration",
        ),
        (
            json!({"token_expiration": 86401}),
            "token_expiration",
            "Invalid Token Expiration",
        ),
        (
            json!({"token_expiration": 600.5}),
            "token_expiration",
            "Invalid Token Expiration",
        ),
        (json!({"audience": ""}), "audience", "Invalid Audience"),
        (json!({"audience": "a b"}), "audience", "Invalid Audience"),
        (json!({"labels": {"a b": "c"}}), "labels", "Invalid Label"),
        (json!({"labels": {"a": "b/c"}}), "labels", "Invalid Label"),
        (
            json!({"image_pull_secrets": ["A"]}),
            "image_pull_secrets",
            "Invalid Secret Name",
        ),
        (
            json!({"image_pull_secrets": [null]}),
            "image_pull_secrets",
            "Invalid Secret Name",
        ),
        (
            role("sts::111122223333:assumed-role/reader/session"),
            "role_arn",
            "Invalid Role ARN",
        ),
        (
            role("iam::111122223333:user/reader"),
            "role_arn",
            "Invalid Role ARN",
        ),
        (
            role("iam::1111:role/reader"),
            "role_arn",
            "Invalid Role ARN",
        ),
        (
            json!({"role_arn": "reader"}),
            "role_arn",
            "Invalid Role ARN",
        ),
        (
            json!({"on_conflict": "force"}),
            "on_conflict",
            "Invalid Value",
        ),
        (
            json!({"on_untrusted": "no"}),
            "on_untrusted",
            "Invalid Value",
        ),
    ] {
        let refused = bed.step().validate(with(config(), more.clone()));
        assert_eq!(titles(&refused), [title], "{more}");
        let path = refused.iter().next().unwrap().path.clone();
        assert_eq!(path, Some(AttributePath::attribute(attribute)), "{more}");
    }
    let refused = bed
        .step()
        .validate(with(config(), json!({"name": "apps:reader"})));
    assert!(text(&refused).contains("Write `namespace = \"apps\"` and `name = \"reader\"`."));
}

#[tokio::test]
async fn what_kubernetes_takes_is_taken() {
    let bed = Bed::new().await;
    for more in [
        json!({"name": "a.b-c.9"}),
        json!({"token_expiration": 600}),
        json!({"token_expiration": 86400}),
        json!({"labels": {"app.kubernetes.io/name": "", "x": "A_b.c"}}),
        json!({"audience": "https://a.example/x"}),
        json!({"namespace": UNKNOWN}),
        json!({"role_arn": UNKNOWN}),
    ] {
        let refused = bed.step().validate(with(config(), more.clone()));
        assert_eq!(titles(&refused), Vec::<&str>::new(), "{more}");
    }
}
