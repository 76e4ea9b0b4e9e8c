use super::*;

fn users(items: &str) -> ClusterView {
    let data = BTreeMap::from([("mapUsers".to_owned(), items.to_owned())]);
    ClusterView {
        aws_auth: Knowledge::Known(read(&data)),
        ..view("[]")
    }
}

/// Somebody else acts, so that only who is left counts.
fn of_others() -> Circumstances {
    Circumstances {
        running: Vec::new(),
        nodes: Nodes::None,
        partition: Some(Partition::Aws),
        ..circumstances()
    }
}

/// What is said of the last admin when `role/admins` goes and the other items stay.
fn last_admin_with(others: &str, circumstances: &Circumstances) -> Option<Severity> {
    let (before, after) = (view(&(admin() + others)), view(others));
    assess(&before, &after, circumstances)
        .findings
        .iter()
        .find(|finding| finding.id == FindingId::LastAdmin)
        .map(|finding| finding.severity)
}

fn bound(subjects: Subjects) -> Rbac {
    Rbac {
        admins: subjects,
        is_readable: true,
        ..Rbac::default()
    }
}

fn named(name: &str) -> BTreeSet<String> {
    BTreeSet::from([name.to_owned()])
}

#[test]
fn case_05_user_or_group() {
    let developers = item("arn:aws:iam::111122223333:role/ops", "developer", &["dev"]);
    let by_user = Circumstances {
        rbac: bound(Subjects {
            users: named("dev"),
            ..Subjects::default()
        }),
        ..of_others()
    };
    assert_eq!(
        last_admin_with(&developers, &by_user),
        Some(Severity::Error)
    );
    let by_group = Circumstances {
        rbac: bound(Subjects {
            groups: named("dev"),
            ..Subjects::default()
        }),
        ..of_others()
    };
    assert_eq!(last_admin_with(&developers, &by_group), None);
}

#[test]
fn case_10_dead_admin_counts() {
    let role = |arn: &str| item(arn, "other", &["system:masters"]);
    for dead in [
        role("'arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_*'"),
        role("'arn:aws:iam::111122223333:role/adm?n'"),
        role("arn:aws:iam::111122223333:instance-profile/ops"),
        role("arn:aws:iam::111122223333:group/ops"),
        role("'arn:aws:iam::111122223333:role/ops '"),
        role("arn:aws-cn:iam::111122223333:role/ops"),
        role("arn:aws:iam::11112222333:role/ops"),
        role("ops"),
        role("arn:aws:iam::111122223333:role/teams/ops"),
        role("arn:aws:sts::111122223333:assumed-role/ops/eve"),
        role("arn:aws:iam::111122223333:role/left-the-company"),
        item(
            "arn:aws:iam::111122223333:role/ops",
            "{{EC2PrivateDNSName}}",
            &["system:masters"],
        ),
        item(
            "arn:aws:iam::111122223333:role/ops",
            "system:node:{{SessionName}}",
            &["system:masters"],
        ),
    ] {
        let said = last_admin_with(&dead, &of_others());
        assert_eq!(said, Some(Severity::Error), "{dead}");
    }
    let alive = role("arn:aws:iam::111122223333:role/ops");
    assert_eq!(last_admin_with(&alive, &of_others()), None);
}

#[test]
fn last_admin_is_a_role_that_is_gone() {
    let ghost = item(
        "arn:aws:iam::111122223333:role/left-the-company",
        "ghost",
        &["system:masters"],
    );
    assert_eq!(last_admin_with(&ghost, &of_others()), Some(Severity::Error));
    let gone = Circumstances {
        iam: IamPrincipals {
            gone: named("arn:aws:iam::111122223333:user/ghost"),
            ..all_exist()
        },
        ..of_others()
    };
    let ghost = "- {userarn: 'arn:aws:iam::111122223333:user/ghost', username: g, groups: [system:masters]}\n";
    let real = "- {userarn: 'arn:aws:iam::111122223333:user/real', username: r, groups: [system:masters]}\n";
    let found = assess(&users(&format!("{ghost}{real}")), &users(ghost), &gone);
    assert!(
        found
            .findings
            .iter()
            .any(|finding| finding.id == FindingId::LastAdmin)
    );
}

