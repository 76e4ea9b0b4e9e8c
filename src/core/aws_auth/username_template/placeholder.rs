//! The placeholders of a template.

/// The placeholders in the order in which the server replaces them.
pub const PLACEHOLDERS: [&str; 5] = [
    "{{EC2PrivateDNSName}}",
    "{{AccountID}}",
    "{{SessionName}}",
    "{{SessionNameRaw}}",
    "{{AccessKeyID}}",
];
