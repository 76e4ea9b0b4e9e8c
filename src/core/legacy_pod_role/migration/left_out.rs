//! What a phase leaves out, or leaves as it is, each in one sentence.

use super::super::scan::Withheld;
use super::report::joined;
use super::{Migration, NewTrust, Phase};

/// What is not in the configuration of a phase though a pod asks for it, and in phase 3 which roles keep the old trust.
pub fn left_out(migration: &Migration, phase: Phase) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for scanned in migration.without_proposal() {
        let role = scanned.role.as_deref().unwrap_or_default();
        told.push(format!(
            "{} is left out: it asks for `{role}`, which is no role's ARN",
            scanned.describe()
        ));
    }
    // Whatever has the node's network gets no default role and asked for none.
    let asked = migration.withheld().filter(|scanned| {
        scanned.workload.template.role.is_some() || scanned.withheld != Some(Withheld::HostNetwork)
    });
    for scanned in asked {
        let role = scanned.role_arn.as_deref().unwrap_or_default();
        told.push(format!(
            "{} is left out, and `{role}` is not given to its account: {}",
            scanned.describe(),
            scanned.why_withheld().unwrap_or_default()
        ));
    }
    for role in &migration.roles {
        let arn = &role.role_arn;
        if let Some(problem) = &role.problem {
            told.push(format!("`{arn}` is left out: {}", problem.text));
            continue;
        }
        for account in &role.accounts {
            let name = account.name();
            match (&account.new_trust, account.other_role()) {
                (_, Some(other)) => told.push(format!(
                    "{name} is left out: it is annotated with `{other}`, and its pods get `{arn}` today; decide which one is meant"
                )),
                (NewTrust::Refuses(why) | NewTrust::Unknown(why), None)
                    if phase >= Phase::Accounts && !account.is_annotated() =>
                {
                    told.push(format!(
                        "{name} is left out until the role lets it in (phase 1): {why}"
                    ));
                }
                // Said in every phase: none of them changes it.
                (NewTrust::RefusesToken(why), None) => {
                    told.push(format!(
                        "{name} does not get `{arn}` by any phase: {why}"
                    ));
                }
                _ => {}
            }
        }
        if phase == Phase::NewTrustOnly {
            let mut why = role.blockers();
            if !migration.unread.is_empty() {
                why.push("not everything could be read".to_owned());
            }
            why.extend(role.lasting());
            if !why.is_empty() {
                told.push(format!("`{arn}` keeps the old trust: {}", joined(&why)));
            }
        }
    }
    told
}
