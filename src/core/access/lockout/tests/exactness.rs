//! What is no loss, or none that counts, is not refused.

use super::*;

const OPS: &str = "arn:aws:iam::111122223333:user/ops";
const CI: &str = "arn:aws:iam::111122223333:role/ci";

fn with_users(roles: &str, users: &[(&str, &str, &str)]) -> ClusterView {
    let users = users.iter().fold(String::new(), |text, (name, username, group)| {
        text + &format!(
            "- userarn: arn:aws:iam::111122223333:user/{name}\n  username: '{username}'\n  groups: [{group}]\n"
        )
    });
    let data = BTreeMap::from([
        ("mapRoles".to_owned(), roles.to_owned()),
        ("mapUsers".to_owned(), users),
    ]);
    ClusterView {
        aws_auth: Knowledge::Known(read(&data)),
        ..view("[]")
    }
}

fn acting_as(arn: &str) -> Circumstances {
    Circumstances {
        running: vec![Principal::from_arn(arn)],
        acting: Some(ActingIdentity {
            principal: Some(Principal::from_arn(arn)),
            is_admitted: Some(true),
            may_write: Some(true),
            is_admin: Some(false),
            ..ActingIdentity::default()
        }),
        ..circumstances()
    }
}

fn refused(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
) -> Vec<FindingId> {
    assess(before, after, circumstances)
        .of_severity(Severity::Error)
        .iter()
        .map(|finding| finding.id)
        .collect()
}

#[test]
fn a_user_with_the_name_of_an_instance_never_entered_and_loses_nothing() {
    let protected = Circumstances {
        protected: vec![Principal::from_arn(OPS)],
        ..circumstances()
    };
    let of_instance = ("ops", "system:node:{{EC2PrivateDNSName}}", "system:masters");
    let before = with_users(&admin(), &[of_instance]);
    let after = with_users(&admin(), &[]);
    assert_eq!(refused(&before, &after, &protected), []);
    let enters = with_users(&admin(), &[("ops", "ops", "viewers")]);
    assert_eq!(
        refused(&enters, &with_users(&admin(), &[of_instance]), &protected),
        [FindingId::ProtectedPrincipal]
    );
}

#[test]
fn who_only_might_become_an_admin_may_go_while_another_such_one_is_left() {
    let binder = |arn: &str| item(arn, "binder", &["binders"]);
    let circumstances = Circumstances {
        running: Vec::new(),
        rbac: Rbac {
            may_become_admins: Subjects {
                groups: BTreeSet::from(["binders".to_owned()]),
                ..Subjects::default()
            },
            is_readable: true,
            ..Rbac::default()
        },
        ..circumstances()
    };
    let both = view(&(binder(GLASS) + &binder(ADMIN)));
    assert_eq!(refused(&both, &view(&binder(GLASS)), &circumstances), []);
    assert_eq!(
        refused(&view(&binder(GLASS)), &view("[]"), &circumstances),
        [FindingId::LastAdmin]
    );
    // A group that has nothing to do with it goes.
    let more = view(&item(GLASS, "binder", &["binders", "viewers"]));
    assert_eq!(refused(&more, &view(&binder(GLASS)), &circumstances), []);
    assert_eq!(
        refused(
            &view(&(admin() + &binder(GLASS))),
            &view(&binder(GLASS)),
            &circumstances
        ),
        [FindingId::LastAdmin]
    );
}

#[test]
fn a_protected_principal_with_a_way_to_more_may_be_called_otherwise() {
    let protected = Circumstances {
        protected: vec![Principal::from_arn(GLASS)],
        rbac: Rbac {
            may_become_admins: Subjects {
                groups: BTreeSet::from(["binders".to_owned()]),
                ..Subjects::default()
            },
            is_readable: true,
            ..Rbac::default()
        },
        ..circumstances()
    };
    let named = |username: &str| view(&(admin() + &item(GLASS, username, &["binders"])));
    assert_eq!(refused(&named("old"), &named("new"), &protected), []);
}

#[test]
fn what_could_come_of_two_spellings_before_is_not_lost_where_it_may_still_come() {
    let mut circumstances = acting_as(OPS);
    circumstances
        .rbac
        .aws_auth_writers
        .groups
        .insert("editors".to_owned());
    let roles = admin();
    let [writer, viewer, other] = [
        ("ops", "writer", "editors"),
        ("Ops", "viewer", "viewers"),
        ("Ops", "other", "guests"),
    ];
    let before = with_users(&roles, &[writer, viewer]);
    assert_eq!(
        refused(
            &before,
            &with_users(&roles, &[writer, other]),
            &circumstances
        ),
        []
    );
    assert_eq!(
        refused(&before, &with_users(&roles, &[viewer]), &circumstances),
        [FindingId::RunningIdentity]
    );
    let sure = with_users(&roles, &[writer]);
    assert_eq!(
        refused(&sure, &before, &circumstances),
        [FindingId::RunningIdentity]
    );
}

#[test]
fn where_rbac_is_not_read_whoever_acts_is_the_admin_that_the_api_server_says() {
    let pipeline = item(CI, "pipeline", &["pipelines"]);
    let (before, after) = (view(&(admin() + &pipeline)), view(&pipeline));
    let mut circumstances = Circumstances {
        rbac: Rbac::default(),
        nodes: Nodes::None,
        ..acting_as(CI)
    };
    assert_eq!(
        refused(&before, &after, &circumstances),
        [FindingId::LastAdmin]
    );
    if let Some(acting) = &mut circumstances.acting {
        acting.is_admin = Some(true);
    }
    assert_eq!(refused(&before, &after, &circumstances), []);
}

#[test]
fn an_instance_that_acts_has_its_name_and_is_protected() {
    let nodes_role = item(NODES, "ci:{{EC2PrivateDNSName}}", &["system:masters"]);
    let mut circumstances = acting_as(NODES);
    if let Some(acting) = &mut circumstances.acting {
        acting.session = Some(CallerSession {
            account: "111122223333".to_owned(),
            session_name: "i-0123456789abcdef0".to_owned(),
            access_key_id: Default::default(),
        });
    }
    let before = view(&(admin() + &nodes_role));
    assert_eq!(
        refused(&before, &view(&admin()), &circumstances),
        [FindingId::RunningIdentity]
    );
}
