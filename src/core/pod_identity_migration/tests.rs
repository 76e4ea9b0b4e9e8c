use serde_json::{Value, json};

use super::*;
use crate::legacy_pod_role::objects::KubernetesObject;

mod configurations;
mod obstacles;

const ARN: &str = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
const ISSUER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/A";
const ROLE: &str = "arn:aws:iam::111122223333:role/reader";

fn provider() -> String {
    format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}")
}

fn cluster() -> ClusterFacts {
    ClusterFacts {
        name: "prod".to_owned(),
        arn: ARN.to_owned(),
        account: "111122223333".to_owned(),
        provider_arn: Some(provider()),
    }
}

fn by_token(accounts: &[&str]) -> Value {
    let subjects = accounts
        .iter()
        .map(|name| format!("system:serviceaccount:{name}"));
    json!({"Effect": "Allow", "Principal": {"Federated": provider()}, "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {
        format!("{ISSUER}:aud"): "sts.amazonaws.com",
        format!("{ISSUER}:sub"): subjects.collect::<Vec<_>>(),
    }}})
}

fn pods() -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]})
}

fn trust(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn annotation(role_arn: &str) -> Annotation {
    Annotation {
        role_arn: role_arn.to_owned(),
        is_own: true,
        others: Default::default(),
    }
}

fn name(account: &str) -> NamespacedName {
    let (namespace, name) = account.split_once(':').unwrap();
    NamespacedName {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

/// An account that comes by its token.
fn by_irsa(account: &str, policy: &str) -> AccountFacts {
    AccountFacts {
        account: name(account),
        annotation: Some(annotation(ROLE)),
        association: AssociationAnswer::None,
        role: RoleAnswer::Found(policy.to_owned()),
        by_token: ByToken::Admits,
    }
}

fn association() -> Association {
    Association {
        role_arn: ROLE.to_owned(),
        ..Association::default()
    }
}

fn with(facts: AccountFacts, association: Association) -> AccountFacts {
    AccountFacts {
        association: AssociationAnswer::Found(Box::new(association)),
        ..facts
    }
}

fn object(object: &Value) -> KubernetesObject {
    KubernetesObject::from_json(&object.to_string()).unwrap()
}

fn node(survey: &mut PodSurvey, name: &str, labels: Value) {
    survey.add_node(&object(
        &json!({"metadata": {"name": name, "labels": labels}}),
    ));
}

fn agent_on(survey: &mut PodSurvey, node: &str) {
    let owner = json!({"kind": "DaemonSet", "name": "eks-pod-identity-agent", "controller": true});
    survey.add_pod(&object(&json!({"metadata": {"name": "agent", "namespace": "kube-system", "ownerReferences": [owner]},
        "spec": {"nodeName": node}})));
}

/// A pod of `apps:reader`, with what its spec has beside the account.
fn pod_of_reader(survey: &mut PodSurvey, more: &Value) {
    let mut spec = json!({"serviceAccountName": "reader", "containers": [{"image": "app"}]});
    spec.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    survey.add_pod(&object(
        &json!({"metadata": {"name": "reader-0", "namespace": "apps"}, "spec": spec}),
    ));
}

/// What the webhook of EKS sets for IRSA.
fn with_token() -> Value {
    let env = json!([{"name": "AWS_ROLE_ARN", "value": ROLE}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]);
    json!({"containers": [{"image": "app", "env": env}], "nodeName": "one"})
}

/// One node of Linux, with the agent.
fn one_node() -> PodSurvey {
    let mut survey = PodSurvey::default();
    node(&mut survey, "one", json!({"kubernetes.io/os": "linux"}));
    agent_on(&mut survey, "one");
    survey
}

fn planned_with(accounts: &[AccountFacts], pods: PodSurvey) -> PodIdentityMigration {
    plan(&MigrationFacts {
        cluster: &cluster(),
        accounts,
        pods: &Knowledge::Known(pods),
        unread: &[],
    })
}

fn planned(accounts: &[AccountFacts]) -> PodIdentityMigration {
    planned_with(accounts, one_node())
}

#[test]
fn an_annotated_account_gets_an_association_and_its_role_a_statement_for_it_alone() {
    let policy = trust(&[by_token(&["apps:reader"])]);
    let migration = planned(&[by_irsa("apps:reader", &policy)]);
    let account = &migration.accounts[0];
    assert_eq!(account.state(), "new");
    assert_eq!(
        account.trust_statement.as_deref(),
        Some(
            r#"{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:eks:eu-central-1:111122223333:cluster/prod"},"StringEquals":{"aws:RequestTag/kubernetes-namespace":"apps","aws:RequestTag/kubernetes-service-account":"reader","aws:SourceAccount":"111122223333"}}}"#
        )
    );
    assert_eq!(account.may_go, MayGo::default());
    assert_eq!(account.waiting, [] as [&str; 0]);
    assert_eq!(account.notes.len(), 2, "{:?}", account.notes);
    assert!(!migration.is_done() && !migration.has_begun() && !migration.is_uncertain());
}

#[test]
fn a_role_that_lets_pod_identity_in_needs_no_statement() {
    let policy = trust(&[by_token(&["apps:reader"]), pods()]);
    let migration = planned(&[by_irsa("apps:reader", &policy)]);
    assert_eq!(migration.accounts[0].trust_statement, None);
    assert_eq!(migration.accounts[0].state(), "new");
}

#[test]
fn the_annotation_goes_once_the_new_way_works_and_the_trust_once_no_pod_needs_it() {
    let lacking = trust(&[by_token(&["apps:reader"])]);
    let early = planned(&[with(by_irsa("apps:reader", &lacking), association())]);
    let account = &early.accounts[0];
    assert_eq!(
        (account.state(), account.may_go),
        ("both", MayGo::default())
    );
    assert_eq!(
        account.waiting,
        ["the role does not let Pod Identity in for it yet (phase 1)"]
    );

    let both = trust(&[by_token(&["apps:reader"]), pods()]);
    let facts = with(by_irsa("apps:reader", &both), association());
    let mut running = one_node();
    pod_of_reader(&mut running, &with_token());
    let running = planned_with(std::slice::from_ref(&facts), running);
    let account = &running.accounts[0];
    assert_eq!(
        account.may_go,
        MayGo {
            annotation: true,
            trust: false
        }
    );
    assert_eq!(
        account.waiting,
        [
            "1 pod came to the role by a token and must be made anew before the role stops trusting it"
        ]
    );
    let mut anew = one_node();
    pod_of_reader(&mut anew, &json!({"nodeName": "one"}));
    let anew = planned_with(&[facts], anew);
    let all = MayGo {
        annotation: true,
        trust: true,
    };
    assert_eq!(anew.accounts[0].may_go, all);
    assert!(anew.has_begun() && !anew.is_done());
}

#[test]
fn an_annotation_of_others_is_theirs_to_take_away_and_keeps_the_trust() {
    let both = trust(&[by_token(&["apps:reader"]), pods()]);
    let facts = with(by_irsa("apps:reader", &both), association());
    for (is_own, others, told) in [
        (false, vec!["helm"], "set by `helm`"),
        (true, vec!["helm", "kubectl"], "set by `helm` and `kubectl`"),
        (false, vec![], "nobody is known to hold"),
    ] {
        let facts = AccountFacts {
            annotation: Some(Annotation {
                is_own,
                others: others.into_iter().map(str::to_owned).collect(),
                ..annotation(ROLE)
            }),
            ..facts.clone()
        };
        let migration = planned(&[facts]);
        let account = &migration.accounts[0];
        assert_eq!(account.may_go, MayGo::default());
        assert!(account.waiting[0].contains(told), "{:?}", account.waiting);
    }
}

#[test]
fn without_annotation_what_is_left_is_the_trust_in_its_token() {
    let both = trust(&[by_token(&["apps:reader", "apps:other"]), pods()]);
    let facts = AccountFacts {
        annotation: None,
        ..with(by_irsa("apps:reader", &both), association())
    };
    let left = planned(std::slice::from_ref(&facts));
    assert_eq!(left.accounts[0].state(), "both");
    assert!(left.accounts[0].may_go.trust && !left.accounts[0].may_go.annotation);

    let pattern = AccountFacts {
        role: RoleAnswer::Found(trust(&[by_token(&["apps:other"]), pods()])),
        ..facts.clone()
    };
    let pattern = planned(&[pattern]);
    assert!(!pattern.accounts[0].may_go.trust && !pattern.is_done());
    assert!(pattern.accounts[0].waiting[0].contains("by a pattern"));

    let done = AccountFacts {
        role: RoleAnswer::Found(trust(&[by_token(&["apps:other"]), pods()])),
        by_token: ByToken::Refuses("No statement names it.".to_owned()),
        ..facts
    };
    let done = planned(&[done]);
    assert_eq!(done.accounts[0].state(), "done");
    assert!(done.is_done());
    assert_eq!(rows(&done), [] as [[String; 4]; 0]);
    assert!(report(&done).contains("Nothing is left to move."));
}

#[test]
fn a_trust_policy_that_grows_beyond_the_usual_quota_is_noted() {
    let many: Vec<String> = (0..60)
        .map(|number| format!("apps:account-{number:02}"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let policy = trust(&[by_token(&many)]);
    let migration = planned(&[by_irsa("apps:reader", &policy)]);
    let notes = &migration.accounts[0].notes;
    assert!(
        notes.iter().any(|note| note.contains("IAM takes 2048")),
        "{notes:?}"
    );
}

#[test]
fn nothing_that_was_read_breaks_a_table_of_the_report() {
    let odd = AccountFacts {
        annotation: Some(annotation("a|b\n# c")),
        role: RoleAnswer::NotARole,
        ..by_irsa("apps:reader", "{}")
    };
    let text = report(&planned(&[odd]));
    assert!(
        text.contains("| `apps/reader` | `a\\|b # c` | stays |"),
        "{text}"
    );
}
