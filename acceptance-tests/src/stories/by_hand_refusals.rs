//! What `add` and `restore` refuse and warn of: what a resource refuses and warns of, before anything is written.

use std::fs;

use super::{
    by_hand::{CommandOutput, ours},
    lockout::{NODES, administered, pipeline},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        cluster::Cluster,
        identity::Identity,
    },
    failure::{Outcome, expect, expect_same},
};

stories!("by_hand":
    add_refuses_and_warns_as_the_resource_does,
    restore_asks_the_guard_and_says_what_comes_with_a_file,
);

/// `add role`, and whether aws-auth stays what it was.
struct Adding<'a> {
    cloud: &'a Cloud,
    prod: &'a Cluster<'a>,
    who: &'a Identity,
}

impl Adding<'_> {
    fn add(&self, rolearn: &str, more: &[&str]) -> Outcome<CommandOutput> {
        let add = ["add", "role", "--cluster", PROD, "--rolearn", rolearn];
        ours(self.cloud, self.who, &[&add, more].concat(), "")
    }

    fn refused(&self, rolearn: &str, more: &[&str], reason: &str) -> Outcome {
        for dry_run in [&["--dry-run"][..], &[]] {
            let before = self.prod.aws_auth_key("mapRoles")?;
            self.add(rolearn, &[more, dry_run].concat())?
                .expect(1, reason)?;
            expect_same("mapRoles", &before, &self.prod.aws_auth_key("mapRoles")?)?;
        }
        Ok(())
    }

    fn warned(&self, rolearn: &str, more: &[&str], warning: &str) -> Outcome {
        let said = self.add(rolearn, more)?;
        said.expect(0, &format!("+- rolearn: {rolearn}"))?;
        expect(said.errors.contains(warning), said.errors.clone())
    }
}

fn add_refuses_and_warns_as_the_resource_does(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let adding = Adding {
        cloud,
        prod: &prod,
        who: cloud.creator(),
    };
    let s2 = cloud.role("/", "s2")?;
    let chosen = [
        "--username",
        "{{SessionName}}",
        "--groups",
        "system:{{SessionName}}",
    ];
    adding.refused(&s2, &chosen, "Caller Chooses A Privileged Name")?;
    let china = format!("arn:aws-cn:iam::{ACCOUNT}:role/s2");
    adding.refused(&china, &["--username", "s2"], "Entry Of Another Partition")?;
    let reserved = ["--username", "system:admin", "--dry-run"];
    adding.warned(&s2, &reserved, "Username Of Kubernetes Itself")?;

    let plain = ["--username", "s2", "--dry-run"];
    let nope = s2.replace("role/s2", "role/nope");
    adding.warned(&nope, &plain, "Role Not There Yet")?;
    adding.add("foo", &plain)?.expect(2, "")?;
    let named = |name: &str| {
        let add = ["add", "role", "--rolearn", &s2, "--cluster", name];
        ours(
            cloud,
            cloud.creator(),
            &[&add, plain.as_slice()].concat(),
            "",
        )
    };
    let no_name = named("clusters/prod")?;
    no_name.expect(2, "")?;
    expect(
        no_name.errors.contains("is not a cluster's name"),
        no_name.errors.clone(),
    )?;
    named("nowhere")?.expect(2, "")?;
    let stranger = cloud.user(ACCOUNT, "/", "stranger")?;
    let outside = Adding {
        who: &stranger,
        ..adding
    };
    outside.add(&s2, &plain)?.expect(2, "")?;

    cloud.set_mode(PROD, Mode::Api)?;
    let adding = Adding {
        who: cloud.creator(),
        ..outside
    };
    adding.warned(&s2, &["--username", "s2"], "aws-auth Is Ignored")
}

fn restore_asks_the_guard_and_says_what_comes_with_a_file(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let user = pipeline(cloud, &prod)?;
    let users = prod.aws_auth_key("mapUsers")?;
    let before = prod.aws_auth_key("mapRoles")?;
    let file = cloud.folder().join("kept.json");
    let restore = |roles: &str, more: &[&str]| {
        let kept = serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {"mapRoles": roles, "mapUsers": users}});
        fs::write(&file, kept.to_string())?;
        let path = file.to_string_lossy().into_owned();
        let restore = ["restore", "--cluster", PROD, "--file", &path, "--yes"];
        ours(cloud, &user, &[&restore, more].concat(), "")
    };
    let refused = restore(NODES, &[])?;
    refused.expect(1, "The Last Cluster Admin Goes")?;
    refused.expect(1, "admin · system:masters  no access\n")?;
    refused.expect(1, "\nrefused; nothing was written\n")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;

    let s2 = format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/s2\n  username: s2\n  groups: ['system:{{{{SessionName}}}}']\n"
    );
    let with_s2 = format!("{before}{s2}");
    let restored = restore(&with_s2, &[])?;
    restored.expect(0, "New Text Has Findings")?;
    restored.expect(0, "privilege.caller_chosen_group")?;
    expect_same("mapRoles", &with_s2, &prod.aws_auth_key("mapRoles")?)?;

    let protect = format!("arn:aws:iam::{ACCOUNT}:role/s2");
    restore(&before, &["--protect", &protect])?.expect(1, "A Protected Principal Loses Access")?;
    expect_same("mapRoles", &with_s2, &prod.aws_auth_key("mapRoles")?)
}
