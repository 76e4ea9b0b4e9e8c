//! What a page shows of a schema: fields in three groups, each with its type, its rules and what is nested in it.
//!
//! The only knowledge of Terraform here is how its documentation groups and names things.

/// Where Terraform's documentation lists a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Must be configured.
    Required,
    /// May be configured.
    Optional,
    /// The provider fills it.
    ReadOnly,
}

impl Group {
    /// In the order of a page.
    pub(crate) const ALL: [Self; 3] = [Self::Required, Self::Optional, Self::ReadOnly];

    /// As a heading.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Required => "Required",
            Self::Optional => "Optional",
            Self::ReadOnly => "Read-Only",
        }
    }
}

/// Whether a nested thing is written `name = { … }` or `name { … }`; it decides the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NestedKind {
    /// A nested attribute.
    Attribute,
    /// A block.
    Block,
}

impl NestedKind {
    /// How the anchors of its kind begin.
    pub(crate) fn anchor_prefix(self) -> &'static str {
        match self {
            Self::Attribute => "nestedatt",
            Self::Block => "nestedblock",
        }
    }
}

/// What is inside a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nested {
    /// Attribute or block.
    pub(crate) kind: NestedKind,
    /// Its fields in schema order.
    pub(crate) fields: Vec<Field>,
}

/// One attribute or block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its group.
    pub(crate) group: Group,
    /// Its type as the documentation writes it, `Set of String`.
    pub(crate) notation: String,
    /// Hidden in output.
    pub(crate) sensitive: bool,
    /// Reaches no state.
    pub(crate) write_only: bool,
    /// What to use instead.
    pub(crate) deprecated: Option<String>,
    /// What it is where nothing is configured, as it would be written in a configuration.
    pub(crate) default: Option<String>,
    /// A change makes a new object.
    pub(crate) replaces: bool,
    /// What it means, in markdown.
    pub(crate) description: String,
    /// What is inside.
    pub(crate) nested: Option<Nested>,
}
