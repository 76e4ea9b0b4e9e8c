//! kube2iam and kiam as they run in a cluster: which of them it is, and what its flags say.
//!
//! What surprises: kiam before version 4 judged namespaces by other rules, and several DaemonSets of one system may have other flags each. What is not known
//! is said, so that nothing is taken away on the word of a guess.
//!
//! Sources: kube2iam 0.15.0 (`cmd/main.go`), kiam 4.2 (`cmd/kiam/server.go`): the base ARN gets a slash at its end where it has none; kiam 2.8 to 4.0
//! (`pkg/server/policy.go`).

use std::collections::BTreeSet;

use super::kiam::ExpressionMode;
use super::kube2iam::{AnnotationKeys, Kube2iam, NamespaceRestriction};
use super::objects::Program;
use super::system::{Kiam, LegacySystem, SetUp, SystemName};

/// The first version of kiam whose rules are those that are written down here.
const KIAM_AS_JUDGED: u32 = 4;

/// The flags of kube2iam that decide who gets which role.
const KUBE2IAM_FLAGS: [&str; 8] = [
    "base-role-arn",
    "default-role",
    "auto-discover-default-role",
    "namespace-restrictions",
    "namespace-restriction-format",
    "iam-role-key",
    "iam-external-id",
    "namespace-key",
];

/// What was found running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetectedSystem {
    /// With what its flags say; without a base ARN where it looks for that itself.
    pub system: LegacySystem,
    /// How well that is known.
    pub set_up: SetUp,
    /// Which annotations it reads.
    pub keys: AnnotationKeys,
    /// Whether each node's own role is the default role.
    pub has_node_role_as_default: bool,
    /// What is worth knowing of its version, one sentence.
    pub version_doubt: Option<String>,
    /// What its flags say that could not be read, one sentence each.
    pub unread: Vec<String>,
    settings: Vec<Setting>,
}

/// A setting that decides who gets which role, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    name: &'static str,
    value: String,
}

/// kube2iam's container, or that of kiam's server; its agent decides nothing.
pub(super) fn detect(program: Program) -> Option<DetectedSystem> {
    let image = image_name(&program);
    match image {
        "kube2iam" => Some(kube2iam(&program)),
        "kiam" | "kiam-server" if !program.words.iter().any(|word| word == "agent") => {
            Some(kiam(&program))
        }
        _ => None,
    }
}

fn kube2iam(program: &Program) -> DetectedSystem {
    let flags = Flags(&program.words);
    let keys = annotation_keys(&flags);
    let has_node_role_as_default = flags.is_set("auto-discover-default-role");
    // It overwrites the base ARN by what it finds.
    let base_arn = flags
        .value("base-role-arn")
        .filter(|_| !has_node_role_as_default);
    let base_arn = with_slash(base_arn.unwrap_or_default());
    let default_role = flags.value("default-role").unwrap_or_default().to_owned();
    let restriction = NamespaceRestriction::from_flags(
        flags.is_set("namespace-restrictions"),
        flags
            .value("namespace-restriction-format")
            .unwrap_or("glob"),
    );
    let how = match restriction {
        NamespaceRestriction::Off => "off",
        NamespaceRestriction::Glob => "glob",
        NamespaceRestriction::Regexp => "regexp",
    };
    let named = |name, value: &str| Setting {
        name,
        value: value.to_owned(),
    };
    DetectedSystem {
        settings: vec![
            named("base-role-arn", &base_arn),
            named("default-role", &default_role),
            named(
                "auto-discover-default-role",
                &has_node_role_as_default.to_string(),
            ),
            named("namespace-restrictions", how),
            named("iam-role-key", &keys.role),
            named("iam-external-id", &keys.external_id),
            named("namespace-key", &keys.namespace),
        ],
        unread: flags.unread(SystemName::Kube2iam, &KUBE2IAM_FLAGS),
        set_up: SetUp::Known,
        keys,
        has_node_role_as_default,
        version_doubt: None,
        system: LegacySystem::Kube2iam(Kube2iam {
            base_arn,
            default_role,
            restriction,
        }),
    }
}

fn annotation_keys(flags: &Flags<'_>) -> AnnotationKeys {
    let or_usual = |name, usual: String| flags.value(name).map_or(usual, str::to_owned);
    let usual = AnnotationKeys::default();
    AnnotationKeys {
        role: or_usual("iam-role-key", usual.role),
        external_id: or_usual("iam-external-id", usual.external_id),
        namespace: or_usual("namespace-key", usual.namespace),
    }
}

