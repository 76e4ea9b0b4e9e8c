//! The reference of the command line, from its definition.
//!
//! The definition's files are compiled into this program a second time, because the room they belong to links the AWS SDK and this program
//! never does.

use clap::{Arg, Command, CommandFactory};

use crate::cli::command::Arguments;

/// What each command asks for; the commands' own files in `src/cli` say the same of their API actions.
const PERMISSIONS: &str = "
## What the rules say, and what the cluster says

`whoami`, `explain me`, `explain` of your own ARN and `verify --cluster` ask in two places: the rules (aws-auth and access entries, as the cluster's authenticator reads them) and the API server itself
(SelfSubjectReview, by your own token; `verify` shows it the token that it judges, which was made for that cluster, once STS has vouched for it). The API server's answer decides. Where the two differ,
both are printed, and why, with one of these ids:

| id | what it means |
|---|---|
| `creator` | no entry gives it, in mode `CONFIG_MAP`, and the identity is in `system:masters`: most likely it created the cluster, and no edit of aws-auth takes that away |
| `other-authenticator` | a client certificate, a service account or OIDC: the API server names nobody of AWS |
| `other-identity` | another role or user acts on the cluster than the one that is asked about |
| `unread` | what admits it is in something that you may not read |
| `unnamed` | it is admitted, but may not ask under which name (403: the cluster role `system:basic-user` is not bound to it) |
| `cache` | the API server admits a token that it was shown before, and refuses a new one: what gave it is gone |
| `recreated-principal` | an access entry names it and does not let it in: the role or user is younger than the entry |
| `template` | the cluster cannot form the user name of the entry for this session |
| `not-in-force` | a change that takes some more seconds, or a yes that is remembered for some minutes |

An API server that does not know the question (404, Kubernetes before 1.28), or does not answer, leaves the rules' answer, and that is said. Of somebody else the rules decide alone, and the API server is asked what that
user and these groups may do (SubjectAccessReview).

Exit code 0: admitted. 1: refused (401), or by the rules no access where the API server was not asked. 2: it could not be found out. `whoami` prints who you are in AWS in any case; without `--cluster` that is
all, and exit code 0. `verify` prints `could not find out` and ends with 2 where STS does not answer. It asks STS where the endpoints of the environment and the profile point (`AWS_ENDPOINT_URL_STS`,
`AWS_ENDPOINT_URL`), unless `--sts-connect` says where; neither changes which hosts a token may name.

With `-o json`, `whoami` prints

```json
{\"aws\": {\"arn\": \"…\", \"account\": \"…\", \"user_id\": \"…\"}, \"cluster\": {…}, \"cluster_error\": null}
```

`cluster` is null without `--cluster`, and where it could not be asked: then `cluster_error` says why. It is what `explain` prints and `verify` has under `mapping`, and here has `what_to_do` besides, the lines that say what
lets a refused identity in:

| member | what it is |
|---|---|
| `arn`, `account` | whom the cluster compares its entries with |
| `access` | true, false, or null where it could not be found out |
| `summary` | what the identity gets, in words |
| `by_rules` | `access` and `summary` by aws-auth and access entries alone |
| `by_api_server` | `answer` (`admitted`, `refused`, `remembered`, `not_asked`, `not_answered`), `username` and `groups` as the API server names them or null, `reason` why it did not answer or null |
| `difference` | null, or `id` and `text` of the table above |
| `may_write_aws_auth`, `is_cluster_admin` | true, false, or null where it is not known |
| `grants` | by the rules: `username`, `groups`, `policies` (`policy_arn`, `namespaces`) and `rule`; several where one of them counts at random |
| `shadowed` | rules that match and do not count |
| `near_misses` | `id` and `text` of entries that were probably meant |

`verify` prints `accepted` (true, false, null), then `refusal` (`class`, `reason`, `text`, `causes`) of a token that was not vouched for, else `identity` (`arn`, `canonical_arn`, `account`, `user_id`,
`session_name`, `sts_endpoint`), `users` (`username` and `groups`: as the API server names the owner, else by each entry that may admit it) and `mapping`. With `--offline` it prints `accepted` (null) and `well_formed`.

## Permissions

What a command asks for with `--cluster`; with files in its place it asks nobody. `sts:GetCallerIdentity` has to be granted to nobody, and every command that names a cluster
needs `eks:DescribeCluster` on it (and uses `eks:ListClusters` to name the nearest one where it is not there). *Access entries* are `eks:ListAccessEntries`, `eks:DescribeAccessEntry` and `eks:ListAssociatedAccessPolicies`, asked for in a mode that has them.
*aws-auth* is the ConfigMap `aws-auth` in `kube-system`. What is in brackets is used where it is granted.

| command | in AWS | in the cluster |
|---|---|---|
| `token` | nothing, not even DescribeCluster; with `--role` `sts:AssumeRole` on that role | nothing |
| `whoami` without `--cluster` | nothing, not even DescribeCluster | nothing |
| `whoami`, `explain`, `verify` | (access entries; `iam:GetRole`, for the path of a role that is refused) | (`get` on aws-auth; `create` on SubjectAccessReviews, for the rights of somebody else) |
| `lint` | (`iam:ListRoles`) | `get` on aws-auth |
| `check-plan` | access entries; where somebody loses something (`iam:ListRoles`) | `get` on aws-auth; where somebody loses something what the lock-out guard reads |
| `add` | (access entries) | `get` and `patch` on aws-auth; `create` on ConfigMaps where there is none |
| `remove` | (access entries) | `get` and `patch` on aws-auth; (`list`, `create` and `delete` on ConfigMaps, for the copy that is kept first) |
| `restore`, the list and the difference | (access entries) | `get` on aws-auth, `list` on ConfigMaps |
| `restore`, putting back | (access entries) | the same, and `patch` on aws-auth; (`create` and `delete` on ConfigMaps, for the copy that is kept first) |
| `kubeconfig` | nothing but DescribeCluster, by the own profile; `--role-arn` is assumed by `kubectl` later | nothing |
| `aws-profile` | nothing, not even DescribeCluster | nothing |
| `check web-identity` | `iam:GetRole` on the role, (`iam:GetOpenIDConnectProvider`) | nothing |
| `migrate access-entries` | (access entries; `iam:ListRoles`, `iam:GetRole`, `iam:GetUser`, for the paths; `eks:ListNodegroups`, `eks:DescribeNodegroup`, `eks:ListFargateProfiles`, `eks:DescribeFargateProfile`, for what EKS makes itself) | `get` on aws-auth |
| `migrate pod-identity` | (`eks:ListPodIdentityAssociations`, `eks:DescribePodIdentityAssociation`, `iam:ListRoles`, `iam:GetOpenIDConnectProvider`); for `hcl` all of them, and `iam:GetRole`, `iam:ListAttachedRolePolicies`, `iam:ListRolePolicies` and `iam:GetRolePolicy` on each role that is printed | `list` on serviceaccounts; (`list` on pods and nodes), for `hcl` both |

Every authenticated user may create SelfSubjectReviews and SelfSubjectAccessReviews (`system:basic-user`). `explain` of somebody else and `check-plan` answer from what they may read, and exit 2 where the rest decides. Before `add`, `remove` and `restore` write something that takes access, the lock-out
guard reads what it reads for a resource: see the end of the page of [eksauth_aws_auth](resources/aws_auth.md).

Where nobody loses anything `check-plan` reads no more than that. Otherwise it asks what the guard asks before a write (RBAC, nodes, roles of IAM, who acts), and judges by the same rules, so
that it says what apply will say to the same identity. With `--aws-auth` it asks nobody: of groups only `system:masters` is known to be an admin then, an entry of nodes that a plan removes is an error
whether there are nodes or not, and what the plan does to access entries needs a file of them (`--access-entries`).

What `check-plan` counts of a plan, in one cluster told by name, region and account:

| objects | what counts |
|---|---|
| `eksauth_aws_auth_role`, `…_user`, `…_account`, `eksauth_aws_auth` | entries made, changed, removed, moved to another cluster, taken by `exclusive`; an entry that is replaced is gone for a moment |
| `aws_eks_access_entry`, `aws_eks_access_policy_association` | with what EKS fills in by type; an entry that is made at one address and removed at another goes, with its policies |
| `eksauth_access_entry`, `eksauth_access_policy_association` | the same; one that moves from one address to another stays, and so does one that was adopted when it is destroyed |
| `eksauth_authentication_mode`, `aws_eks_cluster` | the authentication mode, which stays when `eksauth_authentication_mode` goes; with a cluster that is destroyed goes everything |
| `aws_eks_node_group`, `aws_eks_fargate_profile` | EKS takes the role's entry away with the last one of a role |
| `kubernetes_config_map`, `…_v1`, `…_v1_data`, `kubernetes_manifest`, `kubectl_manifest` | aws-auth written, replaced, renamed away, destroyed; the provider block tells the cluster, else the one `--cluster` that is named |
| `eksauth_group_binding`, `kubernetes_cluster_role`, `…_role`, `…_cluster_role_binding`, `…_role_binding` and their `…_v1`, manifests of these kinds | roles and bindings of the whole cluster and of kube-system, by what they give to whom, in whatever order the subjects stand; a binding that is replaced is gone for a moment; one that is removed and that the cluster has not is named as not found out |

What only leaves the state (`removed` with `destroy = false`) takes nothing away. Where objects are removed at one address and made, the same, at another, `check-plan` prints the `moved` blocks.
";

/// The path below `docs/` and the text of the page.
pub(crate) fn command_line_page() -> (String, String) {
    let text = text_of(Arguments::command()) + PERMISSIONS;
    (String::from("command-line.md"), text)
}

fn text_of(mut program: Command) -> String {
    program.build();
    let name = program.get_name().to_owned();
    let mut text = format!(
        "# The command line\n\n{}.\n\n```text\n{name} COMMAND [OPTIONS]\n```\n\n{}\n",
        styled(program.get_about()).trim_end_matches('.'),
        styled(program.get_after_help()),
    );
    let commands = leaves(&program, "");
    text.push('\n');
    for (heading, command) in &commands {
        text.push_str(&format!(
            "- [{heading}](#{}): {}\n",
            heading.replace(' ', "-"),
            styled(command.get_about())
        ));
    }
    for (heading, command) in commands {
        text.push_str(&section(&heading, command));
    }
    text
}

/// The commands that do something, with the words that call them: `check web-identity`.
fn leaves<'a>(command: &'a Command, words: &str) -> Vec<(String, &'a Command)> {
    let below = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help" && !below.is_hide_set());
    let found = below.flat_map(|below| {
        let words = format!("{words} {}", below.get_name()).trim().to_owned();
        match below.has_subcommands() {
            true => leaves(below, &words),
            false => vec![(words, below)],
        }
    });
    found.collect()
}

