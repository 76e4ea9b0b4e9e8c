//! kube2iam and kiam as they run in a cluster: which of them it is, and what its flags say.
//!
//! Sources: kube2iam 0.15.0 (`cmd/main.go`), kiam 4.2 (`cmd/kiam/server.go`): the base ARN gets a slash at its end where it has none.

use super::kiam::ExpressionMode;
use super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::objects::Program;
use super::system::{Kiam, LegacySystem, SystemName};

/// What was found running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectedSystem {
    /// With what its flags say; without a base ARN where it looks for that itself.
    pub system: LegacySystem,
    /// Whether the flags name a base ARN.
    pub has_base_arn: bool,
    /// The role that it assumes before it assumes those of pods.
    pub assumed_role: Option<String>,
}

/// kube2iam's container, or that of kiam's server; its agent decides nothing.
pub(super) fn detect(program: Program) -> Option<DetectedSystem> {
    let image = image_name(&program);
    let flags = Flags(&program.words);
    let system = match image {
        "kube2iam" => SystemName::Kube2iam,
        "kiam" | "kiam-server" if !program.words.iter().any(|word| word == "agent") => {
            SystemName::Kiam
        }
        _ => return None,
    };
    Some(match system {
        SystemName::Kube2iam => {
            let base_arn = flags.value("base-role-arn");
            let restriction = NamespaceRestriction::from_flags(
                flags.is_set("namespace-restrictions"),
                flags
                    .value("namespace-restriction-format")
                    .unwrap_or("glob"),
            );
            DetectedSystem {
                has_base_arn: base_arn.is_some(),
                assumed_role: None,
                system: LegacySystem::Kube2iam(Kube2iam {
                    base_arn: with_slash(base_arn.unwrap_or_default()),
                    default_role: flags.value("default-role").unwrap_or_default().to_owned(),
                    restriction,
                }),
            }
        }
        SystemName::Kiam => {
            let prefix = flags.value("role-base-arn");
            DetectedSystem {
                has_base_arn: prefix.is_some(),
                assumed_role: flags.value("assume-role-arn").map(str::to_owned),
                system: LegacySystem::Kiam(Kiam {
                    prefix: with_slash(prefix.unwrap_or_default()),
                    mode: match flags.is_set("disable-strict-namespace-regexp") {
                        true => ExpressionMode::Search,
                        false => ExpressionMode::Strict,
                    },
                }),
            }
        }
    })
}

/// True for every part of either system, kiam's agent among them.
pub(super) fn is_part_of_system(program: &Program) -> bool {
    matches!(
        image_name(program),
        "kube2iam" | "kiam" | "kiam-server" | "kiam-agent"
    )
}

/// The last part of an image's name, without its tag.
fn image_name(program: &Program) -> &str {
    let last = program.image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next().unwrap_or_default()
}

/// The base ARN as both systems use it: with a slash at its end.
pub fn with_slash(base_arn: &str) -> String {
    match base_arn.is_empty() || base_arn.ends_with('/') {
        true => base_arn.to_owned(),
        false => format!("{base_arn}/"),
    }
}

/// A command line with flags as `--name=value` or `--name value`.
struct Flags<'w>(&'w [String]);

impl Flags<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let mut words = self.0.iter();
        while let Some(word) = words.next() {
            let Some(rest) = flag(word, name) else {
                continue;
            };
            let value = match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None => words.next().map(String::as_str),
            };
            return value.map(|value| value.trim_matches(['"', '\'']));
        }
        None
    }

    fn is_set(&self, name: &str) -> bool {
        self.0.iter().any(|word| match flag(word, name) {
            Some(rest) => !matches!(rest, "=false" | "=0" | "=f" | "=F" | "=False" | "=FALSE"),
            None => false,
        })
    }
}

/// What follows the name of a flag in a word; nothing where it is another flag.
fn flag<'w>(word: &'w str, name: &str) -> Option<&'w str> {
    let rest = word.strip_prefix("--")?.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with('=')).then_some(rest)
}
