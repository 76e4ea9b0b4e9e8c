//! What a story is, and the table in which a file lists its own.

use crate::{bed::cloud::Cloud, failure::Outcome};

/// One story; it finds the cloud as `Cloud::reset` leaves it.
#[derive(Clone, Copy)]
pub struct Story {
    /// `module::what_happens`.
    pub name: &'static str,
    /// Tells it.
    pub tell: fn(&Cloud) -> Outcome,
    /// Whether it needs hashicorp/aws from a mirror of this machine.
    pub needs_mirror: bool,
}

impl Story {
    /// Whether it makes changes with the provider's writer beside Terraform.
    #[must_use]
    pub fn needs_writer(&self) -> bool {
        self.name.starts_with("guard_soundness::")
    }
}

/// Makes the table of a module's stories.
macro_rules! stories {
    ($module:literal: $($story:ident),* $(,)? $(; with mirror: $($mirrored:ident),+ $(,)?)?) => {
        pub(super) const STORIES: &[crate::stories::story::Story] = &[$(
            crate::stories::story::Story {
                name: concat!($module, "::", stringify!($story)), tell: $story, needs_mirror: false,
            },
        )* $($(
            crate::stories::story::Story {
                name: concat!($module, "::", stringify!($mirrored)), tell: $mirrored, needs_mirror: true,
            },
        )+)?];
    };
}
pub(super) use stories;
