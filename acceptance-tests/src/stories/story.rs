//! What a story is, and the table in which a file lists its own.

use crate::{bed::cloud::Cloud, failure::Outcome};

/// The stories beside which nothing else runs.
pub(super) const ALONE: [&str; 2] = [
    "sockets::only_the_health_port_of_the_authenticator_is_open_to_others",
    "proves_itself::few_calls_and_little_time",
];

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
    /// Whether nothing else may run beside it: it compares times, or looks at every socket that the program has opened.
    #[must_use]
    pub fn is_told_alone(&self) -> bool {
        ALONE.contains(&self.name)
    }

    /// Whether it takes much longer than most: hashicorp/aws waits by the clock, and random worlds are many.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.needs_mirror || self.needs_writer()
    }

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
