use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::fakes::kubernetes::Verb;
use crate::fakes::{ACCOUNT, FakeCloud, FakeRole, active_cluster};
use crate::ports::IamApi;
use crate::ports::eks::PodIdentityAssociation;
use crate::ports::iam::{NewOidcProvider, Role};
use crate::ports::service_account::{AccountFields, AppliedFields};

mod unread;

const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/A";
const BASE: &str = "arn:aws:iam::111122223333:role/";

/// A cluster with its OIDC provider, and the roles `reader` (IRSA, `apps:reader`), `pods` (Pod Identity in `apps`) and `nobody`.
struct Bed {
    cloud: Arc<FakeCloud>,
}

impl Bed {
    async fn new() -> Self {
        let cloud = Arc::new(FakeCloud::default());
        cloud.eks.put(active_cluster("prod", "A"));
        let provider = NewOidcProvider {
            url: format!("https://{ISSUER}"),
            client_ids: ["sts.amazonaws.com".to_owned()].into(),
            thumbprints: Vec::new(),
            tags: Default::default(),
        };
        cloud.iam.create_oidc_provider(&provider).await.unwrap();
        let bed = Self { cloud };
        let web_identity = json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
            "Condition": {"StringEquals": {format!("{ISSUER}:sub"): "system:serviceaccount:apps:reader", format!("{ISSUER}:aud"): "sts.amazonaws.com"}}});
        bed.put_role("/team/", "reader", &web_identity);
        let pods = json!({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "apps"}}});
        bed.put_role("/", "pods", &pods);
        bed.put_role("/", "nobody", &json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}));
        bed.cloud.iam.calls.take();
        bed
    }

    fn put_role(&self, path: &str, name: &str, statement: &Json) {
        let trust = json!({"Version": "2012-10-17", "Statement": [statement]});
        self.cloud.iam.put_role(FakeRole {
            role: Role {
                name: name.to_owned(),
                arn: format!("arn:aws:iam::{ACCOUNT}:role{path}{name}"),
                unique_id: format!("AROA{name}"),
                path: path.to_owned(),
                assume_role_policy: trust.to_string(),
                description: String::new(),
                max_session_duration: 3600,
                permissions_boundary: None,
                tags: Default::default(),
                created_at: 1_735_689_600,
            },
            attached: Default::default(),
            inline: Default::default(),
            instance_profiles: Vec::new(),
        });
    }

    fn account(&self, account: &str, annotations: &[(&str, &str)]) {
        let (namespace, name) = account.split_once(':').unwrap();
        let annotations = annotations
            .iter()
            .map(|(key, value)| (format!("eks.amazonaws.com/{key}"), (*value).to_owned()));
        let applied = AppliedFields {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            fields: AccountFields {
                annotations: annotations.collect(),
                ..AccountFields::default()
            },
            ..AppliedFields::default()
        };
        self.cloud
            .kubernetes
            .put_service_account("kubectl", &applied);
    }

    fn annotated(&self, account: &str, role_arn: &str) {
        self.account(account, &[("role-arn", role_arn)]);
    }

    fn associated(&self, account: &str, role: &str) {
        self.account(account, &[]);
        self.associate(account, role);
    }

    fn associate(&self, account: &str, role: &str) {
        let association = PodIdentityAssociation {
            role_arn: format!("{BASE}{role}"),
            ..PodIdentityAssociation::default()
        };
        self.cloud.eks.give_by_pod_identity(account, association);
    }

    fn harness(&self) -> DataSourceHarness<ServiceAccountsDataSource> {
        let client = self.cloud.client(FakeCloud::settings());
        DataSourceHarness::new(ServiceAccountsDataSource, client)
    }

    async fn read(&self, more: Json) -> Read {
        let mut config = json!({"cluster_name": "prod"});
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        let (model, warnings) = self.harness().read(config).await.unwrap();
        Read {
            accounts: model.service_accounts.known().unwrap().clone(),
            unread: model.unread.known().unwrap().len(),
            warnings: match warnings.is_empty() {
                true => String::new(),
                false => format!("{warnings:?}"),
            },
        }
    }
}

struct Read {
    accounts: Vec<AccountModel>,
    unread: usize,
    warnings: String,
}

