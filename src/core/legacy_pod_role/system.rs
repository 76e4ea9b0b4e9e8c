//! Which of the two systems gives roles to pods, and how it is set up.

use super::inventory::{Inventory, NamespaceRules};
use super::kiam::{self, ExpressionMode};
use super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::{AnnotationFinding, LegacyPodRoleError};

/// The systems by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemName {
    /// jtblin/kube2iam.
    Kube2iam,
    /// uswitch/kiam.
    Kiam,
}

impl SystemName {
    /// `kube2iam` or `kiam`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kube2iam => "kube2iam",
            Self::Kiam => "kiam",
        }
    }
}

/// How a cluster's kiam is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kiam {
    /// `--role-base-arn`, what names are appended to.
    pub prefix: String,
    /// How the namespaces' expressions are compared.
    pub mode: ExpressionMode,
}

/// A system as it is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegacySystem {
    /// jtblin/kube2iam.
    Kube2iam(Kube2iam),
    /// uswitch/kiam.
    Kiam(Kiam),
}

/// How well the set-up of a system is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetUp {
    /// It was given, or its flags were read.
    Known,
    /// Its flags were read, and which rules its version has is not known, or they are not those of the versions that this is written for.
    VersionInDoubt,
    /// Annotations alone show which system it is; its flags are taken to be the usual ones.
    Inferred,
}

impl LegacySystem {
    /// Which of the two it is.
    pub fn name(&self) -> SystemName {
        match self {
            Self::Kube2iam(_) => SystemName::Kube2iam,
            Self::Kiam(_) => SystemName::Kiam,
        }
    }

    /// What names of roles are appended to; empty where that is not known.
    pub fn base_arn(&self) -> &str {
        match self {
            Self::Kube2iam(kube2iam) => &kube2iam.base_arn,
            Self::Kiam(kiam) => &kiam.prefix,
        }
    }

    /// The same with another base ARN.
    pub fn with_base_arn(self, base_arn: String) -> LegacySystem {
        match self {
            Self::Kube2iam(kube2iam) => Self::Kube2iam(Kube2iam {
                base_arn,
                ..kube2iam
            }),
            Self::Kiam(kiam) => Self::Kiam(Kiam {
                prefix: base_arn,
                ..kiam
            }),
        }
    }

    /// The role that a pod gets, as far as its annotation says; `None` for one that gets none.
    ///
    /// # Errors
    /// An annotation that names no role.
    pub fn role_of(&self, annotation: Option<&str>) -> Result<Option<String>, LegacyPodRoleError> {
        match (self, annotation) {
            (Self::Kube2iam(kube2iam), annotation) => match kube2iam.role_of_pod(annotation) {
                Err(LegacyPodRoleError::NoRole) => Ok(None),
                role => role.map(Some),
            },
            (Self::Kiam(_), None) => Ok(None),
            (Self::Kiam(kiam), Some(role)) => {
                kiam::resolve(&kiam.prefix, role).map(|role| Some(role.arn))
            }
        }
    }

    /// Whether pods of a namespace may have a role, which the annotation asks for.
    ///
    /// # Errors
    /// An expression that does not compile; kiam then decides nothing.
    pub fn is_permitted(
        &self,
        namespace: &NamespaceRules,
        annotation: Option<&str>,
        role_arn: &str,
    ) -> Result<bool, LegacyPodRoleError> {
        match self {
            Self::Kube2iam(kube2iam) => {
                Ok(kube2iam.is_allowed(namespace.allowed_roles.as_deref(), role_arn))
            }
            Self::Kiam(kiam) => {
                let permitted = namespace.permitted.as_deref().unwrap_or_default();
                let asked = annotation.unwrap_or(role_arn);
                kiam::is_permitted(permitted, &kiam.prefix, asked, kiam.mode)
            }
        }
    }

    /// The annotation of a namespace that this system reads.
    pub fn rule_of<'n>(&self, namespace: &'n NamespaceRules) -> Option<&'n str> {
        match self {
            Self::Kube2iam(_) => namespace.allowed_roles.as_deref(),
            Self::Kiam(_) => namespace.permitted.as_deref(),
        }
    }

    /// What is worth saying about a namespace's annotation.
    pub fn findings_of(&self, rule: &str) -> Vec<AnnotationFinding> {
        match self {
            Self::Kube2iam(kube2iam) => kube2iam.findings(rule),
            Self::Kiam(kiam) => kiam::findings(rule, kiam.mode),
        }
    }
}

/// The system of a name that runs, or the first one that does where none is named, else the one whose annotations the namespaces have; `None` where nothing
/// asks for a role in this way.
pub fn system_of(inventory: &Inventory, name: Option<SystemName>) -> Option<(LegacySystem, SetUp)> {
    if let Some(detected) = inventory.running(name).next() {
        return Some((detected.system.clone(), detected.set_up));
    }
    let rules = || inventory.namespaces.values();
    let has_role = inventory
        .workloads()
        .iter()
        .any(|workload| workload.template.role.is_some());
    let kube2iam = |restriction| {
        let system = Kube2iam {
            base_arn: String::new(),
            default_role: String::new(),
            restriction,
        };
        (LegacySystem::Kube2iam(system), SetUp::Inferred)
    };
    if rules().any(|rules| rules.permitted.is_some()) {
        let kiam = Kiam {
            prefix: String::new(),
            mode: ExpressionMode::Strict,
        };
        return Some((LegacySystem::Kiam(kiam), SetUp::Inferred));
    }
    if rules().any(|rules| rules.allowed_roles.is_some()) {
        return Some(kube2iam(NamespaceRestriction::Glob));
    }
    has_role.then(|| kube2iam(NamespaceRestriction::Off))
}
