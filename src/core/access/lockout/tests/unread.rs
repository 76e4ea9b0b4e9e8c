use super::*;

const WHY: &str = "the access entries could not be read: `eks:ListAccessEntries` is missing";
const PIPELINE: &str = "arn:aws:iam::111122223333:role/ci";
const PLATFORM: &str = "arn:aws:iam::111122223333:role/ops";

fn unlisted(roles: &str) -> ClusterView {
    ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        access_entries: Knowledge::Unreadable(WHY.to_owned()),
        ..view(roles)
    }
}

fn acting_as(arn: &str, may_write: Option<bool>) -> Circumstances {
    Circumstances {
        running: vec![Principal::from_arn(arn)],
        acting: Some(ActingIdentity {
            principal: Some(Principal::from_arn(arn)),
            is_admitted: Some(true),
            may_write,
            ..ActingIdentity::default()
        }),
        nodes: Nodes::None,
        ..circumstances()
    }
}

fn strict(circumstances: Circumstances) -> Circumstances {
    Circumstances {
        unread: Unread::Against,
        ..circumstances
    }
}

#[test]
fn case_02_entries_unreadable() {
    let own = acting_as(ADMIN, Some(true));
    let found = assess(&unlisted(&admin()), &unlisted("[]"), &own);
    let first = found.findings.first().unwrap();
    assert_eq!(
        (first.id, first.severity),
        (FindingId::RunningIdentity, Severity::Error)
    );
    assert!(first.reason.contains("eks:ListAccessEntries"), "{first:?}");
    let unchanged = assess(&unlisted(&(admin() + &glass())), &unlisted(&admin()), &own);
    assert_eq!(
        ids(&unchanged),
        [
            (FindingId::LastAdmin, Severity::Warning, GLASS),
            (FindingId::Unreadable, Severity::Warning, GLASS)
        ]
    );
}

#[test]
fn entries_of_single_principals_decide_where_the_list_is_refused() {
    let mut own = acting_as(ADMIN, Some(true));
    own.described = BTreeMap::from([
        (Principal::from_arn(ADMIN), None),
        (Principal::from_arn(GLASS), None),
    ]);
    let both = admin() + &glass();
    assert_eq!(
        ids(&assess(&unlisted(&both), &unlisted(&admin()), &own)),
        [(FindingId::ReducedAccess, Severity::Warning, GLASS)]
    );
    let entry = AccessEntry {
        created_at: None,
        principal_arn: ADMIN.to_owned(),
        kind: "STANDARD".to_owned(),
        username: "admin".to_owned(),
        groups: Vec::new(),
        policies: vec![AccessPolicy {
            policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
                .to_owned(),
            namespaces: Vec::new(),
        }],
    };
    own.described
        .insert(Principal::from_arn(ADMIN), Some(entry));
    assert_eq!(
        ids(&assess(&unlisted(&both), &unlisted(&glass()), &own)),
        []
    );
}

#[test]
fn case_04_strict_without_rbac() {
    let rbac = Rbac::default();
    let pipeline = |groups: &[&str]| item(PIPELINE, "pipeline", groups);
    let platform = item(PLATFORM, "platform", &["platform-admins"]);
    let before = view(&(pipeline(&["aws-auth-editors"]) + &platform));
    let own = Circumstances {
        rbac,
        ..acting_as(PIPELINE, Some(true))
    };
    let without_platform = view(&pipeline(&["aws-auth-editors"]));
    let found = assess(&before, &without_platform, &strict(own.clone()));
    assert_eq!(
        ids(&found).first(),
        Some(&(FindingId::LastAdmin, Severity::Error, PLATFORM))
    );
    let found = assess(&before, &without_platform, &own);
    assert_eq!(
        ids(&found).first(),
        Some(&(FindingId::LastAdmin, Severity::Warning, PLATFORM))
    );
    let demoted = view(&(pipeline(&["viewers"]) + &platform));
    for circumstances in [own.clone(), strict(own.clone())] {
        let found = assess(&before, &demoted, &circumstances);
        assert_eq!(
            ids(&found).first(),
            Some(&(FindingId::RunningIdentity, Severity::Error, PIPELINE))
        );
    }
    let more = view(&(pipeline(&["aws-auth-editors", "viewers"]) + &platform));
    assert_eq!(ids(&assess(&before, &more, &own)), []);
}

#[test]
fn who_only_applies_later_is_said_not_to_be_judged() {
    let own = Circumstances {
        rbac: Rbac::default(),
        running: vec![Principal::from_arn(PIPELINE), Principal::from_arn(ADMIN)],
        ..acting_as(ADMIN, Some(true))
    };
    let with = |groups: &[&str]| view(&(admin() + &item(PIPELINE, "pipeline", groups)));
    let found = assess(&with(&["editors", "viewers"]), &with(&["viewers"]), &own);
    assert_eq!(
        ids(&found),
        [(FindingId::Unreadable, Severity::Warning, PIPELINE)]
    );
    let found = assess(&with(&["editors"]), &with(&["viewers"]), &strict(own));
    assert_eq!(
        ids(&found).first(),
        Some(&(FindingId::RunningIdentity, Severity::Error, PIPELINE))
    );
}

