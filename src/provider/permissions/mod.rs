//! What an object has to be granted: declared beside the code that asks, printed on the object's page, and held by tests.
//!
//! Whether something is required is a fact of the code: without it the object fails with an error that names it, or it goes on. Resources are
//! narrowed as far as the object's example allows: its account, region, cluster and names.

mod aws;
mod kubernetes;

#[cfg(test)]
mod tests;

pub use aws::{AwsResource, AwsStatement, EXAMPLE_ACCOUNT, EXAMPLE_CLUSTER, EXAMPLE_REGION};
pub use kubernetes::KubernetesRule;

/// What an object asks of AWS and of the cluster.
///
/// `sts:GetCallerIdentity` stands nowhere: AWS answers it to everyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// In AWS.
    pub aws: &'static [AwsStatement],
    /// In the cluster.
    pub kubernetes: &'static [KubernetesRule],
    /// What the lock-out guard reads before this object's changes are written.
    pub for_the_guard: GuardReads,
}

/// What the lock-out guard reads; none of it is required.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuardReads {
    /// In AWS.
    pub aws: &'static [AwsStatement],
    /// In the cluster.
    pub kubernetes: &'static [KubernetesRule],
}

impl Permissions {
    /// For an object that asks nobody, or only what AWS answers to everyone.
    pub const NONE: Self = Self {
        aws: &[],
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };

    /// Everything in AWS, the guard's reads last.
    pub fn all_aws(&self) -> impl Iterator<Item = &'static AwsStatement> + use<> {
        self.aws.iter().chain(self.for_the_guard.aws)
    }

    /// Everything in the cluster, the guard's reads last.
    pub fn all_kubernetes(&self) -> impl Iterator<Item = &'static KubernetesRule> + use<> {
        self.kubernetes.iter().chain(self.for_the_guard.kubernetes)
    }
}

/// The statements of several parts, one after another; `N` is how many they are together, and another number does not compile.
pub(crate) const fn joined<const N: usize>(parts: &[&[AwsStatement]]) -> [AwsStatement; N] {
    let placeholder = AwsStatement {
        actions: &[],
        resource: AwsResource::All,
        need: Need::Required { step: Step::Plan },
    };
    let mut all = [placeholder; N];
    let mut free: &mut [AwsStatement] = &mut all;
    let mut count = 0;
    let mut parts = parts;
    while let [part, more @ ..] = parts {
        let mut statements: &[AwsStatement] = part;
        while let [statement, others @ ..] = statements {
            let slots = free;
            free = match slots {
                [slot, rest @ ..] => {
                    *slot = *statement;
                    rest
                }
                [] => &mut [],
            };
            count += 1;
            statements = others;
        }
        parts = more;
    }
    assert!(count == N);
    all
}

impl GuardReads {
    /// For an object that the guard does not judge.
    pub const NONE: Self = Self {
        aws: &[],
        kubernetes: &[],
    };
}

/// Whether an object can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It fails without, with an error that names what is missing.
    Required {
        /// When it is needed first.
        step: Step,
    },
    /// The same, but not every configuration comes to need it.
    RequiredFor {
        /// When it is needed first.
        step: Step,
        /// Which does: `` `policy_arns` ``.
        what: &'static str,
    },
    /// It goes on without.
    WhereGranted {
        /// What it does with it and does not do without it, as a sentence without its period.
        purpose: &'static str,
    },
    /// It goes on without, but for one kind of change, which the lock-out guard refuses then.
    RefusedWithout {
        /// Which change, as a noun: `removing an entry of nodes`.
        change: &'static str,
        /// What it does with it, as a sentence without its period.
        purpose: &'static str,
    },
}

impl Need {
    /// When it is needed first; `None` for what is not required.
    pub fn required_at(self) -> Option<Step> {
        match self {
            Self::Required { step } | Self::RequiredFor { step, .. } => Some(step),
            Self::WhereGranted { .. } | Self::RefusedWithout { .. } => None,
        }
    }
}

/// The steps of Terraform, in the order in which they come to need something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Refresh, plan and import, and therefore apply and destroy too.
    Plan,
    /// A change.
    Apply,
    /// A removal.
    Destroy,
}

/// An object that says what it has to be granted.
pub trait DeclaresPermissions {
    /// All of it.
    const PERMISSIONS: Permissions;
}
