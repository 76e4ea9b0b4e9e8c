//! An imported role answers for every policy that it has: the first plan after it says which of them the configuration does not name.

use std::collections::BTreeSet;

use tf_provider::resource::Private;
use tf_provider::{Attr, Context};

use super::ManagedRole;
use super::attachments::{Attachment, Attachments};
use super::diagnostics;
use crate::client::Client;

/// Private facts: the state came by an import, or by a move from another provider, and nothing was applied since.
const IMPORTED: &str = "imported";

/// Notes that the state has policies that no configuration has named yet.
pub(super) fn note(private: &mut Private) {
    private.entries.insert(IMPORTED.to_owned(), true.into());
}

/// Warns of the policies that go because an import took them and the configuration does not name them.
pub(super) fn warn(
    cx: &Context<Client>,
    private: &Private,
    (prior, planned): (&ManagedRole, &ManagedRole),
) {
    if !private.entries.contains_key(IMPORTED) {
        return;
    }
    let mut gone: BTreeSet<Attachment> = Attachments::of_state(prior).all;
    gone.retain(|one| !may_stay(one, planned));
    if !gone.is_empty() {
        let name = prior.name.known().map_or("", String::as_str);
        cx.add(diagnostics::import_detaches(name, &gone));
    }
}

/// True for what the configuration names, or may name once its values are known.
fn may_stay(one: &Attachment, planned: &ManagedRole) -> bool {
    match one {
        Attachment::ManagedPolicy(arn) => match &planned.policy_arns {
            Attr::Known(arns) => arns
                .iter()
                .any(|named| named.is_unknown() || named.known() == Some(arn)),
            arns => arns.is_unknown(),
        },
        Attachment::InlinePolicy(name) => match &planned.inline_policies {
            Attr::Known(policies) => policies.contains_key(name),
            policies => policies.is_unknown(),
        },
        Attachment::InstanceProfile(_) => true,
    }
}
