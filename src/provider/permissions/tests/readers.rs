//! Data sources and ephemeral resources.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::{DataSourceHarness, EphemeralHarness};
use tf_provider::{DataSource, EphemeralResource};

use super::{client, cloud, describe, hold};
use crate::aws_auth::fixture::{ROLES, make_role, role_arn};
use crate::client::Client;
use crate::data_sources::aws_auth::AwsAuthDataSource;
use crate::data_sources::caller_identity::CallerIdentityDataSource;
use crate::data_sources::can_i::CanIDataSource;
use crate::data_sources::cluster::ClusterDataSource;
use crate::data_sources::identity_mapping::IdentityMappingDataSource;
use crate::data_sources::legacy_pod_roles::LegacyPodRolesDataSource;
use crate::data_sources::pod_identity_associations::PodIdentityAssociationsDataSource;
use crate::data_sources::pod_identity_migration::PodIdentityMigrationDataSource;
use crate::data_sources::service_accounts::ServiceAccountsDataSource;
use crate::data_sources::trust_policy::TrustPolicyDataSource;
use crate::data_sources::web_identity_check::WebIdentityCheckDataSource;
use crate::ephemeral::cluster_auth::ClusterAuthEphemeral;
use crate::ephemeral::token_verification::TokenVerificationEphemeral;
use crate::fakes::{ACCOUNT, FakeCloud, active_cluster};
use crate::permissions::DeclaresPermissions;
use crate::ports::eks::{AccessEntry, AuthenticationMode, Cluster, PodIdentityAssociation};
use crate::ports::service_account::{AccountFields, AppliedFields};

/// The cluster with aws-auth and an access entry of someone.
fn lived_in() -> Arc<FakeCloud> {
    let cloud = cloud();
    cloud.eks.put(Cluster {
        authentication_mode: Some(AuthenticationMode::ApiAndConfigMap),
        ..active_cluster("prod", "A")
    });
    cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: role_arn("someone"),
        kind: "STANDARD".to_owned(),
        username: "someone".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
    });
    cloud.kubernetes.write(&[("mapRoles", ROLES)]);
    make_role(&cloud.iam, ACCOUNT, "/", "reader");
    cloud
}

/// Reads; and before it in a cluster that is not there, which is an error with or without the nearest name.
async fn read<D>(cloud: Arc<FakeCloud>, make: fn() -> D, config: Json) -> Result<(), String>
where
    D: DataSource<Client = Client>,
{
    if config["cluster_name"].is_string() {
        let mut elsewhere = config.clone();
        elsewhere["cluster_name"] = Json::from("prob");
        let harness = DataSourceHarness::new(make(), client(&cloud));
        let refused = describe(&harness.read(elsewhere).await.map(drop).unwrap_err());
        if !refused.contains("There is no cluster `prob`") {
            return Err(refused);
        }
    }
    let read = DataSourceHarness::new(make(), client(&cloud))
        .read(config)
        .await;
    read.map(drop).map_err(|refused| describe(&refused))
}

async fn open<E>(cloud: Arc<FakeCloud>, make: fn() -> E, config: Json) -> Result<(), String>
where
    E: EphemeralResource<Client = Client>,
{
    let opened = EphemeralHarness::new(make(), client(&cloud))
        .open(config)
        .await;
    opened.map(drop).map_err(|refused| describe(&refused))
}

#[tokio::test]
async fn aws_auth() {
    let life = |cloud| async move {
        read(cloud, || AwsAuthDataSource, json!({"cluster_name": "prod"})).await
    };
    let in_a_refusal = ["iam:GetRole"];
    let permissions = AwsAuthDataSource::PERMISSIONS;
    hold(&permissions, &in_a_refusal, lived_in, life).await;
}

#[tokio::test]
async fn a_cluster() {
    let life = |cloud| async move {
        read(cloud, || ClusterDataSource, json!({"cluster_name": "prod"})).await
    };
    hold(&ClusterDataSource::PERMISSIONS, &[], lived_in, life).await;
}

#[tokio::test]
async fn a_principal() {
    let life = |cloud: Arc<FakeCloud>| async move {
        for name in ["admins", "someone"] {
            let config = json!({"cluster_name": "prod", "arn": role_arn(name)});
            read(cloud.clone(), || IdentityMappingDataSource, config).await?;
        }
        Ok(())
    };
    hold(&IdentityMappingDataSource::PERMISSIONS, &[], lived_in, life).await;
}

#[tokio::test]
async fn a_question() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let config = json!({"cluster_name": "prod", "arn": role_arn("someone"), "verb": "get", "resource": "pods", "namespace": "apps"});
        read(cloud, || CanIDataSource, config).await
    };
    hold(&CanIDataSource::PERMISSIONS, &[], lived_in, life).await;
}

#[tokio::test]
async fn a_web_identity() {
    let life = |cloud| async move {
        let config = json!({"cluster_name": "prod", "role_name": "reader", "service_account": "apps:reader"});
        read(cloud, || WebIdentityCheckDataSource, config).await
    };
    let permissions = WebIdentityCheckDataSource::PERMISSIONS;
    hold(&permissions, &[], lived_in, life).await;
}

