//! What the pages print, taken from the pages and unchanged: read by Terraform, and lived through where no other story does.
//!
//! The guides that `guides` and `recovery_guide` follow are not read here once more. The commands of the provider's own binary are parsed by
//! a test of `src/cli`, where their definition is.

mod completion;
mod exceptions;
mod getting_started;
mod install;

use self::{
    completion::{completed, is_configuration},
    exceptions::{LACKING, Lacks, UNREAD, UNREADABLE, Unread, Unreadable},
    getting_started::getting_started_is_followed,
    install::the_provider_is_installed_as_the_pages_say,
};
use super::{guides::is_followed, story::stories};
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        terraform_cli::CliVersion,
        tools::room,
        workspace::{Run, Workspace},
    },
    demo::kubectl_apply,
    failure::{Outcome, expect, expect_parts},
    page::{Block, Page},
};

stories!("pages":
    every_configuration_is_valid,
    the_first_example_is_applied_as_it_stands,
    repair_is_written_without_a_map,
    the_provider_is_installed_as_the_pages_say,
    getting_started_is_followed,
);

/// Where a block says nothing of where the provider comes from, the reader has this.
const VERSIONS: &str = "terraform {\n  required_providers {\n    eksauth = {\n      source = \"eksauth/eksauth\"\n    }\n  }\n}\n";

fn every_configuration_is_valid(cloud: &Cloud) -> Outcome {
    let mut count = 0;
    let pages = Page::all()?;
    let mut wrong = lines_for_no_block(&pages);
    for page in pages {
        if is_followed(&page.name) {
            continue;
        }
        for block in page.blocks.iter().filter(|block| is_configuration(block)) {
            count += 1;
            let judged = match block.text.starts_with("provider_installation") {
                true => cli_configuration_is_read(cloud, block),
                false => block_is_valid(cloud, &page, block),
            };
            if let Err(failure) = judged {
                wrong.push(failure.during(&page.place(block)).to_string());
            }
        }
    }
    expect(count > 30, format!("the pages have only {count} blocks"))?;
    expect(wrong.is_empty(), wrong.join("\n"))
}

/// The lines of the lists that no block of their page needs.
fn lines_for_no_block(pages: &[Page]) -> Vec<String> {
    let unneeded = |name: &str, says: &str| {
        let mut named = pages.iter().filter(|page| page.name == name);
        let is_there = named.any(|page| page.blocks.iter().any(|block| block.text.contains(says)));
        (!is_there).then(|| format!("no block of {name} says `{says}`, and the lists have it"))
    };
    let lacking = LACKING
        .iter()
        .filter_map(|one| unneeded(one.page, one.says));
    let unreadable = UNREADABLE
        .iter()
        .filter_map(|one| unneeded(one.page, one.says));
    lacking.chain(unreadable).collect()
}

/// Terraform reads the block as its own configuration.
fn cli_configuration_is_read(cloud: &Cloud, block: &Block) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.file("terraformrc", &block.text)?;
    let path = workspace.path().join("terraformrc");
    workspace.set("TF_CLI_CONFIG_FILE", &path.display().to_string());
    workspace.run(&["version"])?.succeeded().map(|_| ())
}

/// What the lists have of a block.
struct Known {
    lacks: Option<&'static Lacks>,
    unreadable: Option<&'static Unreadable>,
    unread: Option<&'static Unread>,
}

impl Known {
    fn of(page: &Page, text: &str, cli: CliVersion) -> Known {
        let is_it = |name: &str, says: &str| page.name == name && text.contains(says);
        Known {
            lacks: LACKING.iter().find(|one| is_it(one.page, one.says)),
            unreadable: UNREADABLE.iter().find(|one| is_it(one.page, one.says)),
            unread: unread(cli, text),
        }
    }
}

