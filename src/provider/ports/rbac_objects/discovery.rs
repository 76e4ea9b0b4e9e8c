//! What an API server serves.

/// A resource that the API server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedResource {
    /// Its API group; the empty text is the core group.
    pub api_group: String,
    /// `deployments`, `deployments/scale`.
    pub name: String,
    /// What can be done with it.
    pub verbs: Vec<String>,
    /// Whether it is in namespaces.
    pub is_namespaced: bool,
}

/// What the API server says of what it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Every resource.
    pub resources: Vec<ServedResource>,
    /// Groups whose resources could not be told: the server that serves them is away.
    pub incomplete: Vec<String>,
}
