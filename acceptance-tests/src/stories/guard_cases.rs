//! Cases against the lock-out guard, each a folder of `acceptance-tests/cases/guard`: what would lock somebody out is refused before a byte is written.

mod case;
mod last_admin;
mod unread;

use super::story::stories;
use crate::{
    bed::cloud::{ACCOUNT, Cloud},
    failure::Outcome,
};
use case::Case;
use last_admin::{
    a_dead_admin_counts_for_nobody, a_group_is_no_user, a_role_that_is_gone_is_no_admin,
};
use unread::{
    access_entries_that_cannot_be_listed, sts_out_of_reach, what_rbac_would_say_is_asked_or_counts,
};

stories!("guard_cases":
    the_role_that_acts_on_kubernetes_is_the_one_that_is_kept,
    the_identity_that_does_not_act_may_lose_its_entry,
    a_user_in_two_spellings_is_taken_at_its_worst,
    a_crippled_entry_of_nodes_is_a_removed_one,
    a_group_is_no_user,
    a_dead_admin_counts_for_nobody,
    a_role_that_is_gone_is_no_admin,
    access_entries_that_cannot_be_listed,
    sts_out_of_reach,
    what_rbac_would_say_is_asked_or_counts,
);

fn the_role_that_acts_on_kubernetes_is_the_one_that_is_kept(cloud: &Cloud) -> Outcome {
    for role in ["admins", "admins2"] {
        cloud.role("/", role)?;
    }
    let mut case = Case::open(cloud, "kubernetes_role")?;
    case.act_as(&cloud.user(ACCOUNT, "/", "ci")?);
    case.apply(&[])?;
    for change in ["keep=false", "groups=[\"viewers\"]"] {
        case.is_refused(&[change], &["lockout.running-identity", "role/admins"])?;
    }
    Ok(())
}

fn the_identity_that_does_not_act_may_lose_its_entry(cloud: &Cloud) -> Outcome {
    cloud.role("/", "admins")?;
    let mut case = Case::open(cloud, "refused_for_the_wrong_identity")?;
    case.act_as(&cloud.user(ACCOUNT, "/", "ci")?);
    case.apply(&[])?;
    case.apply(&["keep=false"])?
        .says(&["0 added, 0 changed, 1 destroyed"])
}

fn a_user_in_two_spellings_is_taken_at_its_worst(cloud: &Cloud) -> Outcome {
    let mut case = Case::open(cloud, "user_in_two_spellings")?;
    case.act_as(&cloud.user(ACCOUNT, "/", "ops")?);
    // The authenticator answers either spelling, so a run may not be let in.
    case.until_let_in(|case| case.try_apply(&[]))?.succeeded()?;
    let before = case.aws_auth()?;
    case.until_let_in(|case| case.try_apply(&["admin=false"]))?
        .refused_with(&["lockout.running-identity", "lockout.last-admin"])?;
    case.is_still(&before)
}

fn a_crippled_entry_of_nodes_is_a_removed_one(cloud: &Cloud) -> Outcome {
    let admins = cloud.role("/", "admins")?;
    cloud.role("/", "nodes")?;
    let mut case = Case::open(cloud, "node_entry_crippled")?;
    case.act_as(&cloud.session(&admins, "s1")?);
    case.apply(&[])?;
    for change in ["username=node", "groups=[\"system:bootstrappers\"]"] {
        case.is_refused(&[change], &["lockout.nodes", "role/nodes"])?;
    }
    Ok(())
}
