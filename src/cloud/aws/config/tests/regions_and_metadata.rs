//! Where STS is called, and whether the metadata service is.

use super::*;

/// The region that a request was signed for.
fn region_of(received: &Received) -> String {
    let header = received.header("authorization").unwrap_or_default();
    let scope = header.split("Credential=").nth(1).unwrap_or_default();
    scope.split('/').nth(2).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_call_of_sts_goes_to_the_region_that_is_set_for_it() {
    let cloud = Loopback::start(|received| match received.field("Action") {
        Some("AssumeRole") => assumed("AKIDROLE"),
        Some("GetCallerIdentity") => identity(),
        _ => Reply::new(200, r#"{"clusters":[]}"#),
    })
    .await;
    let clients = connect(AwsSettings {
        sts_region: Some("us-east-2".to_owned()),
        assume_role: vec![AssumeRole {
            role_arn: "arn:aws:iam::1:role/first".to_owned(),
            ..AssumeRole::default()
        }],
        ..settings(&cloud)
    })
    .await
    .unwrap();
    clients.sts().caller_identity().await.unwrap();
    let elsewhere = clients.eks("ap-south-1", Some("arn:aws:iam::1:role/eks"));
    elsewhere.list_clusters().await.unwrap();
    let regions: Vec<String> = cloud.received().iter().map(region_of).collect();
    assert_eq!(
        regions,
        ["us-east-2", "us-east-2", "us-east-2", "ap-south-1"]
    );
}

/// What tries to find credentials where there are none but an instance's.
async fn by_metadata(metadata: MetadataService) -> Result<(), ApiError> {
    let sts = Loopback::start(|_| identity()).await;
    let nothing = file("");
    let clients = connect(AwsSettings {
        access_key: None,
        secret_key: None,
        profile: Some("default".to_owned()),
        shared_config_files: vec![path(&nothing)],
        shared_credentials_files: vec![path(&nothing)],
        metadata,
        ..settings(&sts)
    })
    .await?;
    clients.sts().caller_identity().await.map(drop)
}

async fn metadata_service() -> Loopback {
    Loopback::start(|received| match received.target.as_str() {
        "/latest/api/token" => Reply::Answer {
            status: 200,
            headers: vec![("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned())],
            body: "TOKEN".to_owned(),
        },
        "/latest/meta-data/iam/security-credentials/" => Reply::new(200, "node"),
        _ => Reply::new(
            200,
            r#"{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"ASIANODE","SecretAccessKey":"s",
                "Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#,
        ),
    })
    .await
}

#[tokio::test]
async fn the_metadata_service_is_asked_at_its_address_and_not_where_it_is_skipped() {
    let service = metadata_service().await;
    let at = MetadataService {
        endpoint: Some(service.url().into()),
        ..MetadataService::default()
    };
    by_metadata(at.clone()).await.unwrap();
    let asked = service.received().len();
    assert!(asked >= 3, "{asked}");
    let skipped = MetadataService {
        is_skipped: true,
        ..at
    };
    let error = by_metadata(skipped).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (
            ErrorKind::NoCredentials,
            "no AWS credentials were found; tried the profile `default`, the container's credentials"
        )
    );
    assert_eq!(error.causes, Vec::<String>::new(), "the places are named");
    assert_eq!(service.received().len(), asked);
    let nowhere = MetadataService {
        endpoint: Some("http://not a host".into()),
        ..MetadataService::default()
    };
    let error = by_metadata(nowhere).await.unwrap_err();
    assert_eq!(error.operation, "`ec2_metadata_service_endpoint`");
}
