//! The walks of one Terraform process: `terraform apply` without a plan file plans in one and applies in another.

use super::{Claims, host, journal::JournalFile};

impl Claims {
    /// Notes that this walk plans something, also where nothing is held: the apply of it is told from a plan by that.
    pub(super) fn note_walk(&self) {
        if let Some(folder) = &self.walk.folder {
            self.memory().file.make(folder, &self.walk.nonce);
        }
    }

    /// Whether the Terraform process that started this one planned something before this walk began; `None` where that cannot be told, because
    /// nothing can be noted here.
    ///
    /// A provider that is configured twice (`alias`) has two walks at once, of which neither is before the other.
    pub(crate) fn has_earlier_walk_of_its_process(&self) -> Option<bool> {
        let own = host::parent()?;
        if !matches!(self.memory().file, JournalFile::Open(_)) {
            return None;
        }
        let mut earlier = self.walk.earlier.iter();
        Some(earlier.any(|nonce| {
            let journal = self.journal(nonce);
            journal.is_some_and(|journal| journal.host.as_deref() == Some(own.as_str()))
        }))
    }
}