#[tokio::test]
async fn pods() {
    let life = |cloud| async move {
        let config = json!({"cluster_name": "prod"});
        read(cloud, || LegacyPodRolesDataSource, config).await
    };
    let in_a_refusal = [
        "eks:ListAccessEntries",
        "eks:DescribeAccessEntry",
        "eks:ListAssociatedAccessPolicies",
        "iam:GetRole",
    ];
    let permissions = LegacyPodRolesDataSource::PERMISSIONS;
    hold(&permissions, &in_a_refusal, lived_in, life).await;
}

/// The cluster with an account that is annotated and one with an association.
fn with_accounts() -> Arc<FakeCloud> {
    let cloud = lived_in();
    let role_arn = role_arn("reader");
    for name in ["reader", "writer"] {
        let applied = AppliedFields {
            namespace: "apps".to_owned(),
            name: name.to_owned(),
            fields: AccountFields {
                annotations: [("eks.amazonaws.com/role-arn".to_owned(), role_arn.clone())].into(),
                ..AccountFields::default()
            },
            ..AppliedFields::default()
        };
        cloud.kubernetes.put_service_account("kubectl", &applied);
    }
    let association = PodIdentityAssociation {
        role_arn,
        ..PodIdentityAssociation::default()
    };
    cloud.eks.give_by_pod_identity("apps:writer", association);
    cloud
}

#[tokio::test]
async fn accounts() {
    let life = |cloud| async move {
        let config = json!({"cluster_name": "prod"});
        read(cloud, || ServiceAccountsDataSource, config).await
    };
    let in_a_refusal = [
        "eks:ListAccessEntries",
        "eks:DescribeAccessEntry",
        "eks:ListAssociatedAccessPolicies",
        "iam:GetRole",
    ];
    let permissions = ServiceAccountsDataSource::PERMISSIONS;
    hold(&permissions, &in_a_refusal, with_accounts, life).await;
}

#[tokio::test]
async fn associations() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let elsewhere = json!({"cluster_name": "prob"});
        let refused = read(
            cloud.clone(),
            || PodIdentityAssociationsDataSource,
            elsewhere,
        )
        .await;
        let refused = refused.unwrap_err();
        if !refused.contains("There is no cluster `prob`") {
            return Err(refused);
        }
        let config = json!({"cluster_name": "prod", "details": true});
        read(cloud, || PodIdentityAssociationsDataSource, config).await
    };
    let permissions = PodIdentityAssociationsDataSource::PERMISSIONS;
    hold(&permissions, &[], with_accounts, life).await;
}

#[tokio::test]
async fn a_move_to_pod_identity() {
    let life = |cloud| async move {
        let config = json!({"cluster_name": "prod"});
        read(cloud, || PodIdentityMigrationDataSource, config).await
    };
    let in_a_refusal = [
        "eks:ListAccessEntries",
        "eks:DescribeAccessEntry",
        "eks:ListAssociatedAccessPolicies",
        "iam:GetRole",
    ];
    let permissions = PodIdentityMigrationDataSource::PERMISSIONS;
    hold(&permissions, &in_a_refusal, with_accounts, life).await;
}

#[tokio::test]
async fn whoever_asks_nobody_needs_nothing() {
    let life =
        |cloud| async move { read(cloud, || TrustPolicyDataSource, json!({"policy": "{}"})).await };
    hold(&TrustPolicyDataSource::PERMISSIONS, &[], lived_in, life).await;
}

#[tokio::test]
async fn whoever_calls() {
    let life = |cloud: Arc<FakeCloud>| async move {
        read(cloud.clone(), || CallerIdentityDataSource, json!({})).await?;
        let config = json!({"cluster_name": "prod"});
        read(cloud, || CallerIdentityDataSource, config).await
    };
    hold(&CallerIdentityDataSource::PERMISSIONS, &[], lived_in, life).await;
}

#[tokio::test]
async fn a_token_for_a_cluster() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let own = json!({"cluster_name": "prod"});
        open(cloud.clone(), || ClusterAuthEphemeral, own).await?;
        let of_a_role = json!({"cluster_name": "prod", "role_arn": role_arn("cluster-admin")});
        open(cloud, || ClusterAuthEphemeral, of_a_role).await
    };
    hold(&ClusterAuthEphemeral::PERMISSIONS, &[], lived_in, life).await;
}

/// A token that was made five minutes before the fakes' clock stands, for whatever cluster.
fn token() -> String {
    eksauth_core::token::encode(
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=ASIAEXAMPLE%2F20241231%2Feu-central-1%2Fsts%2Faws4_request&X-Amz-Date=20241231T235500Z&X-Amz-Expires=60\
         &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=5ec2e7",
    )
}

#[tokio::test]
async fn a_token() {
    let life = |cloud: Arc<FakeCloud>| async move {
        let config = |cluster: &str| json!({"cluster_name": cluster, "token": token()});
        let elsewhere = open(cloud.clone(), || TokenVerificationEphemeral, config("prob")).await;
        let refused = elsewhere.unwrap_err();
        if !refused.contains("There is no cluster `prob`") {
            return Err(refused);
        }
        open(cloud, || TokenVerificationEphemeral, config("prod")).await
    };
    let permissions = TokenVerificationEphemeral::PERMISSIONS;
    hold(&permissions, &[], lived_in, life).await;
}
