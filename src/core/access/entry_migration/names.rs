//! User names and groups of aws-auth as an access entry can have them. EKS takes `{{SessionName}}` behind a colon and no other placeholder is documented;
//! what has one value for the principal is written out. Sources: EKS user guide, "Create access entries"; containers-roadmap#2386.

use std::collections::BTreeSet;

use super::{Obstacle, OldEntry};
use crate::access::access_entry::{EntryPrincipal, GroupError, check_group};
use crate::aws_auth::username_template::check_access_entry_username;

const ACCOUNT: &str = "{{AccountID}}";
const SESSION: &str = "{{SessionName}}";
const RAW: &str = "{{SessionNameRaw}}";
const ACCESS_KEY: &str = "{{AccessKeyID}}";
/// The value of this one is known to nodes alone.
pub(super) const INSTANCE: &str = "{{EC2PrivateDNSName}}";

/// The group that gives everything, and the policy that stands for it.
pub(super) const MASTERS: &str = "system:masters";

/// A user name for an access entry.
///
/// # Errors
/// A template that no access entry can have, so that what the user would be called is not known.
pub(super) fn user_name(
    old: &OldEntry,
    principal: &EntryPrincipal,
) -> Result<Option<String>, Obstacle> {
    let written = written_out(&old.username, principal);
    if written.contains(INSTANCE) || written.contains(ACCESS_KEY) {
        return Err(template(&old.username, "user name"));
    }
    // EKS knows the sanitised name alone.
    let written = written.replace(RAW, SESSION);
    if written.replace(SESSION, "").contains("{{") {
        return Err(template(&old.username, "user name"));
    }
    let is_taken = !written.trim().is_empty() && check_access_entry_username(&written).is_ok();
    Ok(is_taken.then_some(written))
}

/// Groups for an access entry, and whether `system:masters` was among them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) names: Vec<String>,
    pub(super) has_masters: bool,
}

/// # Errors
/// A group that no access entry can have.
pub(super) fn groups(old: &OldEntry, principal: &EntryPrincipal) -> Result<Groups, Obstacle> {
    let mut names = BTreeSet::new();
    let mut has_masters = false;
    for group in &old.groups {
        let group = written_out(group, principal);
        if group.contains("{{") {
            return Err(template(&group, "group"));
        }
        // Everybody who enters is in this group.
        if group == "system:authenticated" {
            continue;
        }
        match check_group(&group) {
            Ok(()) => {
                names.insert(group);
            }
            Err(GroupError::Empty) => {}
            Err(GroupError::Masters) => has_masters = true,
            Err(GroupError::Reserved { group }) => return Err(reserved(&group)),
        }
    }
    Ok(Groups {
        names: names.into_iter().collect(),
        has_masters,
    })
}

/// Placeholders that have one value for every session of the principal: the account, and for a user, who has no session, nothing.
pub(super) fn written_out(template: &str, principal: &EntryPrincipal) -> String {
    let written = template.replace(ACCOUNT, principal.account.as_str());
    match principal.is_role {
        true => written,
        false => written.replace(SESSION, "").replace(RAW, ""),
    }
}

fn template(text: &str, what: &str) -> Obstacle {
    Obstacle {
        id: "template",
        why: format!(
            "the {what} `{text}` has a placeholder that EKS does not take in an access entry"
        ),
        what_to_do: format!(
            "Write a {what} without it into aws-auth, behind a colon `{SESSION}` is possible in a user name, bind what was bound to the old one to it, and then move the entry."
        ),
    }
}

fn reserved(group: &str) -> Obstacle {
    Obstacle {
        id: "system_group",
        why: format!(
            "EKS takes no group that starts with `system:` in an access entry, and the entry has `{group}`"
        ),
        what_to_do: format!(
            "Bind the roles of `{group}` to a group of your own, give the entry of aws-auth that group in place of this one, and then move it."
        ),
    }
}
