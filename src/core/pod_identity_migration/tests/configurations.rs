//! What the files of the phases hold.

use std::collections::BTreeMap;

use super::*;

/// The file of a phase after another one.
fn file(migration: &PodIdentityMigration, phase: Phase, before: &str) -> String {
    let held = match before {
        "" => Held::default(),
        before => Held::parse(before).unwrap(),
    };
    let settings = RoleSettings {
        name: "reader".to_owned(),
        path: "/".to_owned(),
        max_session_duration: 3600,
        ..RoleSettings::default()
    };
    let roles = printed_roles(migration, &held).into_iter();
    let roles: BTreeMap<String, RoleSettings> = roles.map(|arn| (arn, settings.clone())).collect();
    configuration(&PodIdentityConfigurationRequest {
        migration,
        phase,
        roles: &roles,
        held: &held,
    })
    .text
}

fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

const ACCOUNT: &str = "resource \"eksauth_service_account\" \"apps_reader\" {\n  cluster_name = \"prod\"\n  namespace    = \"apps\"\n  name         = \"reader\"\n  role_arn     = eksauth_irsa_role.reader.arn\n  audience     = \"sts.amazonaws.com\"\n}\n";

#[test]
fn phase_1_adds_and_phase_2_takes_away_what_the_file_before_holds() {
    let lacking = trust(&[by_token(&["apps:other", "apps:reader"])]);
    let first = file(
        &planned(&[by_irsa("apps:reader", &lacking)]),
        Phase::Both,
        ACCOUNT,
    );
    contains(
        &first,
        &[
            "phase 1 of 2",
            "import {\n  to = eksauth_irsa_role.reader\n  id = \"reader\"\n}\n",
            "  service_accounts       = [\"apps:other\", \"apps:reader\"]\n  pod_identity           = true\n",
            "  pod_identity_condition = \"{\\\"ArnEquals\\\":",
            "resource \"eksauth_pod_identity_association\" \"apps_reader\" {\n  cluster_name    = \"prod\"\n  namespace       = \"apps\"\n  service_account = \"reader\"\n  role_arn        = eksauth_irsa_role.reader.arn\n}\n",
            "import {\n  to = eksauth_service_account.apps_reader\n  id = \"prod/apps/reader\"\n}\n",
            ACCOUNT.trim_end_matches("}\n"),
        ],
    );
    assert!(!first.contains("to = eksauth_pod_identity_association"));

    assert!(
        first.contains("`migrate` again with --phase 2 and with this file as --previous"),
        "{first}"
    );

    let both = trust(&[by_token(&["apps:other", "apps:reader"]), pods()]);
    let facts = with(by_irsa("apps:reader", &both), association());
    let second = file(
        &planned(std::slice::from_ref(&facts)),
        Phase::PodIdentityOnly,
        &first,
    );
    contains(
        &second,
        &[
            "phase 2 of 2",
            "  service_accounts  = [\"apps:other\"]\n  pod_identity      = true\n",
            "import {\n  to = eksauth_pod_identity_association.apps_reader\n  id = \"prod/apps/reader\"\n}\n",
            "  name         = \"reader\"\n  audience     = \"sts.amazonaws.com\"\n}\n",
        ],
    );

    let gone = trust(&[by_token(&["apps:other"]), pods()]);
    let done = planned(&[AccountFacts {
        annotation: None,
        role: RoleAnswer::Found(gone),
        by_token: ByToken::Refuses("No statement names it.".to_owned()),
        ..facts
    }]);
    assert!(done.is_done());
    assert_eq!(file(&done, Phase::PodIdentityOnly, &second), second);
    assert_eq!(
        left_out(&done, Phase::PodIdentityOnly, &Held::default()),
        [] as [&str; 0]
    );
}

#[test]
fn the_same_state_of_things_is_the_same_file() {
    let both = trust(&[
        by_token(&["apps:reader"]),
        serde_json::from_str(
            &planned(&[by_irsa(
                "apps:reader",
                &trust(&[by_token(&["apps:reader"])]),
            )])
            .accounts[0]
                .trust_statement
                .clone()
                .unwrap(),
        )
        .unwrap(),
    ]);
    let lacking = trust(&[by_token(&["apps:reader"])]);
    let first = file(
        &planned(&[by_irsa("apps:reader", &lacking)]),
        Phase::Both,
        "",
    );
    let facts = with(by_irsa("apps:reader", &both), association());
    let again = file(&planned(&[facts]), Phase::Both, &first);
    let association = "import {\n  to = eksauth_pod_identity_association.apps_reader\n  id = \"prod/apps/reader\"\n}\n\n";
    assert_eq!(again.replace(association, ""), first);
}