#[test]
fn whether_who_is_left_exists_is_said_where_it_was_not_looked_up() {
    let reason_with = |left: &str, circumstances: &Circumstances| {
        let other = item(left, "other", &["system:masters"]);
        let found = assess(&view(&(admin() + &other)), &view(&other), circumstances);
        found.findings.first().unwrap().clone()
    };
    let elsewhere = "arn:aws:iam::444455556666:role/audit";
    let said = reason_with(elsewhere, &of_others());
    assert_eq!(
        (said.id, said.severity),
        (FindingId::ReducedAccess, Severity::Warning)
    );
    assert!(
        said.reason.ends_with(
            "`arn:aws:iam::444455556666:role/audit` is left as an admin; whether it still exists cannot be seen from here"
        ),
        "{}",
        said.reason
    );
    let unlisted = Circumstances {
        iam: IamPrincipals {
            roles: Knowledge::Unreadable("`iam:ListRoles` is missing".to_owned()),
            ..IamPrincipals::default()
        },
        ..of_others()
    };
    let said = reason_with(GLASS, &unlisted);
    assert_eq!(said.severity, Severity::Warning);
    assert!(said.reason.ends_with("`iam:ListRoles` is missing"));
    let strict = Circumstances {
        unread: Unread::Against,
        ..unlisted
    };
    let said = reason_with(GLASS, &strict);
    assert_eq!(
        (said.id, said.severity),
        (FindingId::LastAdmin, Severity::Error)
    );
}

#[test]
fn case_17_user_in_two_spellings() {
    let ops = "arn:aws:iam::111122223333:user/ops";
    let admin = "- {userarn: 'arn:aws:iam::111122223333:user/Ops', username: ops-admin, groups: [system:masters]}\n";
    let viewer = "- {userarn: 'arn:aws:iam::111122223333:user/ops', username: ops-viewer, groups: [viewers]}\n";
    let circumstances = Circumstances {
        running: vec![Principal::from_arn(ops)],
        ..of_others()
    };
    let found = assess(
        &users(&format!("{admin}{viewer}")),
        &users(viewer),
        &circumstances,
    );
    let errors: Vec<FindingId> = found
        .of_severity(Severity::Error)
        .iter()
        .map(|finding| finding.id)
        .collect();
    assert_eq!(errors, [FindingId::RunningIdentity, FindingId::LastAdmin]);
}

#[test]
fn a_template_is_a_user_of_rbac_only_for_the_caller_whose_session_is_known() {
    let templated = item(GLASS, "dev:{{SessionName}}", &[]);
    let rbac = bound(Subjects {
        users: named("dev:alice"),
        ..Subjects::default()
    });
    let of_caller = |session_name: &str| Circumstances {
        running: vec![Principal::from_arn(GLASS)],
        acting: Some(ActingIdentity {
            principal: Some(Principal::from_arn(GLASS)),
            session: Some(CallerSession {
                session_name: session_name.to_owned(),
                ..CallerSession::default()
            }),
            ..ActingIdentity::default()
        }),
        rbac: rbac.clone(),
        ..of_others()
    };
    assert_eq!(last_admin_with(&templated, &of_caller("alice")), None);
    assert_eq!(
        last_admin_with(&templated, &of_caller("bob")),
        Some(Severity::Error)
    );
    let of_nobody = Circumstances {
        rbac,
        ..of_others()
    };
    assert_eq!(
        last_admin_with(&templated, &of_nobody),
        Some(Severity::Error)
    );
    let said = assess(
        &view(&(admin() + &templated)),
        &view(&templated),
        &of_nobody,
    );
    let reason = &said.findings.first().unwrap().reason;
    assert!(
        reason.ends_with("is left, which is no admin and may become one at most"),
        "{reason}"
    );
    let other = item(GLASS, "ops:{{SessionName}}", &[]);
    assert_eq!(last_admin_with(&other, &of_nobody), Some(Severity::Error));
}

