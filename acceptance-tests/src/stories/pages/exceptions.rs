//! The blocks that need more than their page prints, or that some CLI or this machine cannot read: each with its reason.
//!
//! A line of these lists that is not needed is a failure.

use super::super::skips::Clis;

/// A block that names what a reader has outside of the page.
pub(super) struct Lacks {
    /// The page.
    pub(super) page: &'static str,
    /// What the block says, or what completes it.
    pub(super) says: &'static str,
    /// The reader's own configuration, by file.
    pub(super) files: &'static [(&'static str, &'static str)],
    /// What it is.
    pub(super) reason: &'static str,
}

pub(super) const LACKING: &[Lacks] = &[
    Lacks {
        page: "docs/index.md",
        says: "cluster_name = module.eks.cluster_name",
        files: &[
            ("eks.tf", "module \"eks\" {\n  source = \"./eks\"\n}\n"),
            (
                "eks/main.tf",
                "output \"cluster_name\" {\n  value = \"prod\"\n}\n",
            ),
        ],
        reason: "the module that makes the reader's cluster",
    },
    Lacks {
        page: "docs/guides/rename-and-move-entries.md",
        says: "local.teams",
        files: &[("teams.tf", TEAMS)],
        reason: "the reader's own teams",
    },
];

const TEAMS: &str = "locals {\n  teams = { platform = { role = \"arn:aws:iam::111122223333:role/platform\", username = \"platform\", groups = [\"platform\"] } }\n}\n";

/// A block that cannot be validated here at all.
pub(super) struct Unreadable {
    /// The page.
    pub(super) page: &'static str,
    /// What the block says and no other one of the page does.
    pub(super) says: &'static str,
    /// Why it cannot be read.
    pub(super) reason: &'static str,
    /// What Terraform says of it.
    pub(super) error: &'static str,
}

pub(super) const UNREADABLE: &[Unreadable] = &[
    Unreadable {
        page: "docs/ephemeral-resources/cluster_auth.md",
        says: "provider \"kubernetes\"",
        reason: "no mirror of this machine has hashicorp/kubernetes; examples::an_ephemeral_token_reaches_neither_plan_nor_state applies the rest of it",
        error: "hashicorp/kubernetes",
    },
    Unreadable {
        page: "docs/resources/node_assumed_role.md",
        says: "resource \"aws_iam_policy\"",
        reason: "a managed policy is a resource of hashicorp/aws, which these stories do without; what the block takes from this provider is the role's ARN",
        error: "hashicorp/aws",
    },
    Unreadable {
        page: "docs/resources/authentication_mode.md",
        says: "resource \"aws_eks_cluster\"",
        reason: "a cluster is a resource of hashicorp/aws, which these stories do without; a story of the mode applies both beside each other",
        error: "hashicorp/aws",
    },
];

/// What some CLIs do not read.
pub(super) struct Unread {
    /// How such a block is known.
    pub(super) says: &'static str,
    /// Which CLIs do not read it.
    pub(super) clis: Clis,
    /// What these say.
    pub(super) error: &'static str,
}

pub(super) const UNREAD: &[Unread] = &[
    Unread {
        says: "  identity = {",
        clis: Clis::TerraformBefore(12),
        error: "An argument named \"identity\" is not expected here.",
    },
    Unread {
        says: "ephemeral \"",
        clis: Clis::TerraformBefore(10),
        error: "Blocks of type \"ephemeral\" are not expected here.",
    },
    // The README says what the plan of this one version needs.
    Unread {
        says: "import { # the map that others wrote",
        clis: Clis::TerraformFrom(16),
        error: "unavailable provider \"registry.terraform.io/hashicorp/eksauth\"",
    },
];
