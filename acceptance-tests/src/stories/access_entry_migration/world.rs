//! A cluster whose aws-auth has every kind of entry, and those who come by it.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::super::{
    bed_access_entries::{eks, who},
    examples,
};
use super::{HCL, migrate};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Node},
        cluster::{Cluster, WhoAmI, reviews::Attempt},
        identity::Identity,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_same},
};

/// What somebody may or may not do.
pub(super) struct Right {
    verb: &'static str,
    resource: &'static str,
    is_had: bool,
}

const fn may(verb: &'static str, resource: &'static str) -> Right {
    Right {
        verb,
        resource,
        is_had: true,
    }
}

const fn may_not(verb: &'static str, resource: &'static str) -> Right {
    Right {
        verb,
        resource,
        is_had: false,
    }
}

/// Somebody who comes by aws-auth, and as whom the API server knows them.
pub(super) struct Person {
    pub(super) session: Identity,
    pub(super) before: WhoAmI,
    pub(super) with_entry: WhoAmI,
    rights: [Right; 2],
}

/// By what somebody comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// aws-auth.
    AwsAuth,
    /// Access entries.
    AccessEntries,
}

pub(super) struct World<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) prod: Cluster<'a>,
    pub(super) people: Vec<Person>,
    pub(super) own_nodes: String,
    nodes: [Node; 2],
}