fn kiam(program: &Program) -> DetectedSystem {
    let flags = Flags(&program.words);
    let prefix = with_slash(flags.value("role-base-arn").unwrap_or_default());
    let version = major_version(&program.image);
    // Whatever has the flag knows it.
    let is_searched = flags.is_set("disable-strict-namespace-regexp");
    let is_older = version.is_some_and(|version| version < KIAM_AS_JUDGED);
    let mode = match (is_searched, is_older) {
        (true, _) => ExpressionMode::Search,
        (false, true) => ExpressionMode::SearchInAnnotation,
        (false, false) => ExpressionMode::Strict,
    };
    let version_doubt = match is_searched {
        true => None,
        false => version_doubt(&program.image, version),
    };
    let settings = [
        ("role-base-arn", prefix.clone()),
        ("disable-strict-namespace-regexp", is_searched.to_string()),
        (
            "assume-role-arn",
            flags
                .value("assume-role-arn")
                .unwrap_or_default()
                .to_owned(),
        ),
        (
            "version",
            version.map_or_else(|| program.image.clone(), |version| version.to_string()),
        ),
    ];
    DetectedSystem {
        settings: settings
            .map(|(name, value)| Setting { name, value })
            .to_vec(),
        unread: flags.unread(
            SystemName::Kiam,
            &["role-base-arn", "disable-strict-namespace-regexp"],
        ),
        set_up: match version_doubt {
            Some(_) => SetUp::VersionInDoubt,
            None => SetUp::Known,
        },
        keys: AnnotationKeys::default(),
        has_node_role_as_default: false,
        version_doubt,
        system: LegacySystem::Kiam(Kiam { prefix, mode }),
    }
}

/// What is to be said of a version whose rules are others, or that is not known.
fn version_doubt(image: &str, version: Option<u32>) -> Option<String> {
    match version {
        Some(version) if version < KIAM_AS_JUDGED => Some(format!(
            "the image `{image}` is kiam {version}, which searches the expression of a namespace anywhere in the role as a pod asks for it; what it does not permit keeps its old \
             trust all the same"
        )),
        Some(_) => None,
        None => Some(format!(
            "the image `{image}` does not say which version of kiam runs: it is judged by the rules of kiam {KIAM_AS_JUDGED}, and what those do not permit keeps its old trust, \
             because older versions may permit it"
        )),
    }
}

/// In what the parts of a system that run differ, in one sentence; `None` where they do not.
pub(super) fn differences(running: &[&DetectedSystem]) -> Option<String> {
    let first = running.first()?;
    let differing: Vec<String> = first
        .settings
        .iter()
        .filter_map(|setting| {
            let all = running.iter().flat_map(|found| &found.settings);
            let values: BTreeSet<&str> = all
                .filter(|other| other.name == setting.name)
                .map(|other| other.value.as_str())
                .collect();
            let values: Vec<String> = values.into_iter().map(shown).collect();
            let name = match setting.name {
                "version" => "its version".to_owned(),
                flag => format!("`--{flag}`"),
            };
            (values.len() > 1).then(|| format!("{name} is {}", values.join(" and ")))
        })
        .collect();
    (!differing.is_empty()).then(|| {
        format!(
            "{} runs with different settings, and only one of them is judged: {}. Let all of its pods run with the same",
            first.system.name().word(),
            differing.join(", ")
        )
    })
}

fn shown(value: &str) -> String {
    match value {
        "" => "not set".to_owned(),
        value => format!("`{value}`"),
    }
}

/// The first number of an image's tag, `3` of `kiam:v3.2`; `None` for a tag that is no version, and for an image without one.
fn major_version(image: &str) -> Option<u32> {
    let last = image.rsplit('/').next()?.split('@').next()?;
    let (_, tag) = last.split_once(':')?;
    let first = tag
        .strip_prefix('v')
        .unwrap_or(tag)
        .split(['.', '-'])
        .next()?;
    let is_number =
        (1..=2).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_digit());
    first.parse().ok().filter(|_| is_number)
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

/// A command line with flags as `--name=value` or `--name value`; the last of several counts.
struct Flags<'w>(&'w [String]);

impl Flags<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let mut words = self.0.iter();
        let mut last = None;
        while let Some(word) = words.next() {
            let Some(rest) = flag(word, name) else {
                continue;
            };
            let value = match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None => words.next().map(String::as_str),
            };
            last = value.map(|value| value.trim_matches(['"', '\'']));
        }
        last
    }

    fn is_set(&self, name: &str) -> bool {
        let last = self.0.iter().rev().find_map(|word| flag(word, name));
        last.is_some_and(|rest| {
            !matches!(rest, "=false" | "=0" | "=f" | "=F" | "=False" | "=FALSE")
        })
    }

    /// What of some flags could not be read, one sentence each.
    fn unread(&self, system: SystemName, names: &[&str]) -> Vec<String> {
        let system = system.word();
        let is_line = |word: &&String| word.contains(char::is_whitespace) && word.contains("--");
        let line = self.0.iter().find(is_line).map(|_| {
            format!(
                "the flags of {system} stand in one text, such as a command of a shell, and are not read; write each as a word of its own"
            )
        });
        let elsewhere = names.iter().filter_map(|name| {
            let value = self.value(name).filter(|value| value.contains("$("))?;
            Some(format!(
                "`--{name}` of {system} is `{value}`, whose value stands elsewhere and is not read"
            ))
        });
        line.into_iter().chain(elsewhere).collect()
    }
}

/// What follows the name of a flag in a word; nothing where it is another flag.
fn flag<'w>(word: &'w str, name: &str) -> Option<&'w str> {
    let rest = word.strip_prefix("--")?.strip_prefix(name)?;
    (rest.is_empty() || rest.starts_with('=')).then_some(rest)
}
