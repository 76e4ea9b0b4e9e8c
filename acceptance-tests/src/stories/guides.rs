//! The guides, as the pages print them: each file written, each command run, what they say compared.

use std::{os::unix::fs::symlink, path::PathBuf, process::Command as Process};

use super::{
    moved::{SOURCES, state_of},
    story::stories,
    watched::Watched,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::{Cluster, WhoAmI},
        command::succeeded,
        identity::Identity,
        provider_under_test::built_provider,
        terraform_cli::Product,
        tools::room,
        workspace::Workspace,
    },
    demo::kubectl_apply,
    failure::{Failure, Outcome, expect, expect_parts},
    guide::{Command, Guide, Section, Step},
};

stories!("guides":
    an_existing_aws_auth_is_taken_over,
    from_the_whole_map_to_single_entries_and_back_no_entry_is_ever_missing,
    aws_auth_comes_from_another_providers_state,
    from_terraform_aws_eks_v20,
    beside_eks_eksctl_and_controllers,
    a_role_for_an_addon,
    developers_get_access,
    every_section_with_commands_is_followed,
);

const TAKE_OVER: &str = "take-over-an-existing-aws-auth";
const V20: &str = "from-terraform-aws-eks-v20";
const BESIDE: &str = "live-beside-eks-eksctl-and-controllers";
const ADDON: &str = "addon-irsa";
const DEVELOPERS: &str = "give-your-developers-access";
/// The last section of both, which ends what the others have made.
const TAKEN_AWAY: &str = "Take it away again";
/// Followed by the stories of `legacy_guides`.
pub(super) const KUBE2IAM: &str = "from-kube2iam";
/// Followed by the stories of `legacy_guides`.
pub(super) const KIAM: &str = "from-kiam";
/// The sections of both.
pub(super) const PHASES: [&str; 5] = [
    "1. Look",
    "2. Phase 1: both trusts",
    "3. Phase 2: the service accounts",
    "4. How far is it?",
    "5. Phase 3: the old trust goes",
];
/// Followed by a story of `access_entry_migration`.
pub(super) const ENTRIES: &str = "from-aws-auth-to-access-entries";
/// Followed by the stories of `pod_identity_migration`.
pub(super) const POD_IDENTITY: &str = "irsa-or-pod-identity";
/// Its sections.
pub(super) const POD_IDENTITY_STEPS: [&str; 5] = [
    "1. Look",
    "2. Phase 1: both ways",
    "3. Restart the pods",
    "4. Whose annotation is it?",
    "5. Phase 2: without IRSA",
];
/// Followed by the stories of `module_tests`.
pub(super) const MODULE_TESTS: &str = "test-your-module";

/// The sections that the stories below follow.
const FOLLOWED: [(&str, &[&str]); 10] = [
    (KUBE2IAM, &PHASES),
    (KIAM, &PHASES),
    (POD_IDENTITY, &POD_IDENTITY_STEPS),
    (
        ENTRIES,
        &[
            "1. Look",
            "2. Write the configuration",
            "3. The mode and the access entries",
            "4. See that each principal comes",
            "5. Take what moved out of aws-auth",
            "6. Only then, mode API",
        ],
    ),
    (
        TAKE_OVER,
        &[
            "Look first",
            "The whole map",
            "One entry",
            "Every entry, one resource each",
            "From the whole map to single entries",
            "From single entries to the whole map",
            "From another provider's state",
            "Two resources for one object",
            "Terraform before 1.8",
        ],
    ),
    (
        V20,
        &[
            "Where the module only manages the ConfigMap",
            "Where the module made the ConfigMap too",
        ],
    ),
    (
        BESIDE,
        &[
            "See who wrote last",
            "Notice that somebody wrote",
            "Edit by hand without taking anything away",
            "A manifest that is applied again",
        ],
    ),
    (MODULE_TESTS, &["With mocks", "Against a cluster"]),
    (
        ADDON,
        &[
            "The role",
            "An add-on for which AWS keeps a policy",
            "Several add-ons",
            "The policy by itself",
            TAKEN_AWAY,
        ],
    ),
    (
        DEVELOPERS,
        &[
            "The role",
            "What the group may do",
            "The mapping",
            "The profile",
            "The kubeconfig",
            "The same file for everybody",
            TAKEN_AWAY,
        ],
    ),
];

