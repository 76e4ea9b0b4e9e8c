//! What cannot move, and why.

use super::*;

fn id(migration: &PodIdentityMigration) -> &'static str {
    let obstacle = migration.accounts[0].obstacle();
    let obstacle = obstacle.unwrap_or_else(|| panic!("{:?}", migration.accounts[0]));
    assert!(obstacle.what_to_do.ends_with('.'), "{obstacle:?}");
    assert!(!obstacle.why.ends_with('.'), "{obstacle:?}");
    assert_eq!(migration.accounts[0].trust_statement, None);
    obstacle.id
}

fn reader() -> AccountFacts {
    by_irsa("apps:reader", &trust(&[by_token(&["apps:reader"])]))
}

#[test]
fn a_role_that_is_not_there_or_elsewhere_or_not_read_stays() {
    let account = || "444455556666".to_owned();
    for (role, expected) in [
        (RoleAnswer::NotARole, "no_role"),
        (RoleAnswer::OtherPartition, "other_partition"),
        (RoleAnswer::OtherAccount(account()), "other_account"),
        (
            RoleAnswer::OtherArn(ROLE.replace("role/", "role/x/")),
            "other_arn",
        ),
        (RoleAnswer::Gone, "role_gone"),
        (RoleAnswer::Unread("no right".to_owned()), "not_read"),
    ] {
        for association in [None, Some(association())] {
            let facts = AccountFacts {
                role: role.clone(),
                ..reader()
            };
            let facts = match association {
                Some(association) => with(facts, association),
                None => facts,
            };
            let migration = planned(&[facts]);
            assert_eq!(id(&migration), expected);
            assert_eq!(migration.is_uncertain(), expected == "not_read");
        }
    }
}

#[test]
fn an_association_that_says_something_else_or_is_an_add_ons_is_named() {
    let other = Association {
        role_arn: format!("{ROLE}-other"),
        ..Association::default()
    };
    let target = Association {
        target_role_arn: Some("arn:aws:iam::444455556666:role/far".to_owned()),
        ..association()
    };
    let addons = Association {
        owner_arn: Some("arn:aws:eks:eu-central-1:111122223333:addon/prod/vpc-cni/1".to_owned()),
        ..association()
    };
    for (association, expected, told) in [
        (other, "other_association", "reader-other"),
        (target, "other_association", "role/far"),
        (addons, "addon_association", "vpc-cni"),
    ] {
        let migration = planned(&[with(reader(), association)]);
        assert_eq!(id(&migration), expected);
        let why = &migration.accounts[0].obstacle().unwrap().why;
        assert!(why.contains(told), "{why}");
    }
    let unread = AccountFacts {
        association: AssociationAnswer::Unread("no right".to_owned()),
        ..reader()
    };
    assert_eq!(id(&planned(&[unread])), "not_read");
}

#[test]
fn an_add_ons_annotation_is_the_add_ons() {
    let others = ["eks".to_owned()].into();
    let facts = AccountFacts {
        annotation: Some(Annotation {
            is_own: false,
            others,
            ..annotation(ROLE)
        }),
        ..reader()
    };
    assert_eq!(id(&planned(&[facts])), "addon");
}

#[test]
fn whoever_gets_nothing_today_is_given_nothing() {
    let refused = AccountFacts {
        by_token: ByToken::Refuses("No statement names it.".to_owned()),
        ..reader()
    };
    assert_eq!(id(&planned(&[refused])), "not_admitted");
    let unknown = AccountFacts {
        by_token: ByToken::Unknown("Not known: no right.".to_owned()),
        ..reader()
    };
    let unknown = planned(&[unknown]);
    assert_eq!(id(&unknown), "not_judged");
    assert!(unknown.is_uncertain());
}

#[test]
fn a_denial_is_not_written_around() {
    let denial = json!({"Effect": "Deny", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:TagSession"});
    let policy = trust(&[by_token(&["apps:reader"]), denial]);
    assert_eq!(id(&planned(&[by_irsa("apps:reader", &policy)])), "denied");
    let invalid = by_irsa("apps:reader", "{\"Version\":");
    assert_eq!(id(&planned(&[invalid])), "denied");
    let untagged = Association {
        is_without_session_tags: true,
        ..association()
    };
    assert_eq!(id(&planned(&[with(reader(), untagged)])), "no_session_tags");
}

#[test]
fn pods_that_no_agent_serves_stay() {
    let linux = json!({"kubernetes.io/os": "linux"});
    let fargate = json!({"eks.amazonaws.com/compute-type": "fargate", "kubernetes.io/os": "linux"});
    let hybrid = json!({"eks.amazonaws.com/compute-type": "hybrid"});
    let auto = json!({"eks.amazonaws.com/compute-type": "auto"});
    let windows = json!({"kubernetes.io/os": "windows"});
    let here = json!({"nodeName": "here"});
    for (labels, pod, has_agent, expected) in [
        (&fargate, &here, false, Some("fargate")),
        (
            &linux,
            &json!({"schedulerName": "fargate-scheduler"}),
            true,
            Some("fargate"),
        ),
        (&windows, &here, true, Some("windows")),
        (
            &linux,
            &json!({"os": {"name": "windows"}}),
            true,
            Some("windows"),
        ),
        (
            &linux,
            &json!({"nodeSelector": {"kubernetes.io/os": "windows"}}),
            true,
            Some("windows"),
        ),
        (&hybrid, &here, false, Some("hybrid_node")),
        (&hybrid, &here, true, None),
        (&linux, &here, false, Some("no_agent")),
        (&linux, &here, true, None),
        (&linux, &json!({}), false, Some("no_agent")),
        (&auto, &here, false, None),
    ] {
        let mut survey = PodSurvey::default();
        node(&mut survey, "here", labels.clone());
        node(&mut survey, "there", json!({"kubernetes.io/os": "linux"}));
        if has_agent {
            agent_on(&mut survey, "here");
        }
        pod_of_reader(&mut survey, pod);
        for facts in [reader(), with(reader(), association())] {
            let migration = planned_with(&[facts], survey.clone());
            match expected {
                Some(expected) => assert_eq!(id(&migration), expected, "{labels} {pod}"),
                None => assert_eq!(migration.accounts[0].obstacle(), None, "{labels} {pod}"),
            }
        }
    }
}

#[test]
fn pods_that_could_not_be_read_move_nobody() {
    let unreadable = Knowledge::Unreadable("the pods could not be read: no right".to_owned());
    let migration = plan(&MigrationFacts {
        cluster: &cluster(),
        accounts: &[reader()],
        pods: &unreadable,
        unread: &["the roles could not be read".to_owned()],
    });
    assert_eq!(id(&migration), "not_read");
    assert_eq!(
        migration.unread,
        [
            "the roles could not be read",
            "the pods could not be read: no right"
        ]
    );
    assert!(!migration.is_done());
}