fn block_is_valid(cloud: &Cloud, page: &Page, block: &Block) -> Outcome {
    let texts = completed(page, block);
    let known = Known::of(page, &texts.concat(), cloud.tools().cli);
    let (files, reason) = known
        .lacks
        .map_or((&[][..], ""), |lacks| (lacks.files, lacks.reason));
    if let Some(unread) = known.unread {
        let told = validated(cloud, &texts, files)?;
        return fails_with(&told, unread.error, "this CLI does not read it");
    }
    if let Some(unreadable) = known.unreadable {
        let told = validated(cloud, &texts, files)?;
        return fails_with(&told, unreadable.error, unreadable.reason);
    }
    if !files.is_empty() {
        let alone = validated(cloud, &texts, &[])?;
        fails_with(&alone, "", reason)?;
    }
    validated(cloud, &texts, files)?.succeeded().map(|_| ())
}

/// Whether a text has something that this CLI does not read.
pub(super) fn is_unread(cli: CliVersion, text: &str) -> bool {
    unread(cli, text).is_some()
}

fn unread(cli: CliVersion, text: &str) -> Option<&'static Unread> {
    let mut all = UNREAD.iter();
    all.find(|one| text.contains(one.says) && one.clis.has(cli))
}

/// Fails where a block of one of the lists would pass.
fn fails_with(told: &Run, error: &str, reason: &str) -> Outcome {
    expect(
        told.code == Some(1),
        format!("it is valid, and the lists have it: {reason}"),
    )?;
    expect_parts(&format!("{}\n{}", told.output, told.errors), &[error])
}

fn validated(cloud: &Cloud, texts: &[String], files: &[(&str, &str)]) -> Outcome<Run> {
    let workspace = Workspace::new(cloud)?;
    for (number, text) in texts.iter().enumerate() {
        workspace.file(&format!("block-{number}.tf"), text)?;
    }
    if !texts
        .iter()
        .any(|text| text.contains("required_providers {"))
    {
        workspace.file("versions.tf", VERSIONS)?;
    }
    for (name, text) in files {
        workspace.file(name, text)?;
    }
    if files.iter().any(|(name, _)| name.contains('/')) {
        workspace.run(&["get", "-no-color"])?.succeeded()?;
    }
    workspace.run(&["validate", "-no-color"])
}

/// The README's example, which imports, makes and names everything that it needs.
fn the_first_example_is_applied_as_it_stands(cloud: &Cloud) -> Outcome {
    let (prod, readme) = (cloud.cluster(PROD)?, Page::read("README.md")?);
    kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
    // The reader's own policy, which the role gets.
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "route53:*", "Resource": "*"}]}"#;
    let create = [
        "iam",
        "create-policy",
        "--policy-name",
        "external-dns",
        "--policy-document",
        policy,
    ];
    cloud.aws_as(cloud.creator(), &create)?;
    let before = prod.aws_auth()?;
    let workspace = Workspace::new(cloud)?;
    let example = readme.block("terraform-provider-eksauth", "hcl")?;
    workspace.file("main.tf", &example.text)?;
    let plan = [
        "plan",
        "-no-color",
        "-input=false",
        "-generate-config-out=aws_auth.tf",
    ];
    workspace
        .run(&plan)?
        .succeeded()?
        .says(&["1 to import, 3 to add, 0 to change, 0 to destroy"])?;
    workspace
        .apply()?
        .says(&["1 imported, 3 added, 0 changed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect(
        before == prod.aws_auth()?,
        "destroying the example left aws-auth other than it was",
    )
}

/// What the page of the map shows for a document that cannot be read.
fn repair_is_written_without_a_map(cloud: &Cloud) -> Outcome {
    let (prod, page) = (
        cloud.cluster(PROD)?,
        Page::read("docs/resources/aws_auth.md")?,
    );
    let entry = "- rolearn: arn:aws:iam::111122223333:role/admins\n\tusername: admin\n  groups: [system:masters]\n";
    prod.put_aws_auth_key("mapRoles", entry)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&page.block("Repair", "terraform")?.text)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.contains("  username: admin") && !written.contains('\t'),
        format!("it was not repaired:\n{written}"),
    )?;
    workspace.destroy().map(|_| ())
}
