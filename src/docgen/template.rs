//! A page's text around its generated sections.
//!
//! `docs/templates/<page>` replaces the built-in order of sections where a page needs words of its own. A section's place is a line
//! `<!-- section: NAME -->`; a comment, so that no `{{SessionName}}` of the prose is ever taken for one.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::DocgenError;

const OPEN: &str = "<!-- section: ";
const CLOSE: &str = " -->";

/// The order of sections on a page without a template. A section an object does not have is left out.
pub(crate) const DEFAULT: &str = "\
<!-- section: title -->
<!-- section: example -->
<!-- section: schema -->
<!-- section: import -->
<!-- section: permissions -->
";

/// Puts sections into a template. `sections` holds `None` for a section that the object does not have.
///
/// # Errors
/// The template names a section that does not exist.
pub(crate) fn fill(
    template: &str,
    path: &Path,
    sections: &BTreeMap<&'static str, Option<String>>,
) -> Result<String, DocgenError> {
    let mut page = String::new();
    for line in template.lines() {
        let name = line
            .strip_prefix(OPEN)
            .and_then(|rest| rest.strip_suffix(CLOSE));
        let Some(name) = name else {
            page.push_str(line);
            page.push('\n');
            continue;
        };
        match sections.get(name) {
            Some(Some(section)) => page.push_str(&format!("{}\n\n", section.trim_end())),
            Some(None) => {}
            None => {
                return Err(DocgenError::UnknownSection {
                    path: path.to_owned(),
                    section: name.to_owned(),
                });
            }
        }
    }
    Ok(without_double_gaps(&page))
}

/// No two empty lines in a row outside of code, one line end at the end.
fn without_double_gaps(page: &str) -> String {
    let mut text = String::new();
    let mut in_code = false;
    let mut last_was_empty = true;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        if line.is_empty() && last_was_empty && !in_code {
            continue;
        }
        last_was_empty = line.is_empty();
        text.push_str(line);
        text.push('\n');
    }
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Result<String, DocgenError> {
        let sections = BTreeMap::from([
            ("title", Some(String::from("# A page\n\nof words\n"))),
            ("import", None),
        ]);
        fill(template, Path::new("docs/templates/a.md"), &sections)
    }

    #[test]
    fn words_stand_between_sections_and_placeholders_of_others_stay() {
        assert_eq!(
            filled("<!-- section: title -->\n\n`{{SessionName}}` <!-- is chosen by the caller -->\n\n<!-- section: import -->\n")
                .unwrap(),
            "# A page\n\nof words\n\n`{{SessionName}}` <!-- is chosen by the caller -->\n"
        );
    }

    #[test]
    fn empty_lines_in_code_stay() {
        assert_eq!(
            filled("```hcl\na = 1\n\n\nb = 2\n```\n\n\n\nend\n").unwrap(),
            "```hcl\na = 1\n\n\nb = 2\n```\n\nend\n"
        );
    }

    #[test]
    fn a_section_that_does_not_exist_is_an_error() {
        assert_eq!(
            filled("<!-- section: imprt -->\n").unwrap_err().to_string(),
            "template `docs/templates/a.md` asks for the unknown section `imprt`"
        );
    }
}
