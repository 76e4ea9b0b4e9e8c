use std::collections::BTreeSet;

use serde_json::json;

use super::super::inventory::Inventory;
use super::super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::super::objects::{KubernetesObject, ObjectKind};
use super::super::scan::{Scan, ScanRequest};
use super::super::system::{LegacySystem, SetUp};
use super::*;

mod held;
mod kept;

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
    let [mixed] = parts.mixed.as_slice() else {
        panic!("{parts:?}")
    };
    assert!(mixed.whole.contains("role/people") && mixed.whole.contains("role/nodes"));
    let rest = mixed.rest.clone().unwrap();
    assert!(rest.contains("role/people") && !rest.contains("role/nodes"));
    assert_eq!(
        parts.other_principals,
        BTreeSet::from([format!("{BASE}people")])
    );

    for more in [
        json!({"Condition": {"StringEquals": {"sts:ExternalId": "7"}}}),
        json!({"Sid": "Nodes"}),
        json!({"Action": ["sts:AssumeRole", "sts:TagSession"]}),
    ] {
        let mut old =
            json!({"Effect": "Allow", "Principal": {"AWS": NODES}, "Action": "sts:AssumeRole"});
        for (name, value) in more.as_object().unwrap() {
            old[name] = value.clone();
        }
        let parts = TrustParts::of(&json!({"Statement": old}).to_string(), &nodes(), None);
        let whole = OldStatement {
            whole: old.to_string(),
            rest: None,
        };
        assert_eq!((parts.mixed, parts.others), (vec![whole], Vec::new()));
    }

    let exact = json!({"Statement": [web_identity("system:serviceaccount:apps:web")]});
    let parts = TrustParts::of(&exact.to_string(), &nodes(), Some(PROVIDER));
    assert_eq!(
        parts.service_accounts,
        BTreeSet::from(["apps:web".to_owned()])
    );
    assert!(!parts.has_old() && parts.others.is_empty());
    let named = {
        let mut named = web_identity("system:serviceaccount:apps:web");
        named["Sid"] = json!("Web");
        named
    };
    for kept in [
        json!({"Effect": "Deny", "Principal": {"AWS": NODES}, "Action": "sts:AssumeRole"}),
        web_identity("repo:x"),
        named,
    ] {
        let policy = json!({"Statement": [kept]});
        let parts = TrustParts::of(&policy.to_string(), &nodes(), Some(PROVIDER));
        assert_eq!(parts.others, [kept.to_string()]);
        assert!(!parts.admits_nodes(), "{kept}");
    }
}

