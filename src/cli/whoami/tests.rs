use eksauth_provider::ports::ErrorKind;

use super::*;
use crate::refusing_cloud::RefusingCloud;

#[test]
fn a_malformed_arn_is_told_as_the_given_one() {
    for (arn, wrong) in [
        (
            "arn_aws:iam::111122223333:user/eve",
            "it does not start with `arn:`",
        ),
        ("arn:aws:iam", "it has fewer than six parts"),
        ("arn:aws:s3:::bucket", "it belongs to neither iam nor sts"),
    ] {
        let told = named(arn).unwrap_err().to_string();
        assert_eq!(
            told,
            format!("`{arn}` names no role, session or user: {wrong}")
        );
    }
}

#[tokio::test]
async fn without_a_region_one_is_asked_for() {
    let cloud = RefusingCloud {
        refusal: ErrorKind::Unauthorized,
        region: None,
    };
    let told = session::identity(&cloud.client()).await.unwrap_err();
    assert_eq!(
        told.to_string(),
        "Missing Region: No region is known, and STS is asked in one. Give --region, or have AWS_REGION or the profile's `region` say it."
    );
}
