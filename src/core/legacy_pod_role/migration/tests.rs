use std::collections::BTreeSet;

use serde_json::json;

use super::super::inventory::Inventory;
use super::super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::super::objects::{KubernetesObject, ObjectKind};
use super::super::scan::{Scan, ScanRequest};
use super::super::system::{LegacySystem, SetUp};
use super::*;

const BASE: &str = "arn:aws:iam::111122223333:role/";
const NODES: &str = "arn:aws:iam::111122223333:role/nodes";
const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A";

fn nodes() -> BTreeSet<String> {
    BTreeSet::from([NODES.to_owned()])
}

fn old_trust() -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": [NODES, "arn:aws:iam::111122223333:role/people"]}, "Action": "sts:AssumeRole"},
    ]})
}

fn web_identity(subject: &str) -> serde_json::Value {
    let issuer = "oidc.eks.eu-central-1.amazonaws.com/id/A";
    json!({"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals":
        {format!("{issuer}:aud"): "sts.amazonaws.com", format!("{issuer}:sub"): subject}}})
}

#[test]
fn a_trust_policy_is_taken_apart_and_nothing_of_others_is_lost() {
    let parts = TrustParts::of(&old_trust().to_string(), &nodes(), Some(PROVIDER));
    assert!(parts.ec2 && parts.has_old());
    assert_eq!(parts.node_role_arns, nodes());
    let [others] = parts.others.as_slice() else {
        panic!("{parts:?}")
    };
    assert!(
        others.contains("role/people") && !others.contains("role/nodes"),
        "{others}"
    );

    let conditional = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "7"}}}});
    let parts = TrustParts::of(&conditional.to_string(), &nodes(), None);
    assert_eq!(
        (parts.conditional.len(), parts.node_role_arns.len()),
        (1, 0)
    );

    let exact = json!({"Statement": [web_identity("system:serviceaccount:apps:web")]});
    let parts = TrustParts::of(&exact.to_string(), &nodes(), Some(PROVIDER));
    assert_eq!(
        parts.service_accounts,
        BTreeSet::from(["apps:web".to_owned()])
    );
    assert!(!parts.has_old() && parts.others.is_empty());
    for kept in [
        json!({"Effect": "Deny", "Principal": {"AWS": NODES}, "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "NotPrincipal": {"AWS": NODES}, "Action": "sts:AssumeRole"}),
        json!({"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": ["sts:AssumeRole", "sts:TagSession"]}),
        web_identity("repo:x"),
    ] {
        let policy = json!({"Statement": [kept]});
        let parts = TrustParts::of(&policy.to_string(), &nodes(), Some(PROVIDER));
        assert_eq!(parts.others, [kept.to_string()]);
    }
}

/// One Deployment with pods, of which so many were made with web identity.
fn scan(annotated: bool, pods: usize, new: usize) -> Scan {
    let mut inventory = Inventory::default();
    let role = format!("{BASE}reader");
    let mut add = |object: serde_json::Value| {
        let kind = ObjectKind::from_name(object["kind"].as_str().unwrap()).unwrap();
        let read = KubernetesObject::from_json(&object.to_string()).unwrap();
        inventory.add(kind, &read, None);
    };
    add(
        json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "apps"}, "spec": {"template": {
        "metadata": {"annotations": {"iam.amazonaws.com/role": "reader"}}, "spec": {"serviceAccountName": "web"}}}}),
    );
    let annotations = annotated.then(|| json!({"eks.amazonaws.com/role-arn": role}));
    add(
        json!({"kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "apps", "annotations": annotations}}),
    );
    for number in 0..pods {
        let env = (number < new).then(|| json!([{"name": "AWS_ROLE_ARN", "value": role}]));
        add(
            json!({"kind": "Pod", "metadata": {"name": format!("web-{number}"), "namespace": "apps", "annotations": {"iam.amazonaws.com/role": "reader"},
            "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
            "spec": {"serviceAccountName": "web", "containers": [{"env": env}]}}),
        );
    }
    Scan::of(&ScanRequest {
        inventory: &inventory,
        system: &LegacySystem::Kube2iam(Kube2iam {
            base_arn: BASE.to_owned(),
            default_role: String::new(),
            restriction: NamespaceRestriction::Off,
        }),
        set_up: SetUp::Known,
        account: None,
    })
}

fn migration(scan: Scan, new_trust: NewTrust) -> Migration {
    let proposal = scan.accounts[0].clone();
    let role = RoleProgress {
        role_arn: proposal.role_arn.clone(),
        facts: Some(RoleFacts {
            name: "reader".to_owned(),
            path: "/".to_owned(),
            description: "for ${all}".to_owned(),
            max_session_duration: 3600,
            trust: TrustParts::of(&old_trust().to_string(), &nodes(), Some(PROVIDER)),
            ..RoleFacts::default()
        }),
        problem: None,
        accounts: vec![AccountProgress {
            waiting: waiting(&scan, &proposal),
            proposal,
            new_trust,
        }],
    };
    Migration {
        scan,
        roles: vec![role],
        unread: Vec::new(),
    }
}

fn hcl(migration: &Migration, phase: Phase) -> String {
    configuration(&ConfigurationRequest {
        migration,
        phase,
        cluster: Some("prod"),
        node_roles: &nodes(),
        has_provider: true,
    })
}

#[test]
fn the_first_phase_lets_the_account_in_and_takes_nothing_away() {
    let migration = migration(scan(false, 2, 0), NewTrust::Refuses("no".to_owned()));
    let text = hcl(&migration, Phase::BothTrusts);
    for part in [
        "import {\n  to = eksauth_oidc_provider.this\n  id = \"prod\"\n}",
        "import {\n  to = eksauth_irsa_role.reader\n  id = \"reader\"\n}",
        "  description = \"for $${all}\"\n",
        "  service_accounts = [\"apps:web\"]\n  node_role_arns = [\"arn:aws:iam::111122223333:role/nodes\"]\n  ec2 = true\n",
        "\\\"arn:aws:iam::111122223333:role/people\\\"",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("eksauth_service_account"), "{text}");
    assert_eq!(text, hcl(&migration, Phase::BothTrusts));
}

#[test]
fn the_second_phase_names_the_accounts_that_are_let_in() {
    let admitted = migration(scan(false, 2, 0), NewTrust::Admits);
    let text = hcl(&admitted, Phase::Accounts);
    let account = "resource \"eksauth_service_account\" \"apps_web\" {\n  cluster_name = \"prod\"\n  namespace = \"apps\"\n  name = \"web\"\n  role_arn = \
                   eksauth_irsa_role.reader.arn\n}";
    assert!(
        text.contains(account) && text.contains("node_role_arns"),
        "{text}"
    );
    let refused = migration(
        scan(false, 2, 0),
        NewTrust::Refuses("the subject".to_owned()),
    );
    let text = hcl(&refused, Phase::Accounts);
    assert!(
        text.contains(
            "# Left out until the role lets it in (phase 1): the account `apps/web`: the subject"
        ),
        "{text}"
    );
}

#[test]
fn the_old_trust_goes_only_where_every_pod_has_its_role_by_the_new_way() {
    let ready = migration(scan(true, 2, 2), NewTrust::Admits);
    assert_eq!(ready.roles[0].state(), "ready for phase 3");
    let text = hcl(&ready, Phase::NewTrustOnly);
    assert!(
        !text.contains("node_role_arns") && !text.contains("ec2 = "),
        "{text}"
    );
    assert!(text.contains("role/people"), "{text}");
    let waiting = [
        (
            migration(scan(true, 2, 1), NewTrust::Admits),
            "1 pod of Deployment apps/web must be made anew",
        ),
        (
            migration(scan(false, 0, 0), NewTrust::Admits),
            "the account `apps/web` is not annotated yet",
        ),
        (
            migration(scan(true, 2, 2), NewTrust::Refuses("no".to_owned())),
            "the role does not let the account `apps/web` in: no",
        ),
        (
            migration(scan(true, 2, 2), NewTrust::Unknown("403".to_owned())),
            "is not known: 403",
        ),
    ];
    for (migration, why) in waiting {
        let text = hcl(&migration, Phase::NewTrustOnly);
        assert!(
            text.contains("# reader keeps the old trust:") && text.contains(why),
            "{text}"
        );
        assert!(text.contains("node_role_arns"), "{text}");
    }
    let unread = Migration {
        unread: vec!["pods".to_owned()],
        ..ready
    };
    let text = hcl(&unread, Phase::NewTrustOnly);
    assert!(text.contains("node_role_arns"), "{text}");
}

#[test]
fn the_report_says_how_far_each_role_is() {
    let text = report(&migration(scan(true, 2, 1), NewTrust::Admits));
    for part in [
        "1 workload with a role of kube2iam, 1 role, 0 of them done.",
        "| `arn:aws:iam::111122223333:role/reader` | `apps/web` | both trusts | 1 pod of Deployment apps/web must be made anew |",
        "`privilege.namespace_restriction_off`",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
