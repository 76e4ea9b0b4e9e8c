//! Stories: what a practitioner lives through, told with the real Terraform on the bed.
//!
//! How to write one stands in this crate's README.

mod access_entries_beside_aws_auth;
mod access_entries_moved;
mod access_entry;
mod access_entry_migration;
mod access_entry_replaced;
mod addon_policies;
mod addon_policy;
mod adoption;
mod ask_the_cluster;
mod authentication_mode;
mod authenticators;
mod aws_auth;
mod aws_auth_conflicts;
mod aws_auth_entry;
mod bed;
mod bed_access_entries;
mod bed_access_permissions;
mod bed_access_policies;
mod bed_hashicorp_aws;
mod bed_modes;
mod bed_pod_identity;
mod bed_pod_identity_rules;
mod by_hand;
mod by_hand_refusals;
mod can_i;
mod check_plan;
mod copied_block;
mod entries_taken_down;
mod entries_together;
mod examples;
mod group_binding;
mod guard_cases;
mod guard_soundness;
mod guides;
mod import_by_identity;
mod irsa_role;
mod legacy_guides;
mod legacy_pod_roles;
mod legacy_settings;
mod lockout;
mod lockout_changes;
mod module_tests;
mod moved;
mod moved_from_aws;
mod node_assumed_role;
mod oidc_provider;
mod one_cause;
mod pages;
mod people;
mod permissions;
mod pipeline;
mod pod_identity_association;
mod pod_identity_migration;
mod pod_identity_moved;
mod proves_itself;
mod provider_block;
mod recovery;
mod recovery_guide;
mod renamed;
mod secrets;
mod server;
mod service_account;
mod service_account_holders;
mod service_accounts;
mod single_sign_on;
pub mod skips;
mod sockets;
mod story;
mod taken_down;
mod token_verification;
mod watched;
mod whole_cluster;
mod writers;

pub use story::Story;

/// Every story, in the order in which they are told.
#[must_use]
pub fn all() -> Vec<Story> {
    [
        bed::STORIES,
        sockets::STORIES,
        bed_access_entries::STORIES,
        bed_access_permissions::STORIES,
        bed_access_policies::STORIES,
        bed_modes::STORIES,
        bed_pod_identity::STORIES,
        bed_pod_identity_rules::STORIES,
        bed_hashicorp_aws::STORIES,
        authenticators::STORIES,
        by_hand::STORIES,
        by_hand_refusals::STORIES,
        can_i::STORIES,
        ask_the_cluster::STORIES,
        server::STORIES,
        access_entries_moved::STORIES,
        entries_taken_down::STORIES,
        entries_together::STORIES,
        taken_down::STORIES,
        token_verification::STORIES,
        provider_block::STORIES,
        one_cause::STORIES,
        oidc_provider::STORIES,
        irsa_role::STORIES,
        node_assumed_role::STORIES,
        import_by_identity::STORIES,
        addon_policies::STORIES,
        addon_policy::STORIES,
        service_account::STORIES,
        people::STORIES,
        group_binding::STORIES,
        legacy_guides::STORIES,
        access_entry::STORIES,
        access_entry_replaced::STORIES,
        authentication_mode::STORIES,
        access_entry_migration::STORIES,
        access_entries_beside_aws_auth::STORIES,
        legacy_pod_roles::STORIES,
        legacy_settings::STORIES,
        service_account_holders::STORIES,
        service_accounts::STORIES,
        pod_identity_association::STORIES,
        pod_identity_moved::STORIES,
        pod_identity_migration::STORIES,
        aws_auth_entry::STORIES,
        adoption::STORIES,
        aws_auth_conflicts::STORIES,
        writers::STORIES,
        aws_auth::STORIES,
        moved::STORIES,
        moved_from_aws::STORIES,
        guides::STORIES,
        module_tests::STORIES,
        lockout::STORIES,
        guard_cases::STORIES,
        guard_soundness::STORIES,
        lockout_changes::STORIES,
        proves_itself::STORIES,
        renamed::STORIES,
        pipeline::STORIES,
        check_plan::STORIES,
        single_sign_on::STORIES,
        recovery::STORIES,
        recovery_guide::STORIES,
        secrets::STORIES,
        permissions::STORIES,
        whole_cluster::STORIES,
        copied_block::STORIES,
        examples::STORIES,
        pages::STORIES,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_that_is_told_alone_exists() {
        let alone = all().into_iter().filter(Story::is_told_alone).count();
        assert_eq!(alone, story::ALONE.len());
    }

    #[test]
    fn no_two_stories_have_the_same_name() {
        let mut names: Vec<&str> = all().iter().map(|story| story.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