impl Read {
    fn account(&self, name: &str) -> &AccountModel {
        let mut found = self.accounts.iter();
        found
            .find(|account| account.name.known().unwrap() == name)
            .unwrap()
    }

    /// Way and verdict.
    fn verdict(&self, name: &str) -> (Option<&str>, Option<bool>) {
        let account = self.account(name);
        (
            account.way.known().map(String::as_str),
            account.admitted.known().copied(),
        )
    }

    fn reason(&self, name: &str) -> &str {
        let reason = self.account(name).reason.known();
        reason.map_or("", String::as_str)
    }

    fn names(&self) -> Vec<&str> {
        let names = self.accounts.iter();
        names
            .map(|account| account.name.known().unwrap().as_str())
            .collect()
    }
}

#[tokio::test]
async fn the_schema_is_sound() {
    assert_eq!(Bed::new().await.harness().check(), Vec::<String>::new());
}

#[tokio::test]
async fn each_way_is_told_and_judged() {
    let bed = Bed::new().await;
    bed.annotated("apps:reader", &format!("{BASE}team/reader"));
    bed.annotated("apps:writer", &format!("{BASE}team/reader"));
    bed.associated("apps:pod", "pods");
    bed.associated("other:pod-elsewhere", "pods");
    bed.associated("apps:pod-nobody", "nobody");
    bed.account("apps:plain", &[]);
    let read = bed.read(json!({})).await;
    assert_eq!(read.verdict("reader"), (Some("irsa"), Some(true)));
    assert_eq!(read.reason("reader"), "");
    assert_eq!(read.verdict("writer"), (Some("irsa"), Some(false)));
    assert!(
        read.reason("writer").contains(":sub"),
        "{}",
        read.reason("writer")
    );
    assert_eq!(read.verdict("pod"), (Some("pod_identity"), Some(true)));
    assert_eq!(
        read.account("pod").role_arn,
        Attr::Known(format!("{BASE}pods"))
    );
    assert_eq!(
        read.verdict("pod-elsewhere"),
        (Some("pod_identity"), Some(false))
    );
    assert!(
        read.reason("pod-elsewhere")
            .contains("kubernetes-namespace")
    );
    assert_eq!(
        read.verdict("pod-nobody"),
        (Some("pod_identity"), Some(false))
    );
    assert!(read.reason("pod-nobody").contains("pods.eks.amazonaws.com"));
    assert_eq!(read.verdict("plain"), (Some("none"), None));
    assert_eq!((read.unread, read.warnings.as_str()), (0, ""));
}

#[tokio::test]
async fn an_association_comes_before_an_annotation() {
    let bed = Bed::new().await;
    bed.annotated("apps:reader", &format!("{BASE}team/reader"));
    bed.associate("apps:reader", "nobody");
    let read = bed.read(json!({})).await;
    assert_eq!(read.verdict("reader"), (Some("pod_identity"), Some(false)));
    let account = read.account("reader");
    assert_eq!(account.role_arn, Attr::Known(format!("{BASE}nobody")));
    assert_eq!(
        account.annotated_role_arn,
        Attr::Known(format!("{BASE}team/reader"))
    );
    assert_eq!(
        account.audience,
        Attr::Known("pods.eks.amazonaws.com".to_owned())
    );
}

#[tokio::test]
async fn what_an_annotation_gets_wrong_is_named() {
    let bed = Bed::new().await;
    for (name, role_arn, verdict, part) in [
        ("gone", format!("{BASE}none"), Some(false), "no such role"),
        (
            "path",
            format!("{BASE}reader"),
            Some(false),
            "role/team/reader",
        ),
        (
            "case",
            format!("{BASE}team/Reader"),
            Some(false),
            "role/team/reader",
        ),
        (
            "text",
            "reader".to_owned(),
            Some(false),
            "not the ARN of a role",
        ),
        (
            "user",
            "arn:aws:iam::111122223333:user/reader".to_owned(),
            Some(false),
            "not the ARN of a role",
        ),
        (
            "session",
            "arn:aws:sts::111122223333:assumed-role/reader/x".to_owned(),
            Some(false),
            "not the ARN of a role",
        ),
        ("space", format!("{BASE}team/reader "), Some(false), ""),
        (
            "china",
            "arn:aws-cn:iam::111122223333:role/team/reader".to_owned(),
            Some(false),
            "partition `aws-cn`",
        ),
        (
            "account",
            "arn:aws:iam::999988887777:role/team/reader".to_owned(),
            None,
            "account `999988887777`",
        ),
    ] {
        bed.annotated(&format!("apps:{name}"), &role_arn);
        let read = bed.read(json!({})).await;
        assert_eq!(read.verdict(name), (Some("irsa"), verdict), "{name}");
        assert!(read.reason(name).contains(part), "{}", read.reason(name));
        assert_ne!(read.reason(name), "", "{name}");
    }
    bed.annotated("apps:empty", "");
    assert_eq!(
        bed.read(json!({})).await.verdict("empty"),
        (Some("none"), None)
    );
}

