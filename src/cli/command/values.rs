//! What values of the command line must look like, by the rules of the provider block and of resources.

use eksauth_provider::access::legacy_pod_roles::is_valid_base_arn;
use eksauth_provider::attributes::cluster::{check_cluster_name, check_region};
use eksauth_provider::attributes::kubeconfig::{check_command, check_entry_name};
use eksauth_provider::config::rules;
use tf_provider::schema::Invalid;

/// The name of an EKS cluster, or its ARN.
pub(super) fn cluster_name(text: &str) -> Result<String, String> {
    checked(text, check_cluster_name)
}

/// The id that a cluster's tokens are made for: any text, as a cluster outside EKS has it, and for the ARN of a cluster its name.
pub(super) fn cluster_id(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("a cluster's id cannot be empty".to_owned());
    }
    match text.starts_with("arn:") {
        true => cluster_name(text),
        false => Ok(text.to_owned()),
    }
}

/// The name of a region.
pub(super) fn region(text: &str) -> Result<String, String> {
    checked(text, check_region)
}

/// The beginning of roles' ARNs, as kube2iam takes it.
pub(super) fn base_role_arn(text: &str) -> Result<String, String> {
    match is_valid_base_arn(text) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is not the beginning of roles' ARNs, such as `arn:aws:iam::111122223333:role/`"
        )),
    }
}

/// The ARN of a role that can be assumed.
pub(super) fn role_arn(text: &str) -> Result<String, String> {
    checked(text, rules::role_arn)
}

/// The ARN of a role or user.
pub(super) fn principal_arn(text: &str) -> Result<String, String> {
    checked(text, rules::principal_arn)
}

/// The address of a resource or module, as `depends_on` takes it.
pub(super) fn resource_address(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        let allowed = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '-');
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(allowed)
    };
    let names: Vec<&str> = text.split('.').collect();
    match (2..=3).contains(&names.len()) && names.into_iter().all(is_name) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "`{text}` is not an address that `depends_on` takes, such as `aws_eks_cluster.this` or `module.eks`"
        )),
    }
}

/// The name of a session.
pub(super) fn session_name(text: &str) -> Result<String, String> {
    checked(text, rules::session_name)
}

/// The name of an entry of a kubeconfig.
pub(super) fn entry_name(text: &str) -> Result<String, String> {
    checked(text, check_entry_name)
}

/// A program.
pub(super) fn command(text: &str) -> Result<String, String> {
    checked(text, check_command)
}

/// An account id.
pub(super) fn account_id(text: &str) -> Result<String, String> {
    match rules::account_id(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(_) => Err(no_account_id(text)),
    }
}

/// Why a text is no account id, where it was written in a shell: quotes do not matter there.
pub(crate) fn no_account_id(text: &str) -> String {
    format!("`{text}` is not an account id: 12 digits, with the zeros in front")
}

