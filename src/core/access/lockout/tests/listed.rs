//! Who has an access entry is known, what is in it is not; and what a judgement turns on.

use super::*;

const WHY: &str = "there is or may be an access entry, which was not read";
const USER: &str = "arn:aws:iam::111122223333:user/alice";

fn unread(roles: &str) -> ClusterView {
    ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        access_entries: Knowledge::Unreadable(WHY.to_owned()),
        ..view(roles)
    }
}

fn listed(arns: &[&str]) -> Circumstances {
    let arns = arns.iter().map(|arn| (*arn).to_owned());
    Circumstances {
        running: Vec::new(),
        listed: Some(Arc::new(ListedEntries::new(arns))),
        ..circumstances()
    }
}

#[test]
fn an_entry_that_stays_hides_its_principals_part_of_aws_auth() {
    let both = admin() + &glass();
    let hidden = listed(&["arn:aws:iam::111122223333:role/people/break-glass"]);
    let found = assess(&unread(&both), &unread(&admin()), &hidden);
    // Only what is in it tells whether it is older than its role, and then it hides nothing.
    let hidden_one = Principal::from_arn(GLASS);
    assert_eq!(found.undescribed, std::slice::from_ref(&hidden_one));
    for (created_at, wanted) in [
        (
            500,
            vec![(FindingId::ReducedAccess, Severity::Warning, GLASS)],
        ),
        (2000, vec![]),
    ] {
        let entry = AccessEntry {
            principal_arn: "arn:aws:iam::111122223333:role/people/break-glass".to_owned(),
            kind: "STANDARD".to_owned(),
            username: "break-glass".to_owned(),
            groups: Vec::new(),
            policies: Vec::new(),
            created_at: Some(created_at),
        };
        let roles = [("admins", 10), ("break-glass", 1000)];
        let roles = Roles::new(
            "111122223333",
            roles.map(|(name, at)| (name.to_owned(), at)),
        );
        let described = Circumstances {
            described: [(hidden_one.clone(), Some(entry))].into(),
            iam: IamPrincipals {
                roles: Knowledge::Known(roles),
                ..IamPrincipals::default()
            },
            ..hidden.clone()
        };
        let found = assess(&unread(&both), &unread(&admin()), &described);
        assert_eq!(ids(&found), wanted, "{created_at}");
    }
    // What is hidden is no administrator that is left for sure.
    let found = assess(&unread(&both), &unread(&glass()), &hidden);
    assert_eq!(
        ids(&found).first(),
        Some(&(FindingId::LastAdmin, Severity::Warning, ADMIN))
    );
    assert!(found.turns_on.who_is_left);
}

#[test]
fn nobody_outside_of_the_list_has_an_entry() {
    let both = admin() + &glass();
    let found = assess(&unread(&both), &unread(&admin()), &listed(&[NODES]));
    assert_eq!(
        ids(&found),
        [(FindingId::ReducedAccess, Severity::Warning, GLASS)]
    );
    assert!(found.turns_on.admins && !found.turns_on.who_is_left);
}

#[test]
fn one_in_masters_who_exists_is_enough_without_rbac() {
    let without_rbac = Circumstances {
        running: Vec::new(),
        rbac: Rbac::default(),
        ..circumstances()
    };
    let teams = item("arn:aws:iam::111122223333:role/ops", "ops", &["team"]);
    let both = admin() + &teams;
    let found = assess(&view(&both), &view(&admin()), &without_rbac);
    assert_eq!(
        found.turns_on,
        TurnsOn {
            admins: true,
            ..TurnsOn::default()
        }
    );
    let found = assess(&view(&both), &view(&teams), &without_rbac);
    assert!(found.turns_on.admins_of_rbac && found.turns_on.who_is_left);
}

#[test]
fn a_user_that_is_asked_for_exists_or_is_gone() {
    let data = |roles: &str| {
        BTreeMap::from([
            ("mapRoles".to_owned(), roles.to_owned()),
            (
                "mapUsers".to_owned(),
                format!("- userarn: {USER}\n  username: alice\n  groups: [system:masters]\n"),
            ),
        ])
    };
    let of = |roles: &str| ClusterView {
        aws_auth: Knowledge::Known(read(&data(roles))),
        ..view("[]")
    };
    let mut own = Circumstances {
        running: Vec::new(),
        ..circumstances()
    };
    let found = assess(&of(&admin()), &of("[]"), &own);
    assert_eq!(found.users, [Principal::from_arn(USER)]);
    let mut judged_as = |user: Knowledge<bool>| {
        own.iam.users = BTreeMap::from([(USER.to_owned(), user)]);
        let found = assess(&of(&admin()), &of("[]"), &own);
        assert_eq!(found.users, []);
        ids(&found)
            .first()
            .map(|(id, severity, _)| (*id, *severity))
    };
    let left = Some((FindingId::ReducedAccess, Severity::Warning));
    let gone = Some((FindingId::LastAdmin, Severity::Error));
    assert_eq!(judged_as(Knowledge::Known(true)), left);
    assert_eq!(judged_as(Knowledge::Known(false)), gone);
    assert_eq!(judged_as(Knowledge::Unreadable("no".to_owned())), left);
}

#[test]
fn what_the_api_server_says_counts_where_the_rules_know_of_no_way_to_write() {
    let acting = |may_write| Circumstances {
        acting: Some(ActingIdentity {
            principal: Some(Principal::from_arn(ADMIN)),
            is_admitted: Some(true),
            may_write,
            ..ActingIdentity::default()
        }),
        ..circumstances()
    };
    let with = |group: &str| view(&(glass() + &item(ADMIN, "admin", &[group])));
    let first = |may_write| {
        let found = assess(&with("editors"), &with("viewers"), &acting(may_write));
        assert!(found.turns_on.own_power);
        ids(&found).first().map(|(id, ..)| *id)
    };
    assert_eq!(first(Some(true)), Some(FindingId::RunningIdentity));
    assert_eq!(first(Some(false)), Some(FindingId::ReducedAccess));
}
