//! `aws_iam_role` and `aws_iam_user`: with the principal goes whatever access rules give it, although they stay.
//!
//! Entries of nodes are left out: their role goes with its nodes. A principal that is made again under its name is none that goes.

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::change::{AccessEntryChange, AwsAuthChange, ClusterChange};
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::aws_auth::{ReadEntry, Section};
use eksauth_core::principal::case_folding::equal_fold;

use super::super::plan_file::{Deed, ResourceChange};
use super::Collector;

/// Whether a kind is one of principals.
pub(super) fn is_kind(kind: &str) -> bool {
    matches!(kind, "aws_iam_role" | "aws_iam_user")
}

impl Collector<'_> {
    pub(super) fn collect_principal(&mut self, resource: &ResourceChange, deed: Deed) {
        let arn = resource.change.before_text("arn");
        let is_made_again = || {
            let name = resource.change.before_text("name");
            self.plan.resource_changes.iter().any(|other| {
                other.kind == resource.kind
                    && other.deed() == Some(Deed::Create)
                    && name.is_some()
                    && other.change.after("name").text() == name
            })
        };
        if let (Deed::Delete, Some(arn)) = (deed, arn)
            && !is_made_again()
        {
            self.found.deleted_principals.insert(arn.to_owned());
        }
    }

    pub(super) fn collect_access_of_deleted(&mut self) {
        for arn in &self.found.deleted_principals {
            let principal = Principal::from_arn(arn);
            let view = &self.before.view;
            let of_map = self.of_aws_auth_alone(&principal);
            let is_listed = |entry: &AccessEntry| {
                !entry.is_for_nodes() && Principal::from_arn(&entry.principal_arn) == principal
            };
            let of_entries = matches!(&view.access_entries, Knowledge::Known(entries) if entries.iter().any(is_listed));
            if of_map.is_empty() && !of_entries {
                continue;
            }
            self.found.notes.push(format!(
                "the plan deletes `{arn}` from IAM, so nobody enters as it any more, whatever still names it"
            ));
            self.found.access_of_deleted.extend(of_map);
            if of_entries {
                let principal_arn = arn.clone();
                let gone = AccessEntryChange::Remove { principal_arn };
                self.found
                    .access_of_deleted
                    .push(ClusterChange::AccessEntry(gone));
            }
        }
    }

    /// The removal of what aws-auth says of somebody who is no node.
    fn of_aws_auth_alone(&self, principal: &Principal) -> Vec<ClusterChange> {
        let is_of = |entry: &&ReadEntry| {
            !entry.is_node()
                && !entry.is_fargate()
                && equal_fold(&Principal::from_arn(&entry.arn).arn, &principal.arn)
        };
        let reading = self.reading().into_iter();
        let entries = reading.flat_map(|reading| {
            [Section::MapRoles, Section::MapUsers]
                .into_iter()
                .flat_map(|section| reading.section(section))
        });
        entries
            .filter(is_of)
            .filter_map(ReadEntry::to_entry)
            .map(|entry| ClusterChange::AwsAuth(AwsAuthChange::Remove(entry)))
            .collect()
    }
}
