//! The provider and the command line, put onto a machine by the commands of the pages.

use std::{fs, os::unix::fs::symlink};

use crate::{
    bed::{
        cloud::Cloud, command::succeeded, plugin_mirror::platform,
        provider_under_test::built_provider, terraform_cli::Product, workspace::Workspace,
    },
    failure::{Outcome, expect},
    page::Page,
};

/// The commands that put the provider where Terraform looks for it, in a home of their own; `init` finds it there, and the page's own example is valid with it.
pub(super) fn the_provider_is_installed_as_the_pages_say(cloud: &Cloud) -> Outcome {
    for name in ["README.md", "docs/index.md"] {
        install(cloud, &Page::read(name)?).map_err(|failure| failure.during(name))?;
    }
    Ok(())
}

fn install(cloud: &Cloud, page: &Page) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    let clone = workspace.path().join("clone");
    fs::create_dir_all(clone.join("target/release"))?;
    let built = clone.join("target/release/terraform-provider-eksauth");
    symlink(built_provider()?, built)?;
    let home = workspace.path().join("home");
    fs::create_dir(&home)?;
    workspace.set("HOME", &home.display().to_string());
    // No CLI configuration at all: what `init` finds is found because of where it is.
    workspace.set("TF_CLI_CONFIG_FILE", "");
    let commands = page
        .blocks_below("Install", "shell")
        .into_iter()
        .find(|block| block.text.contains("mkdir -p $DIR"));
    let commands = commands
        .map(|block| block.text.as_str())
        .unwrap_or_default();
    expect(
        commands.contains("/linux_amd64\n"),
        "no block of the page installs the provider",
    )?;
    // What the pages say in words of other machines and of OpenTofu.
    let commands = match cloud.tools().cli.product {
        Product::Terraform => commands.to_owned(),
        Product::OpenTofu => commands.replace("registry.terraform.io", "registry.opentofu.org"),
    };
    let commands = commands.replace("linux_amd64", &platform());
    let mut shell = workspace.command("/bin/sh".as_ref());
    succeeded(shell.args(["-ec", &commands]).current_dir(&clone))?;
    let example = Page::read("docs/index.md")?;
    let block = example.block("Example Usage", "terraform")?;
    workspace.file("main.tf", &block.text)?;
    workspace.init()?;
    workspace
        .run(&["validate", "-no-color"])?
        .succeeded()
        .map(|_| ())
}