impl<'a> World<'a> {
    pub(super) fn new(cloud: &'a Cloud) -> Outcome<World<'a>> {
        let admins = cloud.role("/", "admins")?;
        World::with_admins(cloud, &admins)
    }

    /// The same where the role of administrators is there.
    pub(super) fn with_admins(cloud: &'a Cloud, admins: &str) -> Outcome<World<'a>> {
        let prod = cloud.cluster(PROD)?;
        let people = people(cloud, admins)?;
        let managed = cloud.role("/", "nodes")?;
        let group = ["create-nodegroup", "--nodegroup-name", "blue"];
        let made = ["--node-role", &managed, "--subnets", "subnet-1"];
        eks(cloud, &[group.as_slice(), &made].concat())?;
        let own_nodes = cloud.role("/self-managed/", "own-nodes")?;
        for group in ["devs", "viewers"] {
            prod.let_group_list_pods(group)?;
        }
        put_aws_auth(&prod)?;
        let world = World {
            nodes: [cloud.node(&managed)?, cloud.node(&own_nodes)?],
            cloud,
            prod,
            people,
            own_nodes,
        };
        world.everybody_comes(By::AwsAuth)?;
        Ok(world)
    }

    /// The example, with what the command prints for this cluster, which is what the example has.
    pub(super) fn write_example(&self, workspace: &Workspace<'_>) -> Outcome {
        let printed = migrate(self.cloud, &HCL)?;
        // Two entries stay.
        printed.expect(1, "resource \"eksauth_access_entry\" \"own-nodes\"")?;
        let example = "from-aws-auth-to-access-entries";
        expect_same(
            "the example's access entries",
            &printed.out,
            &examples::text(&format!("{example}/access-entries.tf"))?,
        )?;
        workspace.file("access-entries.tf", &printed.out)?;
        workspace.file("main.tf", &examples::text(&format!("{example}/main.tf"))?)
    }

    /// `kubectl auth whoami` and `can-i` as each of them, and the nodes under their names.
    pub(super) fn everybody_comes(&self, by: By) -> Outcome {
        for person in &self.people {
            let expected = match by {
                By::AwsAuth => &person.before,
                By::AccessEntries => &person.with_entry,
            };
            self.prod
                .wait_for_admission(&person.session, Some(expected))?;
            let token = self.prod.fresh_token(&person.session)?;
            let seen = self.prod.whoami_with(&token)?;
            expect(
                seen.as_ref() == Some(expected),
                format!("kubectl auth whoami as {}: {seen:?}", person.session.arn),
            )?;
            self.rights_are_had(person)?;
        }
        self.nodes_come()
    }

    /// The same of everybody, whichever of the two lets them in by now. The authenticator hears of another mode a moment later, and may refuse somebody just then.
    pub(super) fn nobody_is_out(&self) -> Outcome {
        for person in &self.people {
            let known = [Some(&person.before), Some(&person.with_entry)];
            let mut seen = self.prod.admission(&person.session)?;
            let began = Instant::now();
            while !known.contains(&seen.who()) && began.elapsed() < Duration::from_secs(5) {
                thread::sleep(Duration::from_millis(100));
                seen = self.prod.admission(&person.session)?;
            }
            expect(
                known.contains(&seen.who()),
                format!("{} is {seen:?}", person.session.arn),
            )?;
        }
        self.nodes_come()
    }

    fn rights_are_had(&self, person: &Person) -> Outcome {
        for right in &person.rights {
            let attempt = Attempt {
                verb: right.verb,
                resource: right.resource,
                ..Attempt::default()
            };
            self.prod
                .wait_for_decision(&person.session, &attempt, right.is_had)?;
            let token = self.prod.fresh_token(&person.session)?;
            let asked = ["auth", "can-i", right.verb, right.resource, "-A"];
            // `no` is exit code 1 without an error.
            let answer = match self.prod.kubectl_with(&token, &asked) {
                Ok(printed) => printed.trim() == "yes",
                Err(failure) if !failure.to_string().contains("rror") => false,
                Err(failure) => return Err(failure),
            };
            expect(
                answer == right.is_had,
                format!(
                    "can-i {} {} as {}: {answer}",
                    right.verb, right.resource, person.session.arn
                ),
            )?;
        }
        Ok(())
    }

    fn nodes_come(&self) -> Outcome {
        for node in &self.nodes {
            let name = format!("system:node:{}", node.private_dns_name);
            let seen = self.prod.admission(&node.identity)?;
            let seen = seen
                .who()
                .ok_or_else(|| Failure::new(format!("{name} is out: {seen:?}")))?;
            // Bootstrap tokens are not used: the group of nodes is what counts.
            expect(
                seen.username == name && seen.groups.iter().any(|group| group == "system:nodes"),
                format!("{name} is {seen:?}"),
            )?;
        }
        Ok(())
    }
}

/// Whoever moves.
fn people(cloud: &Cloud, admins: &str) -> Outcome<Vec<Person>> {
    let devs = cloud.role("/teams/dev/", "devs")?;
    let auditors = cloud.role("/", "auditors")?;
    let basic = cloud.role("/", "basic")?;
    let set = "AWSReservedSSO_Viewer_0123456789abcdef";
    let set = cloud.role("/aws-reserved/sso.amazonaws.com/eu-central-1/", set)?;
    let same = |session: Identity, known: WhoAmI, rights| Person {
        session,
        with_entry: known.clone(),
        before: known,
        rights,
    };
    let views = || [may("list", "pods"), may_not("delete", "pods")];
    let has_none = || [may_not("list", "pods"), may_not("delete", "pods")];
    let carl = cloud.user(ACCOUNT, "/people/", "carl")?;
    Ok(vec![
        Person {
            session: cloud.session(admins, "ada")?,
            before: who("admin", &["system:masters", "audit"]),
            with_entry: who("admin", &["audit"]),
            rights: [may("list", "pods"), may("delete", "nodes")],
        },
        same(
            cloud.session(&devs, "eve")?,
            who("dev:eve", &["devs"]),
            views(),
        ),
        Person {
            session: cloud.session(&auditors, "bob")?,
            before: who("system:auditors", &["auditors"]),
            with_entry: who(
                &format!("arn:aws:sts::{ACCOUNT}:assumed-role/auditors/bob"),
                &["auditors"],
            ),
            rights: has_none(),
        },
        same(
            cloud.session(&set, "zoe")?,
            who("sso:zoe", &["viewers"]),
            views(),
        ),
        same(carl, who("carl", &["devs"]), views()),
        // Stays in aws-auth.
        same(
            cloud.session(&basic, "joe")?,
            who("basic", &["system:basic-user"]),
            has_none(),
        ),
    ])
}

fn put_aws_auth(prod: &Cluster<'_>) -> Outcome {
    let node = "system:node:{{EC2PrivateDNSName}}";
    let node_groups = ["system:bootstrappers", "system:nodes"];
    let roles = [
        item("admins", "admin", &["system:masters", "audit"]),
        item("devs", "overwritten", &["nobody"]),
        item("devs", "dev:{{SessionName}}", &["devs"]),
        item("auditors", "system:auditors", &["auditors"]),
        item(
            "AWSReservedSSO_Viewer_0123456789abcdef",
            "sso:{{SessionName}}",
            &["viewers"],
        ),
        item("nodes", node, &node_groups),
        item("own-nodes", node, &node_groups),
        item("basic", "basic", &["system:basic-user"]),
        item("gone", "gone", &["devs"]),
    ];
    let user = format!("arn:aws:iam::{ACCOUNT}:user/people/carl");
    let users = format!("- userarn: {user}\n  username: carl\n  groups: [devs]\n");
    prod.put_aws_auth(
        &[
            ("mapRoles", roles.concat()),
            ("mapUsers", users),
            ("mapAccounts", "- '444455556666'\n".to_owned()),
        ]
        .map(|(key, text)| (key.to_owned(), text))
        .into(),
    )
}

pub(super) fn item(name: &str, username: &str, groups: &[&str]) -> String {
    let list: Vec<String> = groups.iter().map(|group| format!("'{group}'")).collect();
    format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/{name}\n  username: '{username}'\n  groups: [{}]\n",
        list.join(", ")
    )
}
