//! The arrows within a crate: a module names those of its own layer and of the layers below, never one above.

use crate::{tree::Tree, uses::Path};

/// A crate by the folder of its root file, and its modules from the top layer to the bottom one.
pub struct Layers {
    /// The folder, from the repository's root.
    pub folder: &'static str,
    /// The module within the crate whose parts the layers are; empty for the crate itself.
    pub within: &'static [&'static str],
    /// The layers, the top one first.
    pub layers: &'static [&'static [&'static str]],
}

/// Every crate or part of a crate with layers.
pub const LAYERS: [Layers; 2] = [
    Layers {
        folder: "src/provider",
        within: &[],
        layers: &[
            &["provider"],
            &[
                "resources",
                "data_sources",
                "ephemeral",
                "functions",
                "lists",
                "actions",
            ],
            &["client"],
            &["access"],
            &["aws_auth"],
            &["clusters"],
            &["session"],
            &["diagnostics"],
            &["config", "permissions"],
            &["attributes"],
            &["ports", "backoff"],
        ],
    },
    Layers {
        folder: "acceptance-tests/src",
        within: &["bed"],
        layers: &[
            &["workspace"],
            &["terraform", "restricted"],
            &["cloud"],
            &["cluster"],
            &["kubernetes"],
            &[
                "etcd",
                "kube_apiserver",
                "authenticator",
                "emulator",
                "audit",
                "webhook",
                "stub_sts",
            ],
            &["host", "provider_under_test", "secrets", "sockets"],
            &["tools"],
            &["terraform_cli"],
            &[
                "go",
                "plugin_mirror",
                "process",
                "command",
                "http",
                "json",
                "identity",
                "permissions",
            ],
        ],
    },
];

impl Layers {
    /// The modules that stand in no layer, and the names that lead upwards.
    pub fn breaches(&self, tree: &Tree) -> Vec<String> {
        let mut described = Vec::new();
        for name in tree.below(self.within) {
            if self.layer(name).is_none() {
                described.push(format!("`{name}` stands in no layer"));
            }
        }
        for edge in tree.edges() {
            let part = |module: &Path| {
                let below = module.get(self.within.len())?;
                (module
                    .iter()
                    .zip(self.within)
                    .all(|(one, within)| one == within))
                .then(|| below.clone())
            };
            let Some(from) = part(&edge.from) else {
                continue;
            };
            let seen = [&edge.named, &edge.to].map(part);
            let upwards =
                seen.into_iter()
                    .flatten()
                    .find(|to| match (self.layer(&from), self.layer(to)) {
                        (Some(from), Some(to)) => to < from,
                        _ => false,
                    });
            if let Some(to) = upwards {
                described.push(format!(
                    "{} names {}, and `{from}` stands below `{to}`",
                    edge.from.join("::"),
                    edge.named.join("::")
                ));
            }
        }
        described
    }

    fn layer(&self, module: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.contains(&module))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the provider's layers say of these files, beside a root.
    fn breaches(files: &[(&str, &str)]) -> Vec<String> {
        let root = ("lib.rs".to_owned(), String::new());
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        let files: Vec<(String, String)> = std::iter::once(root).chain(files).collect();
        LAYERS[0].breaches(&Tree::new(&files))
    }

    #[test]
    fn the_way_down_is_free() {
        let files = [
            (
                "resources/irsa_role.rs",
                "use crate::{client::Client, session::Session};",
            ),
            (
                "client.rs",
                "use crate::{access::lockout_guard::Guard, aws_auth::write::Writer};",
            ),
            (
                "access/lockout_guard.rs",
                "use crate::aws_auth::document::Document;",
            ),
            ("aws_auth/document.rs", ""),
            (
                "aws_auth/write/mod.rs",
                "use super::document; fn f() { crate::ports::g() }",
            ),
            ("session/mod.rs", "use crate::ports::EksApi;"),
            ("ports/mod.rs", ""),
        ];
        assert_eq!(breaches(&files), Vec::<String>::new());
    }

    #[test]
    fn a_session_that_knows_a_cluster_is_found() {
        let files = [
            ("session/caller.rs", "use crate::clusters::lookup;"),
            ("clusters/lookup.rs", ""),
        ];
        assert_eq!(
            breaches(&files),
            ["session::caller names clusters::lookup, and `session` stands below `clusters`"]
        );
    }

    #[test]
    fn a_writer_that_sees_the_client_or_the_guard_itself_is_found() {
        let files = [
            ("access/lockout_guard.rs", ""),
            (
                "aws_auth/write/queue.rs",
                "fn f(client: &crate::client::Client) { super::super::super::access::lockout_guard::g() }",
            ),
            ("client.rs", ""),
        ];
        assert_eq!(
            breaches(&files),
            [
                "aws_auth::write::queue names access::lockout_guard::g, and `aws_auth` stands below `access`",
                "aws_auth::write::queue names client::Client, and `aws_auth` stands below `client`",
            ]
        );
    }

    #[test]
    fn a_way_up_through_a_use_line_of_another_module_is_found() {
        let files = [
            ("ports/mod.rs", "use crate::Client;"),
            ("client.rs", "pub struct Client;"),
        ];
        let root = (
            "lib.rs".to_owned(),
            "mod client; pub use client::Client;".to_owned(),
        );
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        let tree = Tree::new(&[&[root], files.as_slice()].concat());
        assert_eq!(
            LAYERS[0].breaches(&tree),
            ["ports names Client, and `ports` stands below `client`"]
        );
    }

    #[test]
    fn a_module_that_stands_in_no_layer_is_found() {
        assert_eq!(
            breaches(&[("helpers.rs", "")]),
            ["`helpers` stands in no layer"]
        );
    }
}