#[tokio::test]
async fn the_audience_is_that_of_the_annotation() {
    let bed = Bed::new().await;
    let role_arn = format!("{BASE}team/reader");
    bed.account(
        "apps:reader",
        &[("role-arn", &role_arn), ("audience", "other")],
    );
    let read = bed.read(json!({})).await;
    assert_eq!(
        read.account("reader").audience,
        Attr::Known("other".to_owned())
    );
    assert_eq!(read.verdict("reader"), (Some("irsa"), Some(false)));
    assert!(
        read.reason("reader")
            .contains("does not take the audience `other`")
    );
}

#[tokio::test]
async fn one_namespace_and_those_with_a_role() {
    let bed = Bed::new().await;
    bed.annotated("apps:reader", &format!("{BASE}team/reader"));
    bed.account("apps:plain", &[]);
    bed.associated("other:pod", "pods");
    bed.account("other:plain", &[]);
    let read = bed.read(json!({"namespace": "other"})).await;
    assert_eq!(read.names(), ["plain", "pod"]);
    let read = bed.read(json!({"only_with_role": true})).await;
    assert_eq!(read.names(), ["reader", "pod"]);
    let refused = bed
        .harness()
        .read(json!({"cluster_name": "prod", "namespace": "Apps"}))
        .await;
    assert!(format!("{:?}", refused.map(drop).unwrap_err()).contains("Invalid Namespace"));
}

#[tokio::test]
async fn many_accounts_are_read_by_lists() {
    let bed = Bed::new().await;
    for number in 0..1000 {
        bed.annotated(&format!("apps:a{number}"), &format!("{BASE}team/reader"));
    }
    bed.cloud.kubernetes.take_account_calls();
    let read = bed.read(json!({})).await;
    assert_eq!(read.accounts.len(), 1000);
    assert_eq!(bed.cloud.kubernetes.take_account_calls(), [Verb::List]);
    let iam = bed.cloud.iam.calls.take();
    assert_eq!(iam.len(), 2, "{iam:?}");
    let eks = bed.cloud.eks.calls.take();
    assert_eq!(
        eks,
        ["DescribeCluster prod", "ListPodIdentityAssociations prod"]
    );
}

#[tokio::test]
async fn a_target_role_is_named_and_not_judged() {
    let bed = Bed::new().await;
    bed.account("apps:pod", &[]);
    let association = PodIdentityAssociation {
        role_arn: format!("{BASE}pods"),
        target_role_arn: Some("arn:aws:iam::999988887777:role/target".to_owned()),
        ..PodIdentityAssociation::default()
    };
    bed.cloud.eks.give_by_pod_identity("apps:pod", association);
    let read = bed.read(json!({})).await;
    assert_eq!(read.verdict("pod"), (Some("pod_identity"), None));
    assert!(read.reason("pod").contains("role/target"));
}

#[tokio::test]
async fn the_provider_of_the_cluster_may_be_missing() {
    let bed = Bed::new().await;
    bed.annotated("apps:reader", &format!("{BASE}team/reader"));
    bed.cloud
        .iam
        .remove_provider(&format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"));
    let read = bed.read(json!({})).await;
    assert_eq!(read.verdict("reader"), (Some("irsa"), Some(false)));
    assert!(read.reason("reader").contains("has no OIDC provider"));
}