#[test]
fn who_is_bound_by_the_name_of_a_listed_account_is_an_admin_that_is_left_or_goes() {
    let carol = "arn:aws:iam::444455556666:user/carol";
    let with_accounts = |roles: &str, accounts: &str| {
        let data = BTreeMap::from([
            ("mapRoles".to_owned(), roles.to_owned()),
            ("mapAccounts".to_owned(), accounts.to_owned()),
        ]);
        ClusterView {
            aws_auth: Knowledge::Known(read(&data)),
            ..view("[]")
        }
    };
    let circumstances = Circumstances {
        rbac: bound(Subjects {
            users: named(carol),
            ..Subjects::default()
        }),
        ..of_others()
    };
    let listed = "- '444455556666'\n";
    let stays = assess(
        &with_accounts(&admin(), listed),
        &with_accounts("[]", listed),
        &circumstances,
    );
    assert_eq!(
        ids(&stays),
        [(FindingId::ReducedAccess, Severity::Warning, ADMIN)]
    );
    let goes = assess(
        &with_accounts("[]", listed),
        &with_accounts("[]", "[]"),
        &circumstances,
    );
    assert_eq!(
        ids(&goes),
        [
            (FindingId::LastAdmin, Severity::Error, carol),
            (FindingId::ReducedAccess, Severity::Warning, "444455556666"),
            (FindingId::ReducedAccess, Severity::Warning, carol),
        ]
    );
}

#[test]
fn a_way_to_everything_counts_for_who_loses_it_and_not_for_who_is_left() {
    let binders = item(GLASS, "binder", &["binders"]);
    let rbac = Rbac {
        may_become_admins: Subjects {
            groups: named("binders"),
            ..Subjects::default()
        },
        is_readable: true,
        ..Rbac::default()
    };
    let circumstances = Circumstances {
        rbac,
        ..of_others()
    };
    assert_eq!(
        last_admin_with(&binders, &circumstances),
        Some(Severity::Error)
    );
    let goes = assess(&view(&binders), &view("[]"), &circumstances);
    assert_eq!(
        ids(&goes).first(),
        Some(&(FindingId::LastAdmin, Severity::Error, GLASS))
    );
}

#[test]
fn nodes_are_no_admins_that_are_left_whatever_rbac_may_say() {
    let unread = Circumstances {
        rbac: Rbac::default(),
        ..of_others()
    };
    assert_eq!(last_admin_with(&node(), &unread), Some(Severity::Error));
    let viewers = item(GLASS, "viewer", &["viewers"]);
    // Whether viewers are administrators RBAC would say.
    assert_eq!(last_admin_with(&viewers, &unread), Some(Severity::Error));
}

#[test]
fn who_may_be_left_is_said_not_to_be_looked_up_where_only_a_way_to_power_goes() {
    let binders = item(GLASS, "binder", &["binders"]);
    let ghost = item(
        "arn:aws:iam::111122223333:role/left-the-company",
        "ghost",
        &["system:masters"],
    );
    let unlisted = Circumstances {
        rbac: Rbac {
            may_become_admins: Subjects {
                groups: named("binders"),
                ..Subjects::default()
            },
            is_readable: true,
            ..Rbac::default()
        },
        iam: IamPrincipals {
            roles: Knowledge::Unreadable("`iam:ListRoles` is missing".to_owned()),
            ..IamPrincipals::default()
        },
        ..of_others()
    };
    let found = assess(&view(&(binders + &ghost)), &view(&ghost), &unlisted);
    assert_eq!(
        ids(&found),
        [(FindingId::ReducedAccess, Severity::Warning, GLASS)]
    );
    let reason = &found.findings.first().unwrap().reason;
    assert!(reason.ends_with("`iam:ListRoles` is missing"), "{reason}");
}

