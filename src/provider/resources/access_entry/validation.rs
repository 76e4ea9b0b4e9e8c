//! Rules on several attributes of an access entry together.

use eksauth_core::access::access_entry::{EntryType, PoliciesAllowed};
use tf_provider::{Attr, Diagnostics};

use super::diagnostics;
use super::schema::AccessEntryModel;
use crate::diagnostics::access_policy::refused_scope;

pub(super) fn validate(config: &AccessEntryModel, diagnostics: &mut Diagnostics) {
    let kind = match &config.entry_type {
        Attr::Null => Some(EntryType::Standard),
        _ => config.kind(),
    };
    if let Some(kind) = kind {
        check_names(config, kind, diagnostics);
        check_policies(config, kind, diagnostics);
    }
    let mut names = std::collections::BTreeSet::new();
    for policy in config.known_policies() {
        if let Some(name) = policy.name()
            && !names.insert(name)
        {
            diagnostics.push(diagnostics::policy_twice(name));
        }
        if let Some(Err(invalid)) = policy.access_scope.known().and_then(|scope| scope.expand()) {
            diagnostics.push(refused_scope(invalid, "policies"));
        }
    }
    if config.is_exclusive() && config.policies.is_null() {
        diagnostics.push(diagnostics::exclusive_without_policies());
    }
}

fn check_names(config: &AccessEntryModel, kind: EntryType, diagnostics: &mut Diagnostics) {
    if let Some(Err(error)) = config
        .principal()
        .map(|principal| principal.check_kind(kind))
    {
        diagnostics.push(diagnostics::misplaced(&error));
    }
    if kind.takes_names() {
        return;
    }
    let has_groups = match &config.kubernetes_groups {
        Attr::Known(groups) => !groups.is_empty(),
        Attr::Null | Attr::Unknown => false,
    };
    for (attribute, is_set) in [
        ("user_name", config.user_name.is_known()),
        ("kubernetes_groups", has_groups),
    ] {
        if is_set {
            diagnostics.push(diagnostics::names_of_nodes(attribute, kind));
        }
    }
}

fn check_policies(config: &AccessEntryModel, kind: EntryType, diagnostics: &mut Diagnostics) {
    let allowed = kind.policies_allowed();
    for name in config.known_policies().filter_map(|policy| policy.name()) {
        let is_allowed = match allowed {
            PoliciesAllowed::All => true,
            PoliciesAllowed::Only(only) => name == only,
            PoliciesAllowed::None => false,
        };
        if !is_allowed {
            diagnostics.push(diagnostics::policy_of_nodes(name, kind, allowed));
        }
    }
}
