//! `terraform test` for modules that use the provider: the guide as the page prints it, and every example with the guide's mock.

use super::{
    examples::{each, text},
    guides::{MODULE_TESTS, Reader},
    story::stories,
};
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect},
    guide::{Guide, Step},
};

stories!("module_tests":
    a_module_is_tested_with_mocks_and_on_the_cluster,
    every_example_is_applied_with_the_mock_of_the_guide;
    with mirror:
    a_module_beside_hashicorp_aws_is_applied_with_mocks_of_both,
);

fn a_module_is_tested_with_mocks_and_on_the_cluster(cloud: &Cloud) -> Outcome {
    let reader = Reader::new(cloud, MODULE_TESTS)?;
    reader.follow("The module")?;
    let asked = cloud.emulator().asked()?.len();
    reader.follow("With mocks")?;
    expect(
        cloud.emulator().asked()?.len() == asked,
        "a test with a mock asked AWS",
    )?;
    let prod = cloud.cluster(PROD)?;
    let before = prod.aws_auth()?;
    reader.follow("Against a cluster")?;
    expect(
        before == prod.aws_auth()?,
        "the test left something in aws-auth",
    )
}

/// The `mock_provider` block of the guide.
fn mock() -> Outcome<String> {
    let guide = Guide::read(MODULE_TESTS)?;
    let files = guide.sections.iter().flat_map(|section| &section.steps);
    let found = files.into_iter().find_map(|step| match step {
        Step::File { text, .. } if text.starts_with("mock_provider \"eksauth\"") => {
            text.split_once("\n}\n")
        }
        _ => None,
    });
    found
        .map(|(block, _)| format!("{block}\n}}\n"))
        .ok_or_else(|| Failure::new("the guide has no mock_provider block"))
}

/// The examples as configurations of their own; those of ephemeral resources are not among them, because Terraform mocks none.
fn configurations() -> Outcome<Vec<(String, Vec<String>)>> {
    let block = text("provider/provider.tf")?;
    let mut found = Vec::new();
    for (kind, file) in [
        ("resources", "resource.tf"),
        ("data-sources", "data-source.tf"),
    ] {
        for name in each(kind)? {
            let path = format!("{kind}/{name}/{file}");
            let example = text(&path)?;
            found.push((path, vec![block.clone(), example]));
        }
    }
    let many = "irsa-many-clusters/main.tf";
    found.push((many.to_owned(), vec![text(many)?]));
    Ok(found)
}

const APPLY: &str = "\nrun \"apply\" {\n  command = apply\n}\n";

fn every_example_is_applied_with_the_mock_of_the_guide(cloud: &Cloud) -> Outcome {
    let test = format!("{}{APPLY}", mock()?);
    for (name, files) in configurations()? {
        let workspace = Workspace::new(cloud)?;
        for (number, text) in files.iter().enumerate() {
            workspace.file(&format!("{number}.tf"), text)?;
        }
        workspace.file("mocked.tftest.hcl", &test)?;
        expect_passed(&workspace).map_err(|failure| failure.during(&name))?;
    }
    Ok(())
}

fn expect_passed(workspace: &Workspace<'_>) -> Outcome {
    workspace
        .run(&["test", "-no-color"])?
        .succeeded()?
        .says(&["Success! 1 passed, 0 failed."])
}

/// What the guide says in words: a role of hashicorp/aws needs an ARN too.
const AWS_MOCK: &str = r#"
mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::111122223333:role/mocked"
    }
  }
}

variables {
  subnet_ids = ["subnet-1", "subnet-2"]
}
"#;

fn a_module_beside_hashicorp_aws_is_applied_with_mocks_of_both(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::with_init(cloud)?;
    for file in ["main.tf", "variables.tf", "outputs.tf"] {
        workspace.file(file, &text(&format!("new-cluster/{file}"))?)?;
    }
    workspace.file(
        "mocked.tftest.hcl",
        &format!("{}{AWS_MOCK}{APPLY}", mock()?),
    )?;
    workspace.init()?;
    expect_passed(&workspace)
}
