//! Which errors name a page: those whose remedy is longer than a message should be. The page is the guide "Troubleshooting", the place in it the heading
//! that is the error's title.

/// Where `docs/` can be read.
const DOCS: &str = match option_env!("EKSAUTH_DOCS_URL") {
    Some(address) => address,
    None => concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs"),
};

/// Errors whose remedy is long, by title; and a warning, which names its page itself.
const LONG_REMEDIES: [&str; 35] = [
    "A Protected Principal Loses Access",
    "Access Cannot Be Judged",
    "Cannot Change OIDC Provider",
    "Cannot Change Role",
    "Cannot Create OIDC Provider",
    "Cannot Create Role",
    "Cannot Delete OIDC Provider",
    "Cannot Delete Role",
    "Cannot Look Up Permission Set",
    "Cannot Reach Cluster",
    "Cannot Read",
    "Cannot Read Cluster",
    "Cannot Read OIDC Provider",
    "Cannot Read Role",
    "Cannot Read aws-auth",
    "Cannot Tell Who Is Calling",
    "Cannot Write aws-auth",
    "Cluster Not Found",
    "Cluster Not Ready In Time",
    "Entry Exists Already",
    "Findings On Mapped Groups",
    "Nodes Lose Their Access",
    "OIDC Provider Exists Already",
    "Removal In Doubt",
    "Role Exists Already",
    "Role Trusts No One",
    "Section Cannot Be Parsed",
    "The Cluster Does Not Know Who You Are",
    "The Last Cluster Admin Goes",
    "This Change Locked You Out",
    "This Change Locked You Out And Was Undone",
    "This Change Locks You Out",
    "Too Many Conflicts",
    "Trust Policy Over Quota",
    "Two Resources For One Entry",
];

/// The address of the page about errors of a title; `None` where the text says everything.
pub fn page_about(title: &str) -> Option<String> {
    let is_listed = LONG_REMEDIES.contains(&title);
    is_listed.then(|| format!("{DOCS}/guides/troubleshooting.md#{}", anchor(title)))
}

/// A heading as a link names it: lower case, a hyphen for each blank, without punctuation.
fn anchor(title: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    title
        .to_lowercase()
        .chars()
        .filter(kept)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = include_str!("../../../docs/guides/troubleshooting.md");

    #[test]
    fn every_page_that_a_message_names_has_its_heading_once() {
        let headings = GUIDE.lines().filter_map(|line| {
            let text = line.trim_start_matches('#');
            (text.len() < line.len()).then(|| anchor(text.trim()))
        });
        let headings: Vec<String> = headings.collect();
        for title in LONG_REMEDIES {
            let page = page_about(title).unwrap();
            let (address, place) = page.split_once('#').unwrap();
            assert!(
                address.ends_with("/docs/guides/troubleshooting.md"),
                "{page}"
            );
            let found = headings.iter().filter(|heading| *heading == place);
            assert_eq!(found.count(), 1, "{title}");
        }
    }

    #[test]
    fn an_anchor_is_what_the_heading_becomes() {
        assert_eq!(
            page_about("Cannot Read aws-auth").unwrap(),
            "https://github.com/eksauth/terraform-provider-eksauth/blob/main/docs/guides/troubleshooting.md#cannot-read-aws-auth"
        );
        assert_eq!(anchor("The Caller's Own Entry"), "the-callers-own-entry");
        assert_eq!(page_about("Invalid ARN"), None);
    }
}
