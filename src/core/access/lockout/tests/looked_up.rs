//! Users who may be left count only once IAM has them, by whatever they may mend the cluster.

use super::*;

const GHOST: &str = "arn:aws:iam::111122223333:user/ghost";

fn view_of(roles: &str, users: &str) -> ClusterView {
    let data = BTreeMap::from([
        ("mapRoles".to_owned(), roles.to_owned()),
        ("mapUsers".to_owned(), users.to_owned()),
    ]);
    ClusterView {
        aws_auth: Knowledge::Known(read(&data)),
        ..view("[]")
    }
}

fn in_group(name: &str) -> Subjects {
    Subjects {
        groups: BTreeSet::from([name.to_owned()]),
        ..Subjects::default()
    }
}

fn both(one: &str, other: &str) -> Subjects {
    Subjects {
        groups: BTreeSet::from([one.to_owned(), other.to_owned()]),
        ..Subjects::default()
    }
}

/// The last role that can become an administrator goes, and a user with another way stays.
fn assessed(circumstances: &Circumstances, group_of_user: &str) -> Assessment {
    let goes = item(GLASS, "binder", &["binders"]);
    let stays = format!("- {{userarn: '{GHOST}', username: g, groups: [{group_of_user}]}}\n");
    assess(
        &view_of(&goes, &stays),
        &view_of("[]", &stays),
        circumstances,
    )
}

#[test]
fn who_may_mend_the_cluster_is_looked_up_and_nobody_where_iam_has_no_such_user() {
    let ways = Circumstances {
        running: Vec::new(),
        nodes: Nodes::None,
        partition: Some(Partition::Aws),
        rbac: Rbac {
            may_become_admins: both("binders", "real"),
            can_become_admins: both("binders", "real"),
            is_readable: true,
            ..Rbac::default()
        },
        ..circumstances()
    };
    let writers = Circumstances {
        rbac: Rbac {
            may_become_admins: in_group("binders"),
            can_become_admins: in_group("binders"),
            aws_auth_writers: in_group("real"),
            is_readable: true,
            ..Rbac::default()
        },
        ..ways.clone()
    };
    for mut circumstances in [ways, writers] {
        let found = assessed(&circumstances, "real");
        assert_eq!(found.users, [Principal::from_arn(GHOST)]);
        for (exists, expected) in [(true, 0), (false, 1)] {
            circumstances.iam.users =
                BTreeMap::from([(GHOST.to_owned(), Knowledge::Known(exists))]);
            let found = assessed(&circumstances, "real");
            assert_eq!(found.users, []);
            assert_eq!(
                found.of_severity(Severity::Error).len(),
                expected,
                "{found:#?}"
            );
        }
        assert_eq!(assessed(&circumstances, "viewers").users, []);
    }
}
