//! Whether an entry may be taken out of aws-auth as things are now.

use super::{Becomes, EntryMigration, MigratedEntry};
use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::Access;

impl EntryMigration {
    /// Why an entry has to stay in aws-auth for now; `None`: whoever comes by it has an access entry that gives the same, or nobody comes by it.
    pub fn held_back(&self, entry: &MigratedEntry, accepted: &[&str]) -> Option<String> {
        match &entry.becomes {
            Becomes::New(_) => Some("it has no access entry yet".to_owned()),
            Becomes::MadeByEks(_) => (self.mode == AuthenticationMode::ConfigMap).then(|| {
                "EKS makes its access entry only when the mode is raised to API_AND_CONFIG_MAP"
                    .to_owned()
            }),
            Becomes::Existing(_) | Becomes::ExistingOther(_) => given_less(entry, accepted),
            // Without it the account in mapAccounts would count.
            Becomes::Nothing { id, why } => {
                (*id == "refused" && entry.after != Some(Access::None)).then(|| why.clone())
            }
            Becomes::Stays(obstacle) => Some(format!("{}. {}", obstacle.why, obstacle.what_to_do)),
        }
    }
}

fn given_less(entry: &MigratedEntry, accepted: &[&str]) -> Option<String> {
    let told = entry.unaccepted(accepted);
    let told: Vec<String> = told
        .map(|difference| format!("{} ({})", difference.text(), difference.id()))
        .collect();
    (!told.is_empty()).then(|| {
        format!(
            "its access entry counts, and gives something else than aws-auth: {}",
            told.join("; ")
        )
    })
}
