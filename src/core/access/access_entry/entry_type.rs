//! The types of access entries, and what each of them takes. Source: EKS API, CreateAccessEntry; EKS user guide, "Create access entries".

/// A type of access entry. It cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryType {
    /// People and programs.
    Standard,
    /// Nodes of EKS Auto Mode.
    Ec2,
    /// Self-managed Linux and Bottlerocket nodes.
    Ec2Linux,
    /// Self-managed Windows nodes.
    Ec2Windows,
    /// Fargate.
    FargateLinux,
    /// Hybrid nodes.
    HybridLinux,
    /// SageMaker HyperPod.
    HyperpodLinux,
}

/// Which access policies an entry may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoliciesAllowed {
    /// All that there are.
    All,
    /// One.
    Only(&'static str),
    /// None.
    None,
}

impl EntryType {
    /// All of them, as the documents list them.
    pub const ALL: [Self; 7] = [
        Self::Standard,
        Self::Ec2,
        Self::Ec2Linux,
        Self::Ec2Windows,
        Self::FargateLinux,
        Self::HybridLinux,
        Self::HyperpodLinux,
    ];

    /// The service's words, in the same order.
    pub const IDS: [&'static str; 7] = [
        "STANDARD",
        "EC2",
        "EC2_LINUX",
        "EC2_WINDOWS",
        "FARGATE_LINUX",
        "HYBRID_LINUX",
        "HYPERPOD_LINUX",
    ];

    /// The service's word.
    pub fn id(self) -> &'static str {
        match self {
            Self::Standard => "STANDARD",
            Self::Ec2 => "EC2",
            Self::Ec2Linux => "EC2_LINUX",
            Self::Ec2Windows => "EC2_WINDOWS",
            Self::FargateLinux => "FARGATE_LINUX",
            Self::HybridLinux => "HYBRID_LINUX",
            Self::HyperpodLinux => "HYPERPOD_LINUX",
        }
    }

    /// The type of a word; `None` for one that is not known here.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.id() == id)
    }

    /// Whether user name and groups may be chosen; EKS sets those of nodes, and refuses them where they are sent.
    pub fn takes_names(self) -> bool {
        self == Self::Standard
    }

    /// Which policies it may have. Entries of Auto Mode are documented with one policy, although the rule beside it says none (EKS user guide,
    /// "Create node class").
    pub fn policies_allowed(self) -> PoliciesAllowed {
        match self {
            Self::Standard => PoliciesAllowed::All,
            Self::Ec2 => PoliciesAllowed::Only("AmazonEKSAutoNodePolicy"),
            _ => PoliciesAllowed::None,
        }
    }

    /// Whether the documents say which user name EKS sets, so that it may be foretold.
    pub fn has_documented_username(self) -> bool {
        !matches!(self, Self::Ec2 | Self::HyperpodLinux)
    }
}
