//! The stories that some Terraform or OpenTofu cannot tell: each by its name, for which CLI, why, and how that shows.
//!
//! Nothing else is skipped but what needs hashicorp/aws where no mirror has it. A story of this list is told all the same: it has to fail
//! with the text that stands here, so that one that would pass, or that fails of something else, is a failure of the run.

use crate::{
    bed::terraform_cli::{CliVersion, Product},
    failure::{Failure, Outcome, expect_parts},
};

/// One story that is not told with some CLIs.
#[derive(Debug, PartialEq, Eq)]
pub struct Skip {
    /// The story's name.
    pub story: &'static str,
    /// With which.
    pub clis: Clis,
    /// Why.
    pub reason: &'static str,
    /// What is in its failure.
    pub says: &'static str,
}

/// Some of the CLIs; all of them have 1 as the first number of their version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clis {
    /// Terraform before 1.N.
    TerraformBefore(u32),
    /// Terraform 1.N and later.
    TerraformFrom(u32),
    /// Every OpenTofu.
    OpenTofu,
}

impl Clis {
    pub(super) fn has(self, cli: CliVersion) -> bool {
        match self {
            Clis::TerraformBefore(minor) => {
                cli.product == Product::Terraform && cli.major == 1 && cli.minor < minor
            }
            Clis::TerraformFrom(minor) => {
                cli.product == Product::Terraform && (cli.major, cli.minor) >= (1, minor)
            }
            Clis::OpenTofu => cli.product == Product::OpenTofu,
        }
    }
}

/// The list.
pub const SKIPS: &[Skip] = &[
    Skip {
        story: "token_verification::a_token_of_the_same_run_is_accepted_and_told",
        clis: Clis::TerraformBefore(10),
        reason: "ephemeral resources came with Terraform 1.10",
        says: "Blocks of type \"ephemeral\" are not expected here.",
    },
    Skip {
        story: "token_verification::a_bad_token_is_an_answer_and_fails_only_a_condition",
        clis: Clis::TerraformBefore(10),
        reason: "ephemeral resources came with Terraform 1.10",
        says: "Blocks of type \"ephemeral\" are not expected here.",
    },
    Skip {
        story: "token_verification::the_example_stops_whom_the_cluster_does_not_take",
        clis: Clis::TerraformBefore(10),
        reason: "ephemeral resources came with Terraform 1.10",
        says: "Blocks of type \"ephemeral\" are not expected here.",
    },
    Skip {
        story: "examples::an_ephemeral_token_reaches_neither_plan_nor_state",
        clis: Clis::TerraformBefore(10),
        reason: "ephemeral resources came with Terraform 1.10",
        says: "Blocks of type \"ephemeral\" are not expected here.",
    },
    Skip {
        story: "permissions::the_page_of_cluster_auth_says_what_is_needed",
        clis: Clis::TerraformBefore(10),
        reason: "ephemeral resources came with Terraform 1.10",
        says: "Blocks of type \"ephemeral\" are not expected here.",
    },
    Skip {
        story: "permissions::the_page_of_token_verification_says_what_is_needed",
        clis: Clis::TerraformBefore(10),
        reason: "ephemeral resources came with Terraform 1.10",
        says: "Blocks of type \"ephemeral\" are not expected here.",
    },
    Skip {
        story: "moved::every_known_resource_is_moved_without_touching_the_object",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Resource type mismatch",
    },
    Skip {
        story: "moved::a_move_out_of_a_module_that_is_gone",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Resource type mismatch",
    },
    Skip {
        story: "moved::another_config_map_is_refused",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Resource type mismatch",
    },
    Skip {
        story: "moved::roles_and_a_provider_of_a_saved_state_are_moved",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Resource type mismatch",
    },
    Skip {
        story: "moved::roles_and_a_provider_that_hashicorp_aws_has_made_are_moved",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Resource type mismatch",
    },
    Skip {
        story: "guides::aws_auth_comes_from_another_providers_state",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Resource type mismatch",
    },
    Skip {
        story: "guides::from_terraform_aws_eks_v20",
        clis: Clis::TerraformBefore(8),
        reason: "moves between types came with Terraform 1.8",
        says: "Unsupported Terraform Core version",
    },
    Skip {
        story: "guides::an_existing_aws_auth_is_taken_over",
        clis: Clis::TerraformBefore(7),
        reason: "`import` with `for_each` came with Terraform 1.7",
        says: "An argument named \"for_each\" is not expected here.",
    },
    Skip {
        story: "guides::from_the_whole_map_to_single_entries_and_back_no_entry_is_ever_missing",
        clis: Clis::TerraformBefore(7),
        reason: "`import` with `for_each` came with Terraform 1.7",
        says: "An argument named \"for_each\" is not expected here.",
    },
    Skip {
        story: "check_plan::what_eks_does_with_the_entries_of_hashicorp_aws_is_known_before",
        clis: Clis::TerraformBefore(7),
        reason: "`removed` came with Terraform 1.7",
        says: "Blocks of type \"removed\" are not expected here.",
    },
    Skip {
        story: "module_tests::a_module_is_tested_with_mocks_and_on_the_cluster",
        clis: Clis::TerraformBefore(7),
        reason: "`mock_provider` came with Terraform 1.7",
        says: "flag provided but not defined: -filter",
    },
    Skip {
        story: "module_tests::every_example_is_applied_with_the_mock_of_the_guide",
        clis: Clis::TerraformBefore(7),
        reason: "`mock_provider` came with Terraform 1.7",
        says: "No tests defined.",
    },
    Skip {
        story: "module_tests::a_module_beside_hashicorp_aws_is_applied_with_mocks_of_both",
        clis: Clis::TerraformBefore(7),
        reason: "`mock_provider` came with Terraform 1.7",
        says: "No tests defined.",
    },
    Skip {
        story: "import_by_identity::a_role",
        clis: Clis::TerraformBefore(12),
        reason: "`import` with `identity` came with Terraform 1.12",
        says: "An argument named \"identity\" is not expected here.",
    },
    Skip {
        story: "import_by_identity::a_node_assumed_role",
        clis: Clis::TerraformBefore(12),
        reason: "`import` with `identity` came with Terraform 1.12",
        says: "An argument named \"identity\" is not expected here.",
    },
    Skip {
        story: "import_by_identity::an_entry",
        clis: Clis::TerraformBefore(12),
        reason: "`import` with `identity` came with Terraform 1.12",
        says: "An argument named \"identity\" is not expected here.",
    },
    Skip {
        story: "import_by_identity::a_group_binding",
        clis: Clis::TerraformBefore(12),
        reason: "`import` with `identity` came with Terraform 1.12",
        says: "An argument named \"identity\" is not expected here.",
    },
    Skip {
        story: "import_by_identity::an_access_entry_and_a_policy_of_it",
        clis: Clis::TerraformBefore(12),
        reason: "`import` with `identity` came with Terraform 1.12",
        says: "An argument named \"identity\" is not expected here.",
    },
    Skip {
        story: "import_by_identity::a_pod_identity_association",
        clis: Clis::TerraformBefore(12),
        reason: "`import` with `identity` came with Terraform 1.12",
        says: "An argument named \"identity\" is not expected here.",
    },
    Skip {
        story: "import_by_identity::generated_configuration_has_no_defaults",
        clis: Clis::TerraformBefore(14),
        reason: "providers are asked for the configuration of a state since Terraform 1.14",
        says: "max_session_duration is in what was generated",
    },
    Skip {
        story: "import_by_identity::generated_configuration_has_no_defaults",
        clis: Clis::OpenTofu,
        reason: "providers are asked for the configuration of a state since Terraform 1.14",
        says: "max_session_duration is in what was generated",
    },
];