#[test]
fn what_lets_the_nodes_in_beside_others_is_kept_and_said() {
    for (kept, who) in [
        (json!({"Principal": "*", "Action": "sts:AssumeRole"}), "`*`"),
        (
            json!({"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
            "`*`",
        ),
        (
            json!({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}),
            "`arn:aws:iam::111122223333:root`",
        ),
        (
            json!({"Principal": {"AWS": "111122223333"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}),
            "`111122223333`",
        ),
        (
            json!({"NotPrincipal": {"AWS": NODES}, "Action": "sts:AssumeRole"}),
            "a `NotPrincipal`",
        ),
        (
            json!({"Principal": {"AWS": NODES}, "Action": "sts:Assume*"}),
            "`arn:aws:iam::111122223333:role/nodes`",
        ),
        (
            json!({"Principal": {"AWS": NODES}, "NotAction": "iam:*"}),
            "`arn:aws:iam::111122223333:role/nodes`",
        ),
    ] {
        let mut kept = kept;
        kept["Effect"] = json!("Allow");
        let policy = json!({"Statement": [kept]});
        let parts = TrustParts::of(&policy.to_string(), &nodes(), Some(PROVIDER));
        assert_eq!(parts.others, [kept.to_string()]);
        assert_eq!(parts.lasting, [who]);
        assert!(parts.admits_nodes() && !parts.has_old());
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
        let env = (number < new).then(|| json!([{"name": "AWS_ROLE_ARN", "value": role}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]));
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
            settings: RoleSettings {
                name: "reader".to_owned(),
                path: "/".to_owned(),
                description: "for ${all}".to_owned(),
                max_session_duration: 3600,
                ..RoleSettings::default()
            },
            trust: TrustParts::of(&old_trust().to_string(), &nodes(), Some(PROVIDER)),
        }),
        problem: None,
        accounts: vec![AccountProgress {
            waiting: waiting(&scan, &proposal),
            proposal,
            new_trust,
        }],
        kept_for: Vec::new(),
    };
    Migration {
        scan,
        roles: vec![role],
        unread: Vec::new(),
    }
}

fn hcl(migration: &Migration, phase: Phase) -> String {
    after(migration, phase, &Held::default()).text
}

fn after(migration: &Migration, phase: Phase, held: &Held) -> Configuration {
    configuration(&ConfigurationRequest {
        migration,
        phase,
        cluster: Some("prod"),
        provider_arn: Some(PROVIDER),
        held,
    })
}

#[test]
fn the_first_phase_lets_the_account_in_and_takes_nothing_away() {
    let migration = migration(scan(false, 2, 0), NewTrust::Refuses("no".to_owned()));
    let text = hcl(&migration, Phase::BothTrusts);
    for part in [
        "import {\n  to = eksauth_irsa_role.reader\n  id = \"reader\"\n}",
        "  description       = \"for $${all}\"\n",
        "  oidc_provider_arn = \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A\"\n",
        "  service_accounts  = [\"apps:web\"]\n",
        "  ec2               = true\n",
        "[\\\"arn:aws:iam::111122223333:role/nodes\\\",\\\"arn:aws:iam::111122223333:role/people\\\"]",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for part in ["eksauth_service_account", "eksauth_oidc_provider"] {
        assert!(!text.contains(part), "{text}");
    }
    assert_eq!(text, hcl(&migration, Phase::BothTrusts));
}

#[test]
fn the_second_phase_names_the_accounts_that_are_let_in() {
    let admitted = migration(scan(false, 2, 0), NewTrust::Admits);
    let text = hcl(&admitted, Phase::Accounts);
    let account = "resource \"eksauth_service_account\" \"apps_web\" {\n  cluster_name = \"prod\"\n  namespace    = \"apps\"\n  name         = \"web\"\n  role_arn     = \
                   eksauth_irsa_role.reader.arn\n}";
    assert!(
        text.contains(account) && text.contains("role/nodes"),
        "{text}"
    );
    let refused = migration(
        scan(false, 2, 0),
        NewTrust::Refuses("the subject".to_owned()),
    );
    let text = hcl(&refused, Phase::Accounts);
    assert!(
        text.contains(
            "# - the account `apps/web` is left out until the role lets it in (phase 1): the subject"
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
        !text.contains("role/nodes") && text.contains("  ec2               = true\n"),
        "{text}"
    );
    assert!(text.contains("role/people"), "{text}");
    let waiting = [
        (
            migration(scan(true, 2, 1), NewTrust::Admits),
            "1 pod of Deployment apps/web must be recreated",
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
            text.contains("role/reader` keeps the old trust: ") && text.contains(why),
            "{text}"
        );
        assert!(text.contains("role/nodes"), "{text}");
    }
    let unread = Migration {
        unread: vec!["pods".to_owned()],
        ..ready
    };
    let text = hcl(&unread, Phase::NewTrustOnly);
    assert!(text.contains("role/nodes"), "{text}");
}

#[test]
fn the_report_says_how_far_each_role_is() {
    let text = report(&migration(scan(true, 2, 1), NewTrust::Admits));
    for part in [
        "1 workload with a role of kube2iam, 1 role, 0 of them done.",
        "| `arn:aws:iam::111122223333:role/reader` | `apps/web` | both trusts | 1 pod of Deployment apps/web must be recreated |",
        "`privilege.namespace_restriction_off`",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}
