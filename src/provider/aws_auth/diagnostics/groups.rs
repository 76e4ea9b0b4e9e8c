//! What a plan says of the groups of a cluster.

use eksauth_core::access::findings::GroupFinding;
use tf_provider::Diagnostic;

use super::ClusterName;
use crate::diagnostics::page::page_about;

const TITLE: &str = "Findings On Mapped Groups";

/// More findings than this are counted.
const MOST_TOLD: usize = 10;

/// Groups and bindings that do not go together, and groups that can make themselves administrators.
pub(crate) fn groups(cluster: &ClusterName, found: &[GroupFinding]) -> Diagnostic {
    let lines: String = found
        .iter()
        .take(MOST_TOLD)
        .map(|finding| format!("  {}. Finding: {}\n", finding.text, finding.id))
        .collect();
    let more = match found.len().saturating_sub(MOST_TOLD) {
        0 => String::new(),
        more => format!("  and {more} more, which `lint --cluster` lists\n"),
    };
    let page = page_about(TITLE).unwrap_or_default();
    Diagnostic::warning(
        TITLE,
        format!(
            "As cluster `{}` is before this plan:\n\n{lines}{more}\n{}`suppress_findings` of the provider block silences a finding.\n\nSee {page}",
            cluster.name,
            found.iter().find_map(example).unwrap_or_default(),
        ),
    )
}

/// How a group is bound.
fn example(finding: &GroupFinding) -> Option<String> {
    let group = &finding.group;
    // The example names one group, and a template stands for many.
    if finding.id != "group.unbound" || group.contains("{{") {
        return None;
    }
    let label: String = group
        .chars()
        .map(|letter| match letter.is_ascii_alphanumeric() {
            true => letter.to_ascii_lowercase(),
            false => '-',
        })
        .collect();
    Some(format!(
        "If this plan binds the group, nothing is to be done. To bind it here:\n\n\
         resource \"eksauth_group_binding\" \"group-{label}\" {{\n  name         = \"group-{label}\"\n  cluster_role = \"view\"\n  groups       = [{group:?}]\n}}\n\n"
    ))
}

#[cfg(test)]
mod tests {
    use eksauth_core::access::severity::Severity;

    use super::*;

    fn finding(id: &'static str, group: &str) -> GroupFinding {
        GroupFinding {
            id,
            severity: Severity::Warning,
            group: group.to_owned(),
            text: format!("something of `{group}`"),
        }
    }

    fn told(found: &[GroupFinding]) -> String {
        let cluster = ClusterName {
            name: "prod".to_owned(),
            id_suffix: String::new(),
        };
        groups(&cluster, found).detail
    }

    #[test]
    fn an_unbound_group_comes_with_the_binding_that_it_lacks() {
        let page = page_about(TITLE).unwrap();
        assert_eq!(
            told(&[finding("group.unbound", "Team:devs")]),
            format!(
                "As cluster `prod` is before this plan:\n\n  something of `Team:devs`. Finding: group.unbound\n\n\
                 If this plan binds the group, nothing is to be done. To bind it here:\n\n\
                 resource \"eksauth_group_binding\" \"group-team-devs\" {{\n  name         = \"group-team-devs\"\n  cluster_role = \"view\"\n  \
                 groups       = [\"Team:devs\"]\n}}\n\n`suppress_findings` of the provider block silences a finding.\n\nSee {page}"
            )
        );
        for other in [
            finding("group.unbound", "team-{{AccountID}}"),
            finding("group.nobody_mapped", "devs"),
        ] {
            let told = told(&[other]);
            assert!(!told.contains("resource"), "{told}");
        }
    }

    #[test]
    fn many_are_counted() {
        let found: Vec<GroupFinding> = (0..12)
            .map(|number| finding("group.nobody_mapped", &format!("g{number}")))
            .collect();
        let told = told(&found);
        assert!(told.contains("`g9`") && !told.contains("`g10`"), "{told}");
        assert!(
            told.contains("  and 2 more, which `lint --cluster` lists\n"),
            "{told}"
        );
    }
}