/// The line of the list for a story and a CLI.
#[must_use]
pub fn of(story: &str, cli: CliVersion) -> Option<&'static Skip> {
    SKIPS
        .iter()
        .find(|skip| skip.story == story && skip.clis.has(cli))
}

impl Skip {
    /// The reason, where what came of the story is what the list says.
    ///
    /// # Errors
    /// The story passed, or failed of something else.
    pub fn judge(&self, told: Outcome, cli: CliVersion) -> Outcome<String> {
        let Err(failure) = told else {
            return Err(Failure::new(format!(
                "it passes with {cli}, and the list of skipped stories has it: {}",
                self.reason
            )));
        };
        expect_parts(&failure.to_string(), &[self.says])
            .map(|()| self.reason.to_owned())
            .map_err(|_| failure.during("it is skipped for something else"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stories::all;

    const OLD: CliVersion = CliVersion {
        product: Product::Terraform,
        major: 1,
        minor: 5,
    };
    const SKIP: Skip = Skip {
        story: "moved::one",
        clis: Clis::TerraformBefore(8),
        reason: "no moves between types",
        says: "Resource type mismatch",
    };

    #[test]
    fn every_story_of_the_list_exists_and_stands_once_for_a_cli() {
        let stories = all();
        for (number, skip) in SKIPS.iter().enumerate() {
            assert!(
                stories.iter().any(|story| story.name == skip.story),
                "{}",
                skip.story
            );
            assert!(
                !skip.reason.is_empty() && !skip.says.is_empty(),
                "{}",
                skip.story
            );
            let again = SKIPS
                .iter()
                .skip(number + 1)
                .find(|other| other.story == skip.story && other.clis == skip.clis);
            assert_eq!(again, None);
        }
    }

    #[test]
    fn a_story_of_the_list_has_to_fail_as_the_list_says() {
        let failed = |text: &str| Err(Failure::new(text));
        assert_eq!(
            SKIP.judge(failed("Error: Resource type mismatch"), OLD)
                .unwrap(),
            SKIP.reason
        );
        let passed = SKIP.judge(Ok(()), OLD).unwrap_err().to_string();
        assert!(
            passed.starts_with(
                "it passes with Terraform 1.5, and the list of skipped stories has it: no moves"
            ),
            "{passed}"
        );
        let other = SKIP
            .judge(failed("the cluster is gone"), OLD)
            .unwrap_err()
            .to_string();
        assert!(
            other.starts_with("it is skipped for something else: the cluster is gone"),
            "{other}"
        );
    }

    #[test]
    fn a_cli_is_one_of_those_before_a_version() {
        let clis = Clis::TerraformBefore(8);
        let cli = |product, minor| CliVersion {
            product,
            major: 1,
            minor,
        };
        assert!(clis.has(OLD) && clis.has(cli(Product::Terraform, 7)));
        assert!(!clis.has(cli(Product::Terraform, 8)) && !clis.has(cli(Product::OpenTofu, 6)));
        let clis = Clis::TerraformFrom(13);
        assert!(clis.has(cli(Product::Terraform, 13)) && clis.has(cli(Product::Terraform, 16)));
        assert!(!clis.has(cli(Product::Terraform, 12)) && !clis.has(cli(Product::OpenTofu, 13)));
    }
}