/// Whether a page is a guide whose every block a story of this file takes from the page.
pub(super) fn is_followed(page: &str) -> bool {
    let name = page
        .strip_prefix("docs/guides/")
        .and_then(|name| name.strip_suffix(".md"));
    name.is_some_and(|name| FOLLOWED.iter().any(|(followed, _)| *followed == name))
}

/// Somebody who follows a guide in a folder of their own.
pub(super) struct Reader<'a> {
    guide: Guide,
    pub(super) workspace: Workspace<'a>,
    programs: PathBuf,
    kubeconfig: PathBuf,
    product: Product,
}

impl<'a> Reader<'a> {
    /// A cluster with the aws-auth of the demo, and a folder with what the guide begins with, for one of its administrators.
    pub(super) fn new(cloud: &'a Cloud, guide: &str) -> Outcome<Reader<'a>> {
        cloud.reset()?;
        let prod = cloud.cluster(PROD)?;
        kubectl_apply(cloud, &prod, &room().join("demo/aws-auth.yaml"))?;
        let mut workspace = Workspace::with_init_beside(cloud, &SOURCES)?;
        let administrator = cloud.assume(&cloud.role("/", "admins")?, "reader")?;
        let known = WhoAmI {
            username: "admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
        };
        prod.wait_for_whoami(&administrator, Some(&known))?;
        workspace.act_as(&administrator);
        let programs = workspace.path().join("../programs");
        std::fs::create_dir(&programs)?;
        let tools = cloud.tools();
        for (name, program) in [
            ("terraform", &workspace.terraform()),
            ("kubectl", &tools.kubectl),
            ("terraform-provider-eksauth", &built_provider()?),
        ] {
            symlink(program, programs.join(name))?;
        }
        let reader = Reader {
            guide: Guide::read(guide)?,
            workspace,
            programs,
            kubeconfig: prod.kubeconfig().to_owned(),
            product: tools.cli.product,
        };
        for step in reader.guide.common_files() {
            reader.take(&step)?;
        }
        Ok(reader)
    }

    /// Gives the reader a home with the keys of a user under the profile `me`, and the kubeconfig there.
    fn move_home(&mut self, user: &Identity) -> Outcome {
        let home = self.workspace.path().join("../home");
        for folder in [".aws", ".kube"] {
            std::fs::create_dir_all(home.join(folder))?;
        }
        let mut credentials = "[me]\n".to_owned();
        for (name, value) in user.environment() {
            credentials += &format!("{} = {value}\n", name.to_ascii_lowercase());
        }
        std::fs::write(home.join(".aws/credentials"), credentials)?;
        let own = home.join(".kube/config");
        std::fs::copy(&self.kubeconfig, &own)?;
        self.kubeconfig = own;
        self.workspace.set("HOME", &home.display().to_string());
        Ok(())
    }

    pub(super) fn section(&self, title: &str) -> Outcome<&Section> {
        let found = self
            .guide
            .sections
            .iter()
            .find(|section| section.title == title);
        found.ok_or_else(|| Failure::new(format!("the guide has no section `{title}`")))
    }

    pub(super) fn follow(&self, title: &str) -> Outcome {
        for step in &self.section(title)?.steps {
            self.take(step)
                .map_err(|failure| failure.during(&format!("in `{title}`")))?;
        }
        Ok(())
    }

    /// Follows a section whose first command is refused, with what it says.
    pub(super) fn follow_refused(&self, title: &str, says: &[&str]) -> Outcome {
        let mut is_first = true;
        for step in &self.section(title)?.steps {
            let Step::Run(commands) = step else {
                continue;
            };
            for command in commands {
                let mut command = command.clone();
                if std::mem::take(&mut is_first) {
                    command.is_refused = true;
                    command
                        .says
                        .extend(says.iter().map(|text| (*text).to_owned()));
                }
                self.run(&command)
                    .map_err(|failure| failure.during(&format!("in `{title}`")))?;
            }
        }
        Ok(())
    }

    fn take(&self, step: &Step) -> Outcome {
        match step {
            Step::File { name, text } => self.workspace.file(name, text),
            Step::Run(commands) => commands.iter().try_for_each(|command| self.run(command)),
        }
    }

    /// Runs a command as at a terminal where nobody is asked.
    fn run(&self, command: &Command) -> Outcome {
        let path = format!(
            "{}:{}",
            self.programs.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut shell = self.workspace.command("/bin/sh".as_ref());
        shell
            .args(["-ec", &command.line])
            .env("PATH", path)
            .env("KUBECONFIG", &self.kubeconfig);
        for (name, arguments) in [
            ("init", "-no-color -input=false"),
            ("plan", "-no-color -input=false"),
            ("apply", "-no-color -input=false -auto-approve"),
            ("destroy", "-no-color -input=false -auto-approve"),
        ] {
            shell.env(format!("TF_CLI_ARGS_{name}"), arguments);
        }
        let output = shell.output()?;
        let printed = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        expect(
            output.status.success() != command.is_refused,
            format!(
                "`{}` ended with {}:\n{printed}",
                command.line, output.status
            ),
        )?;
        let says: Vec<String> = command
            .says
            .iter()
            .map(|text| self.in_words_of_cli(text))
            .collect();
        let parts: Vec<&str> = says.iter().map(String::as_str).collect();
        expect_parts(&printed, &parts).map_err(|failure| failure.during(&command.line))
    }

    /// The guides print what Terraform says; OpenTofu says some of it otherwise, and ends the line of a plan with what it forgets.
    fn in_words_of_cli(&self, text: &str) -> String {
        if self.product == Product::Terraform {
            return text.to_owned();
        }
        let is_count = text.starts_with("Plan: ") || text.starts_with("Apply complete! ");
        let count = text.strip_suffix('.').filter(|_| is_count);
        count.unwrap_or(text).replace(
            "will no longer be managed by Terraform",
            "will be removed from the OpenTofu state but will not be destroyed",
        )
    }

    /// Puts a state of another provider into the folder.
    fn begin_with_state(&self, prod: &Cluster<'_>, name: &str) -> Outcome {
        self.workspace.file(
            "terraform.tfstate",
            &state_of(prod, name, "registry.terraform.io")?,
        )
    }
}

fn an_existing_aws_auth_is_taken_over(cloud: &Cloud) -> Outcome {
    for title in ["One entry", "Every entry, one resource each"] {
        let reader = Reader::new(cloud, TAKE_OVER)?;
        reader.follow("Look first")?;
        reader.follow(title)?;
    }
    Ok(())
}

fn from_the_whole_map_to_single_entries_and_back_no_entry_is_ever_missing(
    cloud: &Cloud,
) -> Outcome {
    let reader = Reader::new(cloud, TAKE_OVER)?;
    let prod = cloud.cluster(PROD)?;
    let watched = Watched::start(cloud, &prod)?;
    reader.follow("Look first")?;
    reader.follow("The whole map")?;
    reader.follow("From the whole map to single entries")?;
    reader.follow("From single entries to the whole map")?;
    some_entries_at_a_time(&reader)?;
    // The last write is the watcher's proof: what it had not seen it could not have missed.
    prod.edit_aws_auth("mapRoles", |text| format!("{text}# the end\n"))?;
    watched.expect_always(
        &prod,
        &[
            "role/admins",
            "role/break-glass",
            "user/people/alice",
            "user/bob",
            "444455556666",
        ],
    )
}

/// What the guide says in words: taken out of the map, named in `leave`, imported, in one apply.
fn some_entries_at_a_time(reader: &Reader<'_>) -> Outcome {
    let map = std::fs::read_to_string(reader.workspace.path().join("aws_auth.tf"))?;
    let alice = map
        .lines()
        .find(|line| line.contains("user/people/alice"))
        .unwrap_or_default();
    let without = map.replace(&format!("{alice}\n"), "");
    let arn = "arn:aws:iam::111122223333:user/people/alice";
    reader.workspace.file(
        "aws_auth.tf",
        &without.replace(
            "  map_accounts",
            &format!("  leave = [\"{arn}\"]\n\n  map_accounts"),
        ),
    )?;
    reader.workspace.file(
        "alice.tf",
        &format!(
            "import {{\n  to = eksauth_aws_auth_user.alice\n  id = \"prod#{arn}\"\n}}\n\nresource \"eksauth_aws_auth_user\" \"alice\" {{\n  \
             userarn  = \"{arn}\"\n  username = \"alice\"\n  groups   = [\"viewers\"]\n}}\n"
        ),
    )?;
    reader
        .workspace
        .apply()?
        .says(&["1 imported, 0 added, 1 changed, 0 destroyed"])?;
    reader.workspace.file("aws_auth.tf", &without)?;
    reader
        .workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    reader.workspace.expect_empty_plan()
}

fn aws_auth_comes_from_another_providers_state(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for (title, state) in [
        ("From another provider's state", "kubernetes_config_map"),
        ("Two resources for one object", "two-resources"),
        ("Terraform before 1.8", "kubernetes_config_map"),
    ] {
        let reader = Reader::new(cloud, TAKE_OVER)?;
        reader.begin_with_state(&prod, state)?;
        reader.follow("Look first")?;
        reader.follow(title)?;
    }
    Ok(())
}

fn from_terraform_aws_eks_v20(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for (title, state) in [
        (
            "Where the module only manages the ConfigMap",
            "terraform-aws-eks-v20",
        ),
        (
            "Where the module made the ConfigMap too",
            "terraform-aws-eks-v20-created",
        ),
    ] {
        let reader = Reader::new(cloud, V20)?;
        reader.begin_with_state(&prod, state)?;
        reader.follow(title)?;
    }
    Ok(())
}

fn a_role_for_an_addon(cloud: &Cloud) -> Outcome {
    let reader = Reader::new(cloud, ADDON)?;
    for title in [
        "The role",
        "An add-on for which AWS keeps a policy",
        "Several add-ons",
        "The policy by itself",
    ] {
        reader.follow(title)?;
    }
    reader.workspace.expect_empty_plan()?;
    reader.follow(TAKEN_AWAY)
}

fn developers_get_access(cloud: &Cloud) -> Outcome {
    let mut reader = Reader::new(cloud, DEVELOPERS)?;
    reader.move_home(&cloud.user(ACCOUNT, "/people/", "me")?)?;
    let (_, titles) = FOLLOWED
        .iter()
        .find(|(guide, _)| *guide == DEVELOPERS)
        .ok_or_else(|| Failure::new("the guide is not in the list"))?;
    for title in titles.iter().filter(|title| **title != TAKEN_AWAY) {
        reader.follow(title)?;
    }
    reader.workspace.expect_empty_plan()?;
    reader.follow(TAKEN_AWAY)
}

fn beside_eks_eksctl_and_controllers(cloud: &Cloud) -> Outcome {
    let reader = Reader::new(cloud, BESIDE)?;
    for title in [
        "See who wrote last",
        "Notice that somebody wrote",
        "Edit by hand without taking anything away",
        "A manifest that is applied again",
    ] {
        reader.follow(title)?;
    }
    what_the_guide_says_of_an_editor_is_so(cloud, &reader)
}

/// `kubectl edit` writes what it has whatever was written meanwhile.
fn what_the_guide_says_of_an_editor_is_so(cloud: &Cloud, reader: &Reader<'_>) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let editor = reader.programs.join("editor");
    // While the file is open, somebody else changes another entry.
    let text = format!(
        "#!/bin/sh\nset -e\n{kubectl} --kubeconfig={config} get configmap aws-auth -n kube-system -o yaml > meanwhile.yaml\n\
         sed -i 's/role.nodes$/role\\/nodes-2/' meanwhile.yaml\n\
         {kubectl} --kubeconfig={config} replace -f meanwhile.yaml\nsed -i 's/username: admin$/username: boss/' \"$1\"\n",
        kubectl = cloud.tools().kubectl.display(),
        config = prod.kubeconfig().display(),
    );
    std::fs::write(&editor, text)?;
    succeeded(Process::new("chmod").arg("+x").arg(&editor))?;
    let mut edit = reader.workspace.command(&cloud.tools().kubectl);
    edit.env("KUBECONFIG", prod.kubeconfig())
        .env("KUBE_EDITOR", &editor)
        .args(["edit", "configmap", "aws-auth", "-n", "kube-system"]);
    succeeded(&mut edit)?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.contains("username: boss") && !written.contains("role/nodes-2"),
        format!("kubectl edit kept what was written meanwhile:\n{written}"),
    )
}

fn every_section_with_commands_is_followed(_: &Cloud) -> Outcome {
    for (name, followed) in FOLLOWED {
        let guide = Guide::read(name)?;
        for (number, section) in guide.sections.iter().enumerate() {
            // The files of the first section are there when any other one is followed.
            let begins = number == 0
                && !section
                    .steps
                    .iter()
                    .any(|step| matches!(step, Step::Run(_)));
            let is_for_stories = !section.steps.is_empty() && !begins;
            expect(
                is_for_stories == followed.contains(&section.title.as_str()),
                format!(
                    "`{}` of {name} has commands or files and no story follows it, or the other way round",
                    section.title
                ),
            )?;
        }
    }
    Ok(())
}
