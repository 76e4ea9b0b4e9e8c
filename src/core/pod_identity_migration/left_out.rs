//! What a phase leaves out, or leaves as it is, each in one sentence.

use super::configuration::{address, has_account};
use super::{Becomes, Held, MigratedAccount, Phase, PodIdentityMigration};

/// What is not in the configuration of a phase though it is of IRSA.
pub fn left_out(migration: &PodIdentityMigration, phase: Phase, held: &Held) -> Vec<String> {
    let each = migration.left().flat_map(|account| {
        let name = format!("the account `{}`", account.name());
        let told = of_account(account, phase, held).into_iter();
        told.map(move |told| format!("{name} {told}"))
    });
    each.collect()
}

fn of_account(account: &MigratedAccount, phase: Phase, held: &Held) -> Vec<String> {
    if let Some(obstacle) = account.obstacle() {
        return vec![format!(
            "stays with IRSA: {} ({}). {}",
            obstacle.why, obstacle.id, obstacle.what_to_do
        )];
    }
    if phase == Phase::Both {
        return Vec::new();
    }
    if account.becomes == Becomes::New {
        return vec!["keeps IRSA until its association is made (phase 1)".to_owned()];
    }
    let mut told: Vec<String> = account
        .waiting
        .iter()
        .map(|why| format!("keeps some of IRSA: {why}"))
        .collect();
    let is_elsewhere = account.annotation.is_none()
        && !held.has(&address("eksauth_pod_identity_association", account));
    if is_elsewhere {
        told.push("keeps some of IRSA: its association is not in the file before, so its role's trust in its token has to go where the role is held".to_owned());
    } else if account.may_go.annotation && !has_account(account, held) {
        told.push("keeps some of IRSA: its annotation is held by an `eksauth_service_account` that is not in the file before: take `role_arn` out there".to_owned());
    }
    told
}