#[test]
fn what_the_api_server_says_of_single_users_stands_for_rbac_that_was_not_read() {
    let mut own = Circumstances {
        rbac: Rbac::default(),
        ..acting_as(ADMIN, Some(true))
    };
    own.protected = vec![Principal::from_arn(PIPELINE)];
    let with = |username: &str| view(&(admin() + &item(PIPELINE, username, &["editors"])));
    let (before, after) = (with("old"), with("new"));
    let users = assess(&before, &after, &own).unreviewed;
    let names: Vec<&str> = users.iter().map(|user| user.username.as_str()).collect();
    assert_eq!(names, ["new", "old"]);
    let mut judged_as = |old: Power, new: Power| {
        own.reviewed = users.iter().cloned().zip([new, old]).collect();
        let found = assess(&before, &after, &own);
        assert_eq!(found.unreviewed, []);
        ids(&found)
            .first()
            .map(|(id, severity, _)| (*id, *severity))
    };
    assert_eq!(
        judged_as(Power::WritesAwsAuth, Power::WritesAwsAuth),
        Some((FindingId::ReducedAccess, Severity::Warning))
    );
    assert_eq!(
        judged_as(Power::WritesAwsAuth, Power::Enters),
        Some((FindingId::ProtectedPrincipal, Severity::Error))
    );
}

#[test]
fn whose_access_entry_was_not_read_is_named_with_the_reason_where_it_may_be_the_admin_that_is_left()
{
    let mut own = acting_as(PIPELINE, Some(true));
    own.rbac
        .aws_auth_writers
        .groups
        .insert("editors".to_owned());
    own.described = BTreeMap::from([
        (Principal::from_arn(GLASS), None),
        (Principal::from_arn(PIPELINE), None),
    ]);
    let pipeline = item(PIPELINE, "pipeline", &["editors"]);
    let stays = pipeline + &item(PLATFORM, "platform", &["viewers"]);
    let found = assess(&unlisted(&(glass() + &stays)), &unlisted(&stays), &own);
    let first = found.findings.first().unwrap();
    assert_eq!(
        (first.id, first.severity),
        (FindingId::LastAdmin, Severity::Warning)
    );
    assert!(
        first.reason.ends_with(&format!(
            "whether `{PLATFORM}`, which is left, is an admin is not known: {WHY}"
        )),
        "{}",
        first.reason
    );
}

#[test]
fn rbac_is_named_where_it_would_say_whether_an_admin_goes() {
    let own = Circumstances {
        rbac: Rbac::default(),
        ..acting_as(ADMIN, Some(true))
    };
    let developer = item(PLATFORM, "developer", &["developers"]);
    let node_left = Circumstances {
        running: Vec::new(),
        acting: None,
        ..own
    };
    let found = assess(&view(&(node() + &developer)), &view(&node()), &node_left);
    let first = found.findings.first().unwrap();
    assert_eq!(first.id, FindingId::LastAdmin);
    assert!(
        first.reason.ends_with("because RBAC could not be read"),
        "{}",
        first.reason
    );
}

/// What could not be read counts against mode API, which cannot go back, though nobody asked for a strict judgement.
#[test]
fn a_mode_that_ignores_aws_auth_is_not_let_pass_on_a_guess() {
    let own = acting_as(PIPELINE, Some(true));
    let of_entries = unlisted(&admin());
    let unread = ClusterView {
        aws_auth: Knowledge::Unreadable("`get configmaps` is missing".to_owned()),
        access_entries: Knowledge::Known(Vec::new()),
        ..of_entries.clone()
    };
    let in_api = |view: &ClusterView| ClusterView {
        mode: AuthenticationMode::Api,
        ..view.clone()
    };
    for (before, why) in [
        (of_entries, "eks:ListAccessEntries"),
        (unread, "get configmaps"),
    ] {
        let found = assess(&before, &in_api(&before), &own);
        let grave = found.of_severity(Severity::Error);
        let of_mode = grave
            .iter()
            .find(|finding| finding.id == FindingId::Unreadable && finding.arn.is_empty());
        assert!(of_mode.unwrap().reason.contains(why), "{found:?}");
        assert_eq!(
            of_mode.unwrap().acknowledgement(),
            "prod:lockout.unreadable:"
        );
        let later = Circumstances {
            unread: Unread::Later,
            ..own.clone()
        };
        let on_files = assess(&before, &in_api(&before), &later);
        let is_of_mode = |finding: &&Finding| {
            finding.id == FindingId::Unreadable && finding.severity == Severity::Warning
        };
        assert!(on_files.findings.iter().any(|finding| is_of_mode(&finding)));
    }
    // The step before it takes nothing away.
    let before = ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Unreadable("no".to_owned()),
        access_entries: Knowledge::Known(Vec::new()),
    };
    let after = ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        ..before.clone()
    };
    assert!(
        assess(&before, &after, &own)
            .of_severity(Severity::Error)
            .is_empty()
    );
}