#[test]
fn accounts_of_two_namespaces_get_a_statement_each_and_no_more() {
    let policy = trust(&[by_token(&["apps:reader", "apps:writer", "web:reader"])]);
    let accounts = ["apps:reader", "apps:writer", "web:reader"];
    let facts: Vec<AccountFacts> = accounts
        .iter()
        .map(|account| by_irsa(account, &policy))
        .collect();
    let text = file(&planned(&facts), Phase::Both, "");
    contains(
        &text,
        &[
            "\\\"aws:RequestTag/kubernetes-namespace\\\":\\\"apps\\\",\\\"aws:RequestTag/kubernetes-service-account\\\":[\\\"reader\\\",\\\"writer\\\"]",
            "  extra_statements = [\n    \"{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{\\\"Service\\\":\\\"pods.eks.amazonaws.com\\\"}",
            "\\\"aws:RequestTag/kubernetes-namespace\\\":\\\"web\\\",\\\"aws:RequestTag/kubernetes-service-account\\\":\\\"reader\\\"",
        ],
    );
    assert_eq!(text.matches("resource \"eksauth_irsa_role\"").count(), 1);
    assert_eq!(
        text.matches("eksauth_pod_identity_association\"").count(),
        3
    );
}

#[test]
fn what_stays_and_what_is_elsewhere_is_told_and_not_printed() {
    let gone = AccountFacts {
        role: RoleAnswer::Gone,
        ..by_irsa("apps:gone", "{}")
    };
    let both = trust(&[by_token(&["apps:reader"]), pods()]);
    let elsewhere = with(by_irsa("apps:reader", &both), association());
    let migration = planned(&[gone, elsewhere]);
    let told = left_out(&migration, Phase::PodIdentityOnly, &Held::default());
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("the account `apps/gone` stays with IRSA: there is no role"));
    assert!(told[1].contains("take `role_arn` out there"), "{told:?}");
    let text = file(&migration, Phase::PodIdentityOnly, "");
    contains(
        &text,
        &["# - the account `apps/gone` stays", "\"apps:reader\""],
    );
    assert!(!text.contains("apps_gone"), "{text}");
    assert!(!text.contains("eksauth_service_account\""), "{text}");
}

#[test]
fn an_association_is_imported_as_it_is() {
    let both = trust(&[by_token(&["apps:reader"]), pods()]);
    let own = Association {
        is_without_session_tags: true,
        policy: Some("{}".to_owned()),
        tags: [
            ("aws:x".to_owned(), "y".to_owned()),
            ("team".to_owned(), "apps".to_owned()),
        ]
        .into(),
        ..association()
    };
    let migration = planned(&[with(by_irsa("apps:reader", &both), own)]);
    contains(
        &file(&migration, Phase::Both, ""),
        &[
            "  disable_session_tags = true\n  policy               = \"{}\"\n  tags = {\n    \"team\" = \"apps\"\n  }\n",
        ],
    );
}

#[test]
fn roles_of_several_clusters_keep_what_others_need() {
    let other = json!({"Effect": "Allow", "Principal": {"Federated": provider().replace("id/A", "id/B")}, "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {
        format!("{}:aud", ISSUER.replace("id/A", "id/B")): "sts.amazonaws.com",
        format!("{}:sub", ISSUER.replace("id/A", "id/B")): "system:serviceaccount:apps:reader",
    }}});
    let policy = trust(&[by_token(&["apps:reader"]), other, pods()]);
    let facts = with(by_irsa("apps:reader", &policy), association());
    let first = file(&planned(std::slice::from_ref(&facts)), Phase::Both, ACCOUNT);
    contains(
        &first,
        &[
            "  trust = [\n    {\n      oidc_provider_arn = \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A\"\n      service_accounts  = [\"apps:reader\"]\n    },\n    {\n",
        ],
    );
    let second = file(&planned(&[facts]), Phase::PodIdentityOnly, &first);
    contains(
        &second,
        &["id/B\"\n  service_accounts  = [\"apps:reader\"]\n"],
    );
    assert!(!second.contains("id/A"), "{second}");
}
