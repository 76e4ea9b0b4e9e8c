use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::fakes::{ACCOUNT, FakeCloud, FakeRole, active_cluster};
use crate::ports::IamApi;
use crate::ports::eks::PodIdentityAssociation;
use crate::ports::iam::{NewOidcProvider, Role};
use crate::ports::service_account::{AccountFields, AppliedFields, FIELD_MANAGER};

const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/A";

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A cluster with one node that has the agent, its OIDC provider and the role `reader`, which trusts the tokens of `apps:reader` and `apps:other`.
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
        bed.put_role(&[by_token()]);
        let labels = json!({"kubernetes.io/os": "linux"});
        bed.put(json!({"kind": "Node", "metadata": {"name": "one", "labels": labels}}));
        let agent =
            json!([{"kind": "DaemonSet", "name": "eks-pod-identity-agent", "controller": true}]);
        bed.put(json!({"kind": "Pod", "metadata": {"name": "agent", "namespace": "kube-system", "ownerReferences": agent},
            "spec": {"nodeName": "one"}}));
        bed
    }

    fn put(&self, object: Json) {
        self.cloud.kubernetes.put_object(object);
    }

    fn put_role(&self, statements: &[Json]) {
        let trust = json!({"Version": "2012-10-17", "Statement": statements});
        self.cloud.iam.put_role(FakeRole {
            role: Role {
                name: "reader".to_owned(),
                arn: role_arn("reader"),
                unique_id: "AROAREADER".to_owned(),
                path: "/".to_owned(),
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

    fn annotated(&self, manager: &str, name: &str, role: &str) {
        let applied = AppliedFields {
            namespace: "apps".to_owned(),
            name: name.to_owned(),
            fields: AccountFields {
                annotations: [("eks.amazonaws.com/role-arn".to_owned(), role.to_owned())].into(),
                ..AccountFields::default()
            },
            ..AppliedFields::default()
        };
        self.cloud.kubernetes.put_service_account(manager, &applied);
    }

    fn associated(&self, name: &str) {
        let association = PodIdentityAssociation {
            role_arn: role_arn("reader"),
            ..PodIdentityAssociation::default()
        };
        let account = format!("apps:{name}");
        self.cloud.eks.give_by_pod_identity(&account, association);
    }

    fn harness(&self) -> DataSourceHarness<PodIdentityMigrationDataSource> {
        let client = self.cloud.client(FakeCloud::settings());
        DataSourceHarness::new(PodIdentityMigrationDataSource, client)
    }

    async fn read(&self) -> PodIdentityMigrationModel {
        let config = json!({"cluster_name": "prod"});
        self.harness().read(config).await.unwrap().0
    }
}

fn by_token() -> Json {
    json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
        "Condition": {"StringEquals": {
            format!("{ISSUER}:sub"): ["system:serviceaccount:apps:reader", "system:serviceaccount:apps:other"],
            format!("{ISSUER}:aud"): "sts.amazonaws.com"}}})
}

fn pods() -> Json {
    json!({"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Principal": {"Service": "pods.eks.amazonaws.com"}})
}

/// Each account's name with its state, or why it stays.
fn told(read: &PodIdentityMigrationModel) -> Vec<String> {
    let accounts = read.service_accounts.known().unwrap().iter();
    let text = |attr: &Attr<String>| attr.known().cloned();
    accounts
        .map(|account| {
            let why = text(&account.reason_id).or_else(|| text(&account.state));
            format!("{} {}", text(&account.name).unwrap(), why.unwrap())
        })
        .collect()
}

#[tokio::test]
async fn schema_and_model_fit() {
    assert_eq!(Bed::new().await.harness().check(), Vec::<String>::new());
}

#[tokio::test]
async fn each_account_is_told_with_what_becomes_of_it() {
    let bed = Bed::new().await;
    bed.annotated("helm", "reader", &role_arn("reader"));
    bed.annotated("helm", "gone", &role_arn("gone"));
    bed.annotated("helm", "far", "arn:aws:iam::444455556666:role/far");
    bed.annotated("helm", "stranger", &role_arn("reader"));
    bed.annotated("eks", "other", &role_arn("reader"));
    let read = bed.read().await;
    assert_eq!(
        told(&read),
        [
            "far other_account",
            "gone role_gone",
            "other addon",
            "reader new",
            "stranger not_admitted"
        ]
    );
    assert_eq!(read.done, Attr::Known(false));
    assert_eq!(read.not_read, Attr::Known(Vec::new()));
    let reader = &read.service_accounts.known().unwrap()[3];
    let statement = reader.trust_statement.known().unwrap();
    assert!(
        statement.contains("\"aws:RequestTag/kubernetes-service-account\":\"reader\""),
        "{statement}"
    );
    let report = read.report.known().unwrap();
    assert!(report.contains("| `apps/reader` |"), "{report}");
}

#[tokio::test]
async fn what_can_go_follows_from_association_trust_and_pods() {
    let bed = Bed::new().await;
    bed.annotated(FIELD_MANAGER, "reader", &role_arn("reader"));
    bed.put_role(&[by_token(), pods()]);
    bed.associated("reader");
    let flags = |read: &PodIdentityMigrationModel| {
        let reader = &read.service_accounts.known().unwrap()[0];
        (
            reader.annotation_can_go.known().copied().unwrap(),
            reader.token_trust_can_go.known().copied().unwrap(),
        )
    };
    let env = json!([{"name": "AWS_ROLE_ARN", "value": role_arn("reader")}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]);
    bed.put(json!({"kind": "Pod", "metadata": {"name": "reader-0", "namespace": "apps"},
        "spec": {"serviceAccountName": "reader", "nodeName": "one", "containers": [{"image": "a", "env": env}]}}));
    assert_eq!(flags(&bed.read().await), (true, false));

    let bed = Bed::new().await;
    bed.annotated(FIELD_MANAGER, "reader", &role_arn("reader"));
    bed.put_role(&[by_token(), pods()]);
    bed.associated("reader");
    assert_eq!(flags(&bed.read().await), (true, true));
}

#[tokio::test]
async fn nothing_is_left_where_nothing_is_annotated() {
    let bed = Bed::new().await;
    bed.put_role(&[pods()]);
    bed.annotated(FIELD_MANAGER, "reader", "");
    bed.associated("reader");
    let read = bed.read().await;
    assert_eq!(told(&read), ["reader done"]);
    assert_eq!(read.done, Attr::Known(true));
}

#[tokio::test]
async fn what_may_not_be_read_is_named_and_moves_nobody() {
    for (action, expected, named) in [
        ("iam:ListRoles", "not_read", "`iam:ListRoles` is missing"),
        (
            "iam:GetOpenIDConnectProvider",
            "not_judged",
            "`iam:GetOpenIDConnectProvider` is missing",
        ),
        (
            "eks:ListPodIdentityAssociations",
            "not_read",
            "`eks:ListPodIdentityAssociations` is missing",
        ),
        ("list pods", "not_read", "`list pods` is missing"),
        ("list nodes", "not_read", "`list nodes` is missing"),
    ] {
        let bed = Bed::new().await;
        bed.annotated("helm", "reader", &role_arn("reader"));
        match action.split_once(' ') {
            Some((verb, resource)) => bed.cloud.kubernetes.deny(verb, resource),
            None => bed.cloud.deny(action),
        }
        let read = bed.read().await;
        assert_eq!(told(&read), [format!("reader {expected}")], "{action}");
        let not_read = format!("{:?}", read.not_read);
        assert!(not_read.contains(named), "{not_read}");
        assert_eq!(read.done, Attr::Known(false));
    }
}

#[tokio::test]
async fn accounts_that_may_not_be_listed_are_an_error() {
    let bed = Bed::new().await;
    bed.cloud.kubernetes.deny("list", "serviceaccounts");
    let config = json!({"cluster_name": "prod"});
    let refused = bed.harness().read(config).await.unwrap_err();
    let refused = refused.iter().next().unwrap();
    assert_eq!(refused.summary, "Cannot Read Service Accounts");
}
