//! What is refused before anything is asked for.

use super::*;

#[tokio::test]
async fn what_no_association_can_have_is_refused_at_validation() {
    let bed = Bed::new();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
    for (more, title) in [
        (json!({"namespace": "Apps"}), "Invalid Namespace"),
        (
            json!({"service_account": "apps:reader"}),
            "Invalid Service Account Name",
        ),
        (json!({"role_arn": "reader"}), "Invalid Role ARN"),
        (json!({"role_arn": ""}), "Invalid Role ARN"),
        (
            json!({"target_role_arn": "arn:aws:iam::1:user/x"}),
            "Invalid Role ARN",
        ),
        (json!({"policy": policy}), "Policy Needs Session Tags Off"),
        (
            json!({"policy": "", "disable_session_tags": true}),
            "Invalid Session Policy",
        ),
    ] {
        let refused = bed.step().validate(with(config(), more));
        assert_eq!(titles(&refused), [title], "{}", text(&refused));
    }
    let good = json!({"policy": policy, "disable_session_tags": true});
    assert!(
        bed.step()
            .validate(with(config(), good))
            .iter()
            .next()
            .is_none()
    );
}

#[tokio::test]
async fn a_role_of_another_account_is_no_first_role() {
    let bed = Bed::new();
    let foreign = with(
        config(),
        json!({"role_arn": "arn:aws:iam::444455556666:role/x"}),
    );
    let refused = bed.step().plan_create(foreign).await.unwrap_err();
    assert_eq!(titles(&refused), ["Role In Another Account"]);
    assert!(text(&refused).contains("target_role_arn"));
}
