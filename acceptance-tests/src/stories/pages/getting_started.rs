//! The guide "Getting started", block by block, as somebody whom the cluster lets in.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::{
    bed::{
        cloud::{Cloud, PROD},
        cluster::WhoAmI,
        provider_under_test::built_provider,
        terraform_cli::Product,
        tools::room,
        workspace::Workspace,
    },
    demo::kubectl_apply,
    failure::{Failure, Outcome, expect, expect_parts},
    page::{Block, Page},
};

/// What comes of a block.
enum Part {
    /// Not run: the bed has done it, or does it in the end.
    OfTheBed,
    /// Run in a shell and a folder of their own; what it says.
    Apart(&'static str),
    /// Run before every block after it.
    Kept,
    /// Run; what it says.
    Run(&'static [&'static str]),
    /// Run, and one command of it ends with another code than 0, as the page says; what it says.
    Differs(&'static [&'static str]),
    /// Run with Terraform 1.16 alone.
    Only116(&'static [&'static str]),
}

/// Every block of the guide, in its order.
const PARTS: &[Part] = &[
    Part::OfTheBed,
    Part::Kept,
    Part::Apart("CONFIG_MAP"),
    Part::Run(&["role/admins", "system:masters", "0 errors"]),
    Part::Run(&[]),
    Part::Run(&[
        "1 to import, 1 to add, 0 to change, 0 to destroy",
        "1 imported, 1 added",
    ]),
    Part::Only116(&[
        "1 to import, 1 to add, 0 to change, 0 to destroy",
        "1 imported, 1 added",
    ]),
    Part::Differs(&["role/platform", "No changes."]),
    Part::Run(&["platform-admins"]),
    Part::Run(&[
        "2 added, 0 changed, 0 destroyed",
        "eks.amazonaws.com/role-arn",
    ]),
    Part::Run(&["eksauth-first-reader"]),
    Part::Run(&["Destroy complete!"]),
    Part::Run(&["aws-auth-recovery-", "deleted"]),
    Part::OfTheBed,
];

pub(super) fn getting_started_is_followed(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    cloud.role("/teams/", "platform")?;
    let before = prod.aws_auth()?;
    let page = Page::read("docs/guides/getting-started.md")?;
    expect(
        page.blocks.len() == PARTS.len(),
        "the guide has another number of blocks than the story",
    )?;
    let mut follower = Follower::new(cloud)?;
    for (block, part) in page.blocks.iter().zip(PARTS) {
        follower
            .take(block, part)
            .map_err(|failure| failure.during(&page.place(block)))?;
    }
    expect(
        before == prod.aws_auth()?,
        "the guide left aws-auth other than it was",
    )
}

/// Somebody with one shell.
struct Follower<'a> {
    workspace: Workspace<'a>,
    /// Has their programs.
    programs: PathBuf,
    home: PathBuf,
    kubeconfig: PathBuf,
    is_116: bool,
    /// The blocks that set variables of the shell.
    kept: String,
}

impl<'a> Follower<'a> {
    fn new(cloud: &'a Cloud) -> Outcome<Follower<'a>> {
        let prod = cloud.cluster(PROD)?;
        let mut workspace = Workspace::with_init(cloud)?;
        let administrator = cloud.assume(&cloud.role("/", "admins")?, "reader")?;
        let known = WhoAmI {
            username: "admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
        };
        prod.wait_for_whoami(&administrator, Some(&known))?;
        workspace.act_as(&administrator);
        let home = workspace.path();
        workspace.set("HOME", &home.display().to_string());
        for (name, arguments) in [
            ("init", "-no-color -input=false"),
            ("plan", "-no-color -input=false"),
            ("apply", "-no-color -input=false -auto-approve"),
            ("destroy", "-no-color -input=false -auto-approve"),
        ] {
            workspace.set(&format!("TF_CLI_ARGS_{name}"), arguments);
        }
        let programs = workspace.path().join("../programs");
        fs::create_dir(&programs)?;
        let tools = cloud.tools();
        // The CLI itself, without what the bed puts before Terraform 1.16: the guide says what that one needs.
        for (name, program) in [
            ("terraform", &tools.terraform),
            ("kubectl", &tools.kubectl),
            ("aws", &tools.aws),
            ("terraform-provider-eksauth", &built_provider()?),
        ] {
            symlink(fs::canonicalize(program)?, programs.join(name))?;
        }
        Ok(Follower {
            workspace,
            programs,
            home,
            kubeconfig: prod.kubeconfig().to_owned(),
            is_116: tools.cli.product == Product::Terraform && tools.cli.minor == 16,
            kept: String::new(),
        })
    }

    fn take(&mut self, block: &Block, part: &Part) -> Outcome {
        let text = &block.text;
        match part {
            Part::OfTheBed => Ok(()),
            Part::Kept => {
                self.kept.push_str(text);
                Ok(())
            }
            Part::Apart(says) => {
                let said = self.run(text, &self.home, &self.home.join("kubeconfig"))?;
                expect_parts(&said.text, &[says])
            }
            Part::Only116(_) if !self.is_116 => Ok(()),
            // Its plan stops, and the next block is what helps.
            Part::Run(says) if self.is_116 && text.contains("-generate-config-out") => {
                let said = self.run(text, &self.folder(), &self.kubeconfig)?;
                expect(!said.succeeded && !says.is_empty(), said.text)
            }
            Part::Run(says) | Part::Only116(says) => self.expect(text, says, true),
            Part::Differs(says) => self.expect(text, says, false),
        }
    }

    /// Where the shell is: at home before it goes into the folder that the guide makes.
    fn folder(&self) -> PathBuf {
        let made = self.home.join("eksauth-first");
        if made.exists() {
            made
        } else {
            self.home.clone()
        }
    }

    fn expect(&self, text: &str, says: &[&str], is_strict: bool) -> Outcome {
        let text = match is_strict {
            true => format!("set -e\n{text}"),
            false => text.to_owned(),
        };
        let said = self.run(&text, &self.folder(), &self.kubeconfig)?;
        expect(said.succeeded, format!("it failed:\n{}", said.text))?;
        expect_parts(&said.text, says)
    }

    fn run(&self, text: &str, folder: &Path, kubeconfig: &Path) -> Outcome<Said> {
        let path = std::env::var("PATH").map_err(Failure::from)?;
        let mut shell = self.workspace.command("/bin/sh".as_ref());
        shell
            .args(["-c", &format!("{}{text}", self.kept)])
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env("KUBECONFIG", kubeconfig);
        let output = shell.output()?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok(Said {
            succeeded: output.status.success(),
            text,
        })
    }
}

/// What a block said.
struct Said {
    succeeded: bool,
    text: String,
}
