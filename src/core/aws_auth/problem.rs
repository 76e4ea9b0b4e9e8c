//! What is wrong with a document, where, and what the server makes of it.
//!
//! A problem is either an error the server records too (the entry or the section is damaged) or something it passes over in silence.

use super::Section;

/// One problem at one place of one section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind it is; [`ProblemKind::id`] is stable.
    pub kind: ProblemKind,
    /// The section whose text has it.
    pub section: Section,
    /// The key of `data` as it stands there, where it is not the section's name.
    pub misspelt_key: Option<String>,
    /// The item of the section, where it belongs to one.
    pub index: Option<usize>,
    /// The line within the section's text, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// A sentence without the place: what it is and what the server does about it.
    pub text: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}, line {}, column {}: {}",
            self.section, self.line, self.column, self.text
        )
    }
}

/// The kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The text is no YAML 1.1, or cannot be turned into JSON: the whole section is empty for the server.
    Unparsed,
    /// The section is no list: it is empty for the server.
    NotAList,
    /// A list item that is no mapping (in `mapAccounts`: no single value): the server drops it.
    WrongItem,
    /// An entry without an ARN: the server drops it.
    MissingArn,
    /// An entry with an ARN and `sso`, or with an `sso` the server refuses: it drops the entry.
    InvalidSso,
    /// `username` (or another field that must be text) is a number, a boolean, a list or a mapping: the server leaves it empty.
    FieldNotText,
    /// `groups` is no list: the server gives no groups.
    GroupsNotAList,
    /// A group is no text: the server gives a group without a name.
    GroupNotText,
    /// The entry authenticates with an empty username.
    EmptyUsername,
    /// A group with white space in its name, most often two items folded into one.
    GroupWithWhitespace,
    /// The same field more than once: the last one counts.
    RepeatedField,
    /// The same field in several spellings: the one that sorts last (all lower case) counts.
    CaseVariantField,
    /// Text behind the first YAML document: the server ignores it.
    TextAfterDocument,
    /// Text right behind the section's value: the server ignores it, and any edit would make it an error.
    TextBehindValue,
    /// An account id that is not twelve digits.
    MalformedAccount,
    /// A data key that is a section's name in another case: the server ignores it.
    MiscasedSection,
    /// A section whose text is blank or has comments only: it maps nobody.
    EmptySection,
    /// An entry whose ARN stands under the field of another section: the server drops it.
    FieldOfOtherSection,
    /// An ARN in the list of accounts: it matches nobody.
    ArnAmongAccounts,
    /// A key that is a known one but for letters that only fold to ASCII: the server takes it, other readers do not.
    FoldedKey,
    /// A key that only looks like a known one: the server ignores it.
    LookalikeKey,
}

impl ProblemKind {
    /// A stable identifier.
    pub fn id(self) -> &'static str {
        match self {
            ProblemKind::Unparsed => "lockout.yaml_error",
            ProblemKind::NotAList => "section.not_a_list",
            ProblemKind::WrongItem => "entry.wrong_item",
            ProblemKind::MissingArn => "entry.missing_arn",
            ProblemKind::InvalidSso => "entry.invalid_sso",
            ProblemKind::FieldNotText => "field.not_text",
            ProblemKind::GroupsNotAList => "groups.not_a_list",
            ProblemKind::GroupNotText => "group.not_text",
            ProblemKind::EmptyUsername => "username.empty",
            ProblemKind::GroupWithWhitespace => "group.contains_whitespace",
            ProblemKind::RepeatedField => "yaml.repeated_field",
            ProblemKind::CaseVariantField => "yaml.case_variant_key",
            ProblemKind::TextAfterDocument => "yaml.multiple_documents",
            ProblemKind::TextBehindValue => "yaml.text_behind_value",
            ProblemKind::MalformedAccount => "account.malformed",
            ProblemKind::MiscasedSection => "section.miscased",
            ProblemKind::EmptySection => "lockout.empty_mapping",
            ProblemKind::FieldOfOtherSection | ProblemKind::ArnAmongAccounts => {
                "entry.wrong_section"
            }
            ProblemKind::FoldedKey | ProblemKind::LookalikeKey => "yaml.non_ascii_key",
        }
    }

    /// True where a section with this problem is not edited.
    pub(super) fn prevents_edits(self) -> bool {
        matches!(
            self,
            ProblemKind::Unparsed
                | ProblemKind::NotAList
                | ProblemKind::WrongItem
                | ProblemKind::TextBehindValue
        )
    }

    /// True where the server records an error too; false for what it passes over in silence.
    pub fn is_error(self) -> bool {
        matches!(
            self,
            ProblemKind::Unparsed
                | ProblemKind::NotAList
                | ProblemKind::WrongItem
                | ProblemKind::MissingArn
                | ProblemKind::InvalidSso
                | ProblemKind::FieldNotText
                | ProblemKind::GroupsNotAList
                | ProblemKind::GroupNotText
                | ProblemKind::FieldOfOtherSection
        )
    }
}
