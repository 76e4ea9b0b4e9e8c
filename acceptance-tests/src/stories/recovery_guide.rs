//! The guide "When you are locked out", lived through: every command of it is run, in its order, by whom it says.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use serde_json::Value;

use super::{
    by_hand::{CommandOutput, run},
    recovery::{added_and_removed, data},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        cluster::{Cluster, WhoAmI},
        identity::Identity,
        json::text,
        provider_under_test::built_provider,
        tools::room,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("recovery_guide": from_unauthorized_to_the_way_back_in);

const ADMINS: &str = "- rolearn: arn:aws:iam::111122223333:role/admins\n  username: admin\n  groups:\n    - system:masters\n";

/// The guide's commands that were not run yet, and the folder in which they run.
struct Guide<'a> {
    cloud: &'a Cloud,
    prod: &'a Cluster<'a>,
    commands: std::vec::IntoIter<String>,
    folder: tempfile::TempDir,
    /// What `NAME` stands for.
    copy: String,
}

impl<'a> Guide<'a> {
    fn open(cloud: &'a Cloud, prod: &'a Cluster<'a>) -> Outcome<Guide<'a>> {
        let page = fs::read_to_string(room().join("../docs/guides/when-you-are-locked-out.md"))?;
        let commands = page.lines().filter_map(|line| line.strip_prefix("$ "));
        let commands: Vec<String> = commands.map(str::to_owned).collect();
        let folder = tempfile::Builder::new()
            .prefix("guide-")
            .tempdir_in(cloud.folder())?;
        let programs: [(&str, PathBuf); 3] = [
            ("terraform-provider-eksauth", built_provider()?),
            ("kubectl", cloud.tools().kubectl.clone()),
            ("aws", cloud.tools().aws.clone()),
        ];
        for (name, path) in programs {
            symlink(fs::canonicalize(path)?, folder.path().join(name))?;
        }
        Ok(Guide {
            cloud,
            prod,
            commands: commands.into_iter(),
            folder,
            copy: String::new(),
        })
    }

    /// Runs the next command, which begins with `words`, as somebody.
    fn next(&mut self, who: &Identity, words: &str) -> Outcome<CommandOutput> {
        let command = self.commands.next().unwrap_or_default();
        expect(
            command.contains(words),
            format!("the guide's next command is `{command}` and not `{words}`"),
        )?;
        let command = command.replace("NAME", &self.copy);
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = self.cloud.plain("/bin/sh".as_ref());
        shell
            .current_dir(self.folder.path())
            .envs(who.environment())
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("AWS_ENDPOINT_URL", self.cloud.emulator().url())
            .env("AWS_REGION", REGION)
            .env("KUBECONFIG", self.prod.kubeconfig())
            .args(["-c", &command]);
        run(&mut shell, "")
    }
}

fn from_unauthorized_to_the_way_back_in(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let eve = cloud.assume(&cloud.role("/", "admins")?, "eve")?;
    let ops = cloud.user(ACCOUNT, "/", "ops")?;
    let mut all = data(ADMINS);
    let users = format!(
        "- userarn: {}\n  username: ops\n  groups: [system:masters]\n",
        ops.arn
    );
    all.insert("mapUsers".to_owned(), users);
    prod.put_aws_auth(&all)?;
    let admin = WhoAmI {
        username: "admin".into(),
        groups: vec!["system:masters".into()],
    };
    prod.wait_for_whoami(&eve, Some(&admin))?;
    added_and_removed(&Workspace::new(cloud)?, &prod)?;
    let mut guide = Guide::open(cloud, &prod)?;
    let (is_in, is_out) = (
        || prod.wait_for_whoami(&eve, Some(&admin)),
        || prod.wait_for_whoami(&eve, None),
    );

    // Somebody edits by hand, with a tab.
    prod.edit_aws_auth("mapRoles", |text| {
        text.replace("  username: admin", "\tusername: admin")
    })?;
    is_out()?;
    shut_out(&mut guide, &eve)?;
    guide.next(&ops, "lint")?.expect(1, "lockout.yaml_error")?;
    let creator = cloud.creator();
    guide
        .next(creator, "whoami")?
        .expect(0, "cluster-creator")?;
    guide
        .next(creator, "lint")?
        .expect(1, "lockout.yaml_error")?;
    guide.copy = newest_copy(&prod)?;
    let copy = guide.copy.clone();
    guide.next(creator, "restore")?.expect(0, &copy)?;
    guide
        .next(creator, "restore --cluster prod NAME")?
        .expect(1, "+  username: admin\n")?;
    is_out()?;
    guide.next(creator, "--yes NAME")?.expect(0, "put back")?;
    is_in()?;

    // Saved while it was good, then the entry is deleted by hand.
    guide.next(&eve, "kubectl get")?.expect(0, "")?;
    guide
        .next(&eve, "lint aws-auth.yaml")?
        .expect(0, "0 errors")?;
    delete_admins(&prod)?;
    is_out()?;
    guide
        .next(creator, "--file aws-auth.yaml")?
        .expect(0, "put back")?;
    is_in()?;
    delete_admins(&prod)?;
    is_out()?;
    guide
        .next(creator, "add role")?
        .expect(0, "+- rolearn: arn:aws:iam::111122223333:role/admins\n")?;
    is_in()?;
    delete_admins(&prod)?;
    is_out()?;
    by_access_entry(&mut guide, creator)?;
    // The bed's authenticator knows no access entries, so the last step in is by aws-auth again.
    prod.put_aws_auth(&all)?;
    is_in()?;
    guide.next(&eve, "whoami")?.expect(0, "system:masters")?;
    let left: Vec<String> = guide.commands.collect();
    expect(
        left.is_empty(),
        format!("commands of the guide that were not run: {left:?}"),
    )
}

/// What the one sees who is out.
fn shut_out(guide: &mut Guide<'_>, eve: &Identity) -> Outcome {
    guide
        .next(eve, "whoami")?
        .expect(1, "Someone who is in can map")?;
    let refused = guide.next(eve, "restore")?;
    expect(
        refused.code == Some(2),
        format!("it ended with {:?}", refused.code),
    )?;
    expect_parts(
        &refused.errors,
        &[
            "The Cluster Does Not Know Who You Are",
            "the cluster's creator. In mode CONFIG_MAP",
            "terraform-provider-eksauth restore --cluster prod --region eu-central-1",
            "--access-config authenticationMode=API_AND_CONFIG_MAP",
            "aws eks create-access-entry --cluster-name prod",
            "aws eks associate-access-policy --cluster-name prod",
        ],
    )
}

fn by_access_entry(guide: &mut Guide<'_>, creator: &Identity) -> Outcome {
    guide
        .next(creator, "update-cluster-config")?
        .expect(0, "API_AND_CONFIG_MAP")?;
    guide
        .next(creator, "create-access-entry")?
        .expect(0, "role/admins")?;
    guide
        .next(creator, "associate-access-policy")?
        .expect(0, "AmazonEKSAdminPolicy")?;
    guide
        .next(creator, "explain")?
        .expect(0, "AmazonEKSAdminPolicy")?;
    guide.next(creator, "delete-access-entry")?.expect(0, "")
}

fn delete_admins(prod: &Cluster<'_>) -> Outcome {
    prod.edit_aws_auth("mapRoles", |text| {
        text.replace("role/admins", "role/somebody-else")
    })
}

fn newest_copy(prod: &Cluster<'_>) -> Outcome<String> {
    let copies: Vec<Value> = prod.copies()?;
    let newest = copies
        .last()
        .ok_or_else(|| Failure::new("there is no copy"))?;
    text(newest, "metadata.name")
}
