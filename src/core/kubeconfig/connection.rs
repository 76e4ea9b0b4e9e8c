//! What a person needs to reach a cluster: its address, a command that makes tokens, and a name for both together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::item::Item;
use super::merge::Section;

/// Which program kubectl asks for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// This binary's `token`, at the path or name that the kubeconfig gives.
    Token {
        /// The path or name.
        command: String,
    },
    /// `aws eks get-token`, in the words of `aws eks update-kubeconfig`.
    Aws,
}

/// How kubectl gets a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exec {
    /// The program.
    pub program: Program,
    /// The cluster that the token is made for.
    pub cluster_name: String,
    /// Its region.
    pub region: String,
    /// The role that is assumed first.
    pub role_arn: Option<String>,
    /// The profile of the shared configuration.
    pub profile: Option<String>,
}

/// A context with its cluster and its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The context's name.
    pub context: String,
    /// The name of the cluster's entry.
    pub cluster: String,
    /// The name of the user's entry.
    pub user: String,
    /// The API server, `https://…`.
    pub server: String,
    /// Its certificate authority, PEM.
    pub certificate_authority: String,
    /// How kubectl gets a token.
    pub exec: Exec,
}

impl Connection {
    /// The text of a kubeconfig with nothing else in it.
    #[must_use]
    pub fn fresh(&self) -> String {
        let whole = Item::map([
            ("apiVersion", Item::text("v1")),
            ("clusters", Item::List(vec![self.entry(Section::Clusters)])),
            ("contexts", Item::List(vec![self.entry(Section::Contexts)])),
            ("current-context", Item::text(&self.context)),
            ("kind", Item::text("Config")),
            ("users", Item::List(vec![self.entry(Section::Users)])),
        ]);
        let lines = whole.lines();
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    pub(super) fn name(&self, section: Section) -> &str {
        match section {
            Section::Clusters => &self.cluster,
            Section::Contexts => &self.context,
            Section::Users => &self.user,
        }
    }

    /// The entry of a section, its fields in the order in which kubectl writes them.
    pub(super) fn entry(&self, section: Section) -> Item {
        let name = ("name", Item::text(self.name(section)));
        match section {
            Section::Clusters => {
                let authority = STANDARD.encode(&self.certificate_authority);
                let cluster = Item::map([
                    ("certificate-authority-data", Item::text(authority)),
                    ("server", Item::text(&self.server)),
                ]);
                Item::map([("cluster", cluster), name])
            }
            Section::Contexts => {
                let context = Item::map([
                    ("cluster", Item::text(&self.cluster)),
                    ("user", Item::text(&self.user)),
                ]);
                Item::map([("context", context), name])
            }
            Section::Users => {
                let user = Item::map([("exec", self.exec.item())]);
                Item::map([name, ("user", user)])
            }
        }
    }
}

impl Exec {
    fn item(&self) -> Item {
        let texts = |texts: Vec<&str>| Item::List(texts.into_iter().map(Item::text).collect());
        let role = self.role_arn.as_deref();
        match &self.program {
            Program::Token { command } => {
                let mut args = vec!["token", "--cluster-name", &self.cluster_name];
                args.extend(["--region", &self.region]);
                args.extend(role.iter().flat_map(|role| ["--role-arn", role]));
                // As a flag and not in AWS_PROFILE, because keys in the environment of whoever runs kubectl would win over that.
                let profile = self.profile.as_deref();
                args.extend(profile.iter().flat_map(|profile| ["--profile", profile]));
                Item::map([
                    ("apiVersion", Item::text("client.authentication.k8s.io/v1")),
                    ("args", texts(args)),
                    ("command", Item::text(command)),
                    ("interactiveMode", Item::text("Never")),
                ])
            }
            Program::Aws => {
                let mut args = vec!["--region", &self.region, "eks", "get-token"];
                args.extend(["--cluster-name", &self.cluster_name, "--output", "json"]);
                // The short spelling is the one that `aws eks update-kubeconfig` writes.
                args.extend(role.iter().flat_map(|role| ["--role", role]));
                let mut members = vec![
                    (
                        "apiVersion",
                        Item::text("client.authentication.k8s.io/v1beta1"),
                    ),
                    ("args", texts(args)),
                    ("command", Item::text("aws")),
                ];
                if let Some(profile) = &self.profile {
                    let variable = Item::map([
                        ("name", Item::text("AWS_PROFILE")),
                        ("value", Item::text(profile)),
                    ]);
                    members.push(("env", Item::List(vec![variable])));
                }
                Item::map(members)
            }
        }
    }
}

/// A name of a context or user that can be typed and printed.
///
/// # Errors
/// What is wrong with it.
pub fn check_entry_name(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("it is empty");
    }
    if name.trim() != name {
        return Err("it begins or ends with a blank");
    }
    match name.chars().any(char::is_control) {
        true => Err("it has a line break or another control character"),
        false => Ok(()),
    }
}
