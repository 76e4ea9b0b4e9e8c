//! A kubeconfig as it may be shown: what can be secret is replaced, and so are comments, which can hold anything.
//!
//! Shown is what is on the list here; a field that is not on it is replaced, so a plugin's own field never leaks.

use super::error::KubeconfigError;
use super::read::{Kubeconfig, field, parse, text_of};
use crate::yaml::{Kind, Node, NodeId, ScalarStyle, Value};

const MASK: &str = "***";

/// Commands whose arguments hold no secret.
const KNOWN_COMMANDS: [&str; 3] = ["aws", "aws-iam-authenticator", "terraform-provider-eksauth"];

/// Variables whose values are no secrets.
const KNOWN_VARIABLES: [&str; 4] = [
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_STS_REGIONAL_ENDPOINTS",
];

/// The text with everything replaced that may be secret.
///
/// # Errors
/// A text that is no kubeconfig.
pub fn masked(text: &str) -> Result<String, KubeconfigError> {
    let document = parse(text)?;
    let kubeconfig = Kubeconfig::open(&document)?;
    let mut masking = Masking {
        kubeconfig: &kubeconfig,
        leaves: Vec::new(),
    };
    if let Some(root) = kubeconfig.root {
        masking.walk(root, &mut Vec::new(), Trust::default());
    }
    Ok(masking.text())
}

/// What is known of the command around a value.
#[derive(Clone, Copy, Default)]
struct Trust {
    is_known_command: bool,
    is_known_variable: bool,
}

struct Masking<'k, 'd> {
    kubeconfig: &'k Kubeconfig<'d>,
    leaves: Vec<Leaf>,
}

/// A scalar or an alias and what is shown of it.
struct Leaf {
    start: usize,
    end: usize,
    mask: Option<String>,
}

impl Masking<'_, '_> {
    fn walk(&mut self, id: NodeId, path: &mut Vec<String>, trust: Trust) {
        let document = self.kubeconfig.document;
        let Some(node) = document.node(id) else {
            return;
        };
        match node.kind {
            Kind::Scalar(_) | Kind::Alias(_) => {
                let is_shown = is_shown(path, node, trust);
                self.leaf(node, is_shown);
            }
            Kind::Sequence { .. } => {
                path.push("[]".to_owned());
                for child in document.children(id) {
                    self.walk(child, path, trust);
                }
                path.pop();
            }
            Kind::Mapping { .. } => {
                let trust = self.trust(id, path, trust);
                for (key, value) in document.pairs(id) {
                    let name = document.resolve(key).map(|(_, key)| key.value.to_string());
                    if let Some(key) = document.node(key) {
                        self.leaf(key, true);
                    }
                    path.push(name.unwrap_or_default());
                    self.walk(value, path, trust);
                    path.pop();
                }
            }
        }
    }

    fn trust(&self, mapping: NodeId, path: &[String], trust: Trust) -> Trust {
        let Ok(value) = self.kubeconfig.decode(mapping) else {
            return Trust::default();
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["users", "[]", "user", "exec"] => Trust {
                is_known_command: is_known_command(&value),
                ..trust
            },
            ["users", "[]", "user", "exec", "env", "[]"] => Trust {
                is_known_variable: text_of(&value, "name")
                    .is_some_and(|name| KNOWN_VARIABLES.contains(&name.as_str())),
                ..trust
            },
            _ => trust,
        }
    }

    fn leaf(&mut self, node: &Node<'_>, is_shown: bool) {
        let mask = match node.kind {
            _ if is_shown || node.is_absent() => None,
            Kind::Scalar(ScalarStyle::Literal | ScalarStyle::Folded) => Some(format!("{MASK}\n")),
            Kind::Scalar(ScalarStyle::Plain) => Some(MASK.to_owned()),
            _ => Some(format!("\"{MASK}\"")),
        };
        self.leaves.push(Leaf {
            start: node.content(),
            end: node.end(),
            mask,
        });
    }

    fn text(mut self) -> String {
        let text = self.kubeconfig.document.text;
        self.leaves.sort_by_key(|leaf| leaf.start);
        let mut shown = String::with_capacity(text.len());
        let mut done = 0;
        for leaf in &self.leaves {
            shown.push_str(&without_comments(
                text.get(done..leaf.start).unwrap_or_default(),
            ));
            let own = text.get(leaf.start..leaf.end).unwrap_or_default();
            shown.push_str(leaf.mask.as_deref().unwrap_or(own));
            done = leaf.end.max(done);
        }
        shown.push_str(&without_comments(text.get(done..).unwrap_or_default()));
        shown
    }
}

fn is_known_command(exec: &Value<'_>) -> bool {
    let Some(Value::Text(command)) = field(exec, "command") else {
        return false;
    };
    let name = command.rsplit(['/', '\\']).next().unwrap_or_default();
    KNOWN_COMMANDS.contains(&name)
}

fn is_shown(path: &[String], node: &Node<'_>, trust: Trust) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["apiVersion" | "kind" | "current-context"] => true,
        ["clusters" | "contexts" | "users", "[]", "name"] => true,
        // An address may carry a name and a password.
        ["clusters", "[]", "cluster", "server"] => !node.value.contains('@'),
        [
            "clusters",
            "[]",
            "cluster",
            "certificate-authority"
            | "certificate-authority-data"
            | "tls-server-name"
            | "insecure-skip-tls-verify"
            | "disable-compression",
        ] => true,
        [
            "contexts",
            "[]",
            "context",
            "cluster" | "user" | "namespace",
        ] => true,
        [
            "users",
            "[]",
            "user",
            "exec",
            "apiVersion" | "command" | "interactiveMode" | "provideClusterInfo",
        ] => true,
        ["users", "[]", "user", "exec", "args", "[]"] => trust.is_known_command,
        ["users", "[]", "user", "exec", "env", "[]", "name"] => true,
        ["users", "[]", "user", "exec", "env", "[]", "value"] => trust.is_known_variable,
        _ => false,
    }
}

/// What stands between values, each comment replaced.
fn without_comments(gap: &str) -> String {
    let lines = gap.split_inclusive('\n').map(|line| {
        let at = line.find('#');
        let before = at.and_then(|at| line.get(..at));
        match before {
            None => line.to_owned(),
            Some(before) => {
                let line_break = match line.ends_with("\r\n") {
                    true => "\r\n",
                    false if line.ends_with('\n') => "\n",
                    false => "",
                };
                format!("{before}# {MASK}{line_break}")
            }
        }
    });
    lines.collect()
}
