//! What is said of a question that contradicts itself.

use tf_provider::{AttributePath, Diagnostic};

/// `command` beside `exec = "aws"`.
pub(super) fn command_of_another_program() -> Diagnostic {
    Diagnostic::error(
        "Conflicting Attributes",
        "`command` is the path of this binary, and with `exec = \"aws\"` another program makes the tokens. Leave one of them out.",
    )
    .at(AttributePath::attribute("command"))
}