#[test]
fn whether_the_last_admin_that_goes_exists_is_said_where_it_was_not_looked_up() {
    let unlisted = Circumstances {
        iam: IamPrincipals {
            roles: Knowledge::Unreadable("`iam:ListRoles` is missing".to_owned()),
            ..IamPrincipals::default()
        },
        ..of_others()
    };
    let found = assess(&view(&admin()), &view("[]"), &unlisted);
    let first = found.findings.first().unwrap();
    assert_eq!(
        (first.id, first.severity),
        (FindingId::LastAdmin, Severity::Error)
    );
    assert!(
        first
            .reason
            .ends_with("whether it exists is not known: `iam:ListRoles` is missing"),
        "{}",
        first.reason
    );
    let listed = assess(&view(&admin()), &view("[]"), &of_others());
    assert!(!listed.findings.first().unwrap().reason.contains("exists"));
}

#[test]
fn writing_aws_auth_is_a_way_to_power_where_aws_auth_is_read() {
    let editor = item(ADMIN, "editor", &["editors"]);
    let binder = item(GLASS, "binder", &["binders"]);
    let circumstances = Circumstances {
        rbac: Rbac {
            may_become_admins: Subjects {
                groups: named("binders"),
                ..Subjects::default()
            },
            aws_auth_writers: Subjects {
                groups: named("editors"),
                ..Subjects::default()
            },
            is_readable: true,
            ..Rbac::default()
        },
        ..of_others()
    };
    let refused = |before: &ClusterView, after: &ClusterView| {
        let found = assess(before, after, &circumstances);
        found
            .findings
            .iter()
            .any(|finding| finding.id == FindingId::LastAdmin)
    };
    let both = view(&(editor.clone() + &binder));
    assert!(!refused(&both, &view(&editor)));
    assert!(!refused(&both, &view(&binder)));
    // It never was an administrator.
    assert!(!refused(&view(&editor), &view("[]")));
    assert!(refused(&view(&(admin() + &binder)), &view(&binder)));
    // Nobody reads aws-auth.
    let of_entries = |arns: &[(&str, &str)]| ClusterView {
        mode: AuthenticationMode::Api,
        access_entries: Knowledge::Known(
            arns.iter()
                .map(|(arn, group)| AccessEntry {
                    created_at: None,
                    principal_arn: (*arn).to_owned(),
                    kind: "STANDARD".to_owned(),
                    username: "somebody".to_owned(),
                    groups: vec![(*group).to_owned()],
                    policies: Vec::new(),
                })
                .collect(),
        ),
        ..view("[]")
    };
    let (editors, binders) = ((ADMIN, "editors"), (GLASS, "binders"));
    assert!(refused(
        &of_entries(&[editors, binders]),
        &of_entries(&[editors])
    ));
}

#[test]
fn who_only_could_write_aws_auth_is_not_missed_by_whoever_writes_it() {
    let editor = |arn: &str| item(arn, "editor", &["editors"]);
    let mut circumstances = of_others();
    circumstances.rbac.aws_auth_writers.groups = named("editors");
    circumstances.running = vec![Principal::from_arn(ADMIN)];
    circumstances.acting = Some(ActingIdentity {
        principal: Some(Principal::from_arn(ADMIN)),
        is_admitted: Some(true),
        may_write: Some(true),
        ..ActingIdentity::default()
    });
    let (before, after) = (
        view(&(editor(ADMIN) + &editor(GLASS))),
        view(&editor(ADMIN)),
    );
    let found = assess(&before, &after, &circumstances);
    assert_eq!(
        ids(&found),
        [(FindingId::ReducedAccess, Severity::Warning, GLASS)]
    );
    assert!(!found.turns_on.admins);
}

#[test]
fn an_account_is_no_person() {
    let with_accounts = |roles: &str| ClusterView {
        aws_auth: Knowledge::Known(read(&BTreeMap::from([
            ("mapRoles".to_owned(), roles.to_owned()),
            ("mapAccounts".to_owned(), "- '444455556666'\n".to_owned()),
        ]))),
        ..view("[]")
    };
    let circumstances = Circumstances {
        rbac: Rbac::default(),
        unread: Unread::Against,
        ..of_others()
    };
    let said = assess(
        &with_accounts(&admin()),
        &with_accounts("[]"),
        &circumstances,
    );
    let reason = &said.findings.first().unwrap().reason;
    assert!(
        reason.contains(
            "whether somebody of account `444455556666`, which is left, is an admin is not known"
        ),
        "{reason}"
    );
}
