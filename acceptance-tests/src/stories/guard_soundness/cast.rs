//! Everybody who can come in a world: roles with sessions of several names and an instance each, and users. Made once for all worlds.

use serde_json::json;

use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, access::Node},
        identity::Identity,
    },
    failure::{Failure, Outcome},
};

use super::aws_auth::{ENTRY_MARK, MARK};

/// Roles of the cluster's account.
pub(super) const ROLES: [&str; 7] = [
    "admins",
    "glass",
    "platform",
    "editors",
    "devs",
    "nodes",
    "more-nodes",
];
/// Users of the cluster's account.
pub(super) const USERS: [&str; 2] = ["ops", "erin"];
/// The user with whose keys Terraform runs where a role acts on Kubernetes.
const RUNNER: &str = "ci";

/// In which session somebody comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Session {
    /// A person of the role, by a name that anybody may choose.
    Alice,
    /// The same with another name.
    Bob,
    /// An EC2 instance with the role.
    Instance,
    /// A user has none.
    User,
}

/// Somebody who can come.
pub(super) struct Person {
    /// The ARN as the server compares it.
    pub(super) arn: String,
    pub(super) session: Session,
    pub(super) identity: Identity,
}

/// Everybody.
pub(super) struct Cast {
    pub(super) people: Vec<Person>,
    pub(super) runner: Identity,
    /// Those whose names say what the authenticator has read.
    marks: Vec<Identity>,
}

/// A role's ARN in the cluster's account.
pub(super) fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A user's ARN in the cluster's account.
pub(super) fn user(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

/// The role of another account.
pub(super) fn auditors() -> String {
    format!("arn:aws:iam::{OTHER_ACCOUNT}:role/auditors")
}

/// The user of another account, whom RBAC names by its ARN.
pub(super) fn carol() -> String {
    format!("arn:aws:iam::{OTHER_ACCOUNT}:user/carol")
}

impl Cast {
    /// Makes everybody in the emulator.
    pub(super) fn make(cloud: &Cloud) -> Outcome<Cast> {
        let mut people = Vec::new();
        for name in ROLES {
            let path = if name == "devs" { "/teams/" } else { "/" };
            add_role(cloud, &mut people, &role(name), &cloud.role(path, name)?)?;
        }
        let wanted = json!({"account": OTHER_ACCOUNT, "name": "auditors", "administrator": true});
        cloud.emulator().control("role", &wanted)?;
        add_role(cloud, &mut people, &auditors(), &auditors())?;
        for name in USERS {
            people.push(Person {
                arn: user(name),
                session: Session::User,
                identity: cloud.user(ACCOUNT, "/", name)?,
            });
        }
        people.push(Person {
            arn: carol(),
            session: Session::User,
            identity: cloud.user(OTHER_ACCOUNT, "/", "carol")?,
        });
        Ok(Cast {
            people,
            runner: cloud.user(ACCOUNT, "/", RUNNER)?,
            marks: vec![
                cloud.user(ACCOUNT, "/", MARK)?,
                cloud.user(ACCOUNT, "/", ENTRY_MARK)?,
            ],
        })
    }

    /// The user of a mark.
    pub(super) fn mark(&self, name: &str) -> Outcome<&Identity> {
        let found = self.marks.iter().find(|mark| mark.arn == user(name));
        found.ok_or_else(|| Failure::new(format!("there is no mark `{name}`")))
    }

    /// Every ARN once.
    pub(super) fn arns(&self) -> Vec<String> {
        let mut arns: Vec<String> = self
            .people
            .iter()
            .map(|person| person.arn.clone())
            .collect();
        arns.dedup();
        arns
    }
}

fn add_role(cloud: &Cloud, people: &mut Vec<Person>, arn: &str, with_path: &str) -> Outcome {
    for (session, name) in [(Session::Alice, "alice"), (Session::Bob, "bob")] {
        people.push(Person {
            arn: arn.to_owned(),
            session,
            identity: cloud.session(with_path, name)?,
        });
    }
    if arn.contains(ACCOUNT) {
        let Node { identity, .. } = cloud.node(with_path)?;
        people.push(Person {
            arn: arn.to_owned(),
            session: Session::Instance,
            identity,
        });
    }
    Ok(())
}
