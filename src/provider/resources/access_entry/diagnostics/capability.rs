//! What is said of entries that EKS has made for its capabilities.

use eksauth_core::access::capability::Capability;
use tf_provider::Diagnostic;

use super::{About, at, import_block};
use crate::resources::access_entry::live::LiveEntry;

/// An entry that EKS has made for a capability.
pub(in crate::resources::access_entry) struct OfCapability {
    text: String,
}

const TITLE: &str = "Access Entry Of An EKS Capability";

fn names(found: &LiveEntry) -> Option<String> {
    let capabilities = Capability::of_policies(&found.policies);
    let names: Vec<&str> = capabilities.into_iter().map(Capability::name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The entry of a capability's role, where somebody is to make or adopt it.
pub(in crate::resources::access_entry) fn of_capability(
    about: &About,
    found: &LiveEntry,
) -> Option<OfCapability> {
    let names = names(found)?;
    let text = format!(
        "{} is there already: EKS gives it its policies for what it runs as this role ({names}), which comes in by it. It is left alone, and not adopted either. Give the \
         capability more by an `eksauth_access_policy_association`, and leave this resource out. To manage the groups of the entry here all the same, import it:\n\n{}",
        about.text(),
        import_block(about)
    );
    Some(OfCapability { text })
}

impl OfCapability {
    pub(in crate::resources::access_entry) fn as_error(&self) -> Diagnostic {
        Diagnostic::error(TITLE, self.text.clone()).at(at("principal_arn"))
    }

    pub(in crate::resources::access_entry) fn as_warning(&self) -> Diagnostic {
        let text = format!("Apply ends with an error. {}", self.text);
        Diagnostic::warning(TITLE, text).at(at("principal_arn"))
    }
}

/// A removal that takes its access from a capability.
pub(in crate::resources::access_entry) fn capability_loses(
    about: &About,
    found: &LiveEntry,
) -> Option<Diagnostic> {
    let names = names(found)?;
    let text = format!(
        "{} goes, and with it the policies by which what EKS runs as this role ({names}) comes in. Remove the capability first.",
        about.text()
    );
    Some(Diagnostic::warning("EKS Capability Loses Its Access", text))
}