fn checked(text: &str, check: impl Fn(&str) -> Result<(), Invalid>) -> Result<String, String> {
    match check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(invalid) => Err(invalid.detail),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::super::Arguments;

    fn refusal(arguments: &[&str]) -> String {
        let program = ["terraform-provider-eksauth"];
        let parsed = Arguments::try_parse_from(program.iter().chain(arguments));
        parsed
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn no_token_is_made_for_an_arn_of_something_else_or_for_nothing() {
        for id in [
            "",
            " ",
            "arn:aws:eks:eu-central-1:111122223333:cluster/",
            "arn:aws:eks:eu-central-1:111122223333:nodegroup/prod/a/b",
            "arn:aws:iam::111122223333:role/prod",
        ] {
            for command in [
                ["token", "--cluster-id"],
                ["verify", "--cluster-id"],
                ["server", "--cluster-id"],
            ] {
                let refused = refusal(&[command[0], command[1], id]);
                assert!(
                    refused.contains("invalid value"),
                    "{command:?} `{id}`: {refused}"
                );
            }
        }
        for id in [
            "prod.example.com",
            "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
        ] {
            assert_eq!(refusal(&["token", "--cluster-id", id]), "");
        }
    }

    #[test]
    fn the_usage_line_shows_each_flag_of_which_one_is_needed() {
        let program = Arguments::command();
        let usage = |words: &[&str]| {
            let mut command = program.clone();
            for word in words {
                command = command.find_subcommand(word).unwrap().clone();
            }
            command.render_usage().to_string()
        };
        for (words, flags) in [
            (
                &["explain"][..],
                "<--cluster <NAME>|--aws-auth <FILE>> <ARN>",
            ),
            (&["lint"], "<FILE|--cluster <NAME>>"),
            (
                &["verify"],
                "<--cluster-id <NAME>|--cluster <NAME>> [TOKEN]",
            ),
            (
                &["server"],
                "<--cluster-id <NAME>|--config <FILE>|--cluster <NAME>>",
            ),
            (&["restore"], "--cluster <NAME> [NAME|--file <FILE>]"),
            (
                &["check", "web-identity"],
                "<--cluster <NAME>|--issuer <URL>>",
            ),
        ] {
            assert!(usage(words).contains(flags), "{}", usage(words));
        }
        for both in [
            &["explain", "a", "--cluster", "b", "--aws-auth", "c"][..],
            &["lint", "a", "--cluster", "b"],
            &["verify", "-i", "a", "--cluster", "b"],
        ] {
            assert!(
                refusal(both).contains("cannot be used with"),
                "{}",
                refusal(both)
            );
        }
    }

    #[test]
    fn what_the_provider_block_refuses_the_command_line_refuses() {
        let cluster = "arn:aws:eks:eu-central-1:111122223333:nodegroup/prod";
        let arn = "arn:aws:eks:eu-central-1:111122223333:cluster/prod";
        let aws_auth = [
            "--rolearn",
            "arn:aws:iam::111122223333:role/a",
            "--username",
            "a",
        ];
        for command in [
            vec!["whoami"],
            vec!["explain", "me"],
            vec!["lint"],
            vec!["check-plan", "plan.json"],
            vec!["verify"],
            vec!["server"],
            [&["add", "role"], aws_auth.as_slice()].concat(),
            vec!["restore"],
            vec!["kubeconfig"],
            vec![
                "check",
                "web-identity",
                "--role",
                "r",
                "--service-account",
                "a:b",
            ],
        ] {
            let named = |name| refusal(&[command.as_slice(), &["--cluster", name]].concat());
            assert!(
                named(cluster).contains("not that of a cluster"),
                "{command:?}: {}",
                named(cluster)
            );
            assert_eq!(named("prod"), "", "{command:?}");
            assert_eq!(named(arn), "", "{command:?}");
        }
        for (arguments, reason) in [
            (
                &["whoami", "--cluster", "prod", "--region", "Frankfurt"][..],
                "is not a region's name",
            ),
            (
                &["token", "-i", "prod", "-r", "deploy"],
                "cannot be assumed",
            ),
            (
                &[
                    "token",
                    "-i",
                    "prod",
                    "-r",
                    "arn:aws:iam::111122223333:role/a",
                    "-s",
                    "a b",
                ],
                "is not a session name",
            ),
            (
                &["server", "--cluster", "prod", "--scrubbed-account", "1111"],
                "is not an account id",
            ),
            (
                &["restore", "--cluster", "prod", "--protect", "foo"],
                "is the ARN of no role and of no user",
            ),
        ] {
            assert!(
                refusal(arguments).contains(reason),
                "{}",
                refusal(arguments)
            );
        }
        let web_identity = [
            "check",
            "web-identity",
            "--role",
            "r",
            "--service-account",
            "a:b",
            "--trust-policy",
            "f",
        ];
        for issuer in [["--cluster", "prod"], ["--issuer", "https://x"]] {
            assert_eq!(refusal(&[web_identity.as_slice(), &issuer].concat()), "");
        }
        // The id of a cluster that is none of EKS may be anything.
        assert_eq!(refusal(&["token", "-i", "my.cluster.example.com"]), "");
    }
}
