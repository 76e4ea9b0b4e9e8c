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
        !text.contains("role/nodes") && !text.contains("ec2"),
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

#[test]
fn everything_that_an_import_answers_for_is_in_the_file() {
    let mut migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let facts = migration.roles[0].facts.as_mut().unwrap();
    facts.path = "/team/".to_owned();
    facts.max_session_duration = 7200;
    facts.permissions_boundary = Some("arn:aws:iam::111122223333:policy/edge".to_owned());
    facts.policy_arns = BTreeSet::from(["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()]);
    facts.inline_policies = BTreeMap::from([(
        "more".to_owned(),
        r#"{"Resource":"${aws:username}"}"#.to_owned(),
    )]);
    facts.tags = BTreeMap::from([
        ("aws:cloudformation:stack-name".to_owned(), "x".to_owned()),
        ("owner".to_owned(), "me".to_owned()),
    ]);
    for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
        let text = hcl(&migration, phase);
        for part in [
            "  path                 = \"/team/\"\n",
            "  max_session_duration = 7200\n",
            "  permissions_boundary = \"arn:aws:iam::111122223333:policy/edge\"\n",
            "  policy_arns          = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n",
            "  inline_policies = {\n    \"more\" = \"{\\\"Resource\\\":\\\"$${aws:username}\\\"}\"\n  }\n",
            "  tags = {\n    \"owner\" = \"me\"\n  }\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}

#[test]
fn nothing_opens_a_role_to_nodes_that_it_does_not_trust() {
    let mut migration = migration(scan(false, 2, 0), NewTrust::Admits);
    migration.roles[0].facts.as_mut().unwrap().trust = TrustParts::default();
    let text = hcl(&migration, Phase::BothTrusts);
    assert!(!text.contains("role/nodes"), "{text}");
}

#[test]
fn what_the_file_before_holds_is_held_by_every_later_one() {
    let before = migration(scan(false, 2, 0), NewTrust::Admits);
    let second = hcl(&before, Phase::Accounts);
    let held = Held::parse(&second).unwrap();
    let addresses: Vec<&str> = held.blocks.iter().map(|block| &*block.address).collect();
    let all = [
        "eksauth_irsa_role.reader",
        "eksauth_service_account.apps_web",
    ];
    assert_eq!(addresses, all);

    // Trust edited by hand, or going back a phase, or nothing that asks for it any more.
    let edited = migration(scan(true, 2, 2), NewTrust::Refuses("no".to_owned()));
    let gone = Migration {
        roles: Vec::new(),
        ..before.clone()
    };
    for later in [&edited, &gone, &before] {
        for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
            let printed = after(later, phase, &held);
            let again = Held::parse(&printed.text).unwrap();
            assert!(all.iter().all(|one| again.has(one)), "{}", printed.text);
        }
    }
    let printed = after(&gone, Phase::NewTrustOnly, &held);
    assert_eq!(printed.carried, all);
    assert!(
        held.blocks
            .iter()
            .all(|block| printed.text.contains(&block.text))
    );
}

#[test]
fn an_oidc_provider_that_a_phase_made_stays_in_the_file() {
    let migration = migration(scan(false, 2, 0), NewTrust::Admits);
    let first = configuration(&ConfigurationRequest {
        migration: &migration,
        phase: Phase::BothTrusts,
        cluster: Some("prod"),
        provider_arn: None,
        held: &Held::default(),
    });
    let held = Held::parse(&first.text).unwrap();
    assert!(held.has("eksauth_oidc_provider.this"));
    let second = after(&migration, Phase::Accounts, &held);
    assert!(
        Held::parse(&second.text)
            .unwrap()
            .has("eksauth_oidc_provider.this")
    );
    assert!(second.text.contains("= eksauth_oidc_provider.this.arn\n"));
    assert_eq!(second.carried, [] as [&str; 0]);
}

#[test]
fn a_file_before_that_no_phase_printed_is_refused() {
    let role = "resource \"eksauth_irsa_role\" \"a\" {\n  name = \"a\"\n}\n";
    assert!(Held::parse(&format!("# x\n\n{role}")).is_ok());
    for (text, error) in [
        (String::new(), HeldError::Empty),
        ("# only\n".to_owned(), HeldError::Empty),
        (format!("{role}locals {{}}\n"), HeldError::Line { line: 4 }),
        (
            role.replace("irsa_role", "cluster"),
            HeldError::Line { line: 1 },
        ),
        (
            format!("{role}{role}"),
            HeldError::Twice {
                address: "eksauth_irsa_role.a".to_owned(),
            },
        ),
        (
            role.trim_end_matches("}\n").to_owned(),
            HeldError::NoEnd {
                address: "eksauth_irsa_role.a".to_owned(),
            },
        ),
    ] {
        assert_eq!(Held::parse(&text), Err(error));
    }
}

#[test]
fn labels_follow_from_the_name_alone_and_none_is_shared() {
    let names = [
        "a-b", "a_b", "a.b", "A-b", "a_b__2", "x--a-2eb", "1a", "_1a", "+", "a=b",
    ];
    let labels: BTreeSet<String> = names.iter().map(|name| labels::of_role(name)).collect();
    assert_eq!(labels.len(), names.len(), "{labels:?}");
    assert_eq!(labels::of_role("a.b"), "x--a-2eb");
    let account = |namespace: &str, name: &str| {
        labels::of_account(&super::super::inventory::NamespacedName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    };
    let labels = [
        account("a", "b-c"),
        account("a-b", "c"),
        account("a", "b.c"),
        account("1", "a"),
    ];
    assert_eq!(labels, ["a_b-c", "a-b_c", "a_b_c", "_1_a"]);
}

#[test]
fn an_account_with_another_role_is_left_out_and_said_in_every_phase() {
    let mut migration = migration(scan(true, 2, 2), NewTrust::Admits);
    migration.roles[0].accounts[0].proposal.annotated_role = Some(format!("{BASE}other"));
    for phase in [Phase::BothTrusts, Phase::Accounts, Phase::NewTrustOnly] {
        let text = hcl(&migration, phase);
        assert!(!text.contains("resource"), "{text}");
        let told = left_out(&migration, phase).join("\n");
        assert!(
            told.contains("it is annotated with `arn:aws:iam::111122223333:role/other`"),
            "{told}"
        );
    }
}

#[test]
fn a_role_that_still_lets_the_nodes_in_is_not_done() {
    let mut migration = migration(scan(true, 2, 2), NewTrust::Admits);
    let root = json!({"Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}});
    migration.roles[0].facts.as_mut().unwrap().trust =
        TrustParts::of(&root.to_string(), &nodes(), Some(PROVIDER));
    assert_eq!(migration.roles[0].state(), "nodes still let in");
    assert!(!migration.is_done());
    let told = left_out(&migration, Phase::NewTrustOnly).join("\n");
    assert!(told.contains(":root` as well"), "{told}");
}