fn section(heading: &str, command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).to_owned();
    let about = command.get_long_about().or(command.get_about());
    let mut text = format!(
        "\n## {heading}\n\n{}.\n\n```text\n{usage}\n```\n",
        styled(about).trim_end_matches('.')
    );
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| argument.get_id() != "help" && !argument.is_hide_set())
        .collect();
    if !arguments.is_empty() {
        text.push('\n');
    }
    for argument in arguments {
        text.push_str(&item(argument));
    }
    if let Some(after) = command.get_after_help() {
        text.push_str(&format!("\n{}\n", after.to_string().trim()));
    }
    text
}

/// One list item: how it is spelt, what it means, what it may be and what it is by itself.
fn item(argument: &Arg) -> String {
    let mut text = format!("- {}: {}", spelling(argument), styled(argument.get_help()));
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let takes_value = argument.get_action().takes_values();
    if takes_value && !values.is_empty() {
        text.push_str(&format!("; one of {}", values.join(", ")));
    }
    if let Some(default) = argument
        .get_default_values()
        .first()
        .filter(|_| takes_value)
    {
        text.push_str(&format!("; `{}` unless given", default.to_string_lossy()));
    }
    text.push('\n');
    text
}

/// `-i`, `--cluster-id`, `--cluster-name NAME`.
fn spelling(argument: &Arg) -> String {
    let value = argument
        .get_value_names()
        .and_then(|names| names.first())
        .filter(|_| argument.get_action().takes_values())
        .map(|name| name.to_string());
    if argument.is_positional() {
        return format!("`{}`", value.unwrap_or_default());
    }
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let aliases = argument
        .get_visible_aliases()
        .unwrap_or_default()
        .into_iter()
        .map(|alias| format!("--{alias}"));
    let mut names: Vec<String> = short.into_iter().chain(long).chain(aliases).collect();
    if let (Some(last), Some(value)) = (names.last_mut(), value) {
        last.push_str(&format!(" {value}"));
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn styled(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_with_every_spelling_value_and_default() {
        let dig = Command::new("dig")
            .about("Dig a hole")
            .arg(
                Arg::new("place")
                    .value_name("PLACE")
                    .required(true)
                    .help("Where"),
            )
            .arg(
                Arg::new("depth")
                    .short('d')
                    .long("depth")
                    .visible_alias("down")
                    .value_name("METRES")
                    .default_value("1")
                    .value_parser(["1", "2"])
                    .help("How deep"),
            )
            .arg(
                Arg::new("quiet")
                    .long("quiet")
                    .action(clap::ArgAction::SetTrue)
                    .help("Say nothing"),
            );
        let program = Command::new("garden")
            .about("A garden by hand.")
            .after_help("Exit codes: 0 yes, 1 no.")
            .subcommand(dig)
            .subcommand(
                Command::new("plant")
                    .subcommand(Command::new("tree").about("Plant a tree"))
                    .subcommand(Command::new("secret").hide(true)),
            );
        assert_eq!(
            text_of(program),
            "# The command line

A garden by hand.

```text
garden COMMAND [OPTIONS]
```

Exit codes: 0 yes, 1 no.

- [dig](#dig): Dig a hole
- [plant tree](#plant-tree): Plant a tree

## dig

Dig a hole.

```text
garden dig [OPTIONS] <PLACE>
```

- `PLACE`: Where
- `-d`, `--depth`, `--down METRES`: How deep; one of `1`, `2`; `1` unless given
- `--quiet`: Say nothing

## plant tree

Plant a tree.

```text
garden plant tree
```
"
        );
    }
}
