//! What a story is, and the table in which a file lists its own.

use crate::{bed::cloud::Cloud, failure::Outcome};

/// The stories beside which nothing else runs. Among them those in which whoever applies removes the last of its own rights by several requests at the same moment: an
/// API server that is busy may let in the second only after the first has taken effect.
pub(super) const ALONE: [&str; 6] = [
    "group_binding::one_binding_with_rules_takes_itself_down",
    "group_binding::rights_in_several_bindings_go_in_an_order_in_which_all_can",
    "group_binding::rights_that_remove_only_together_go_together",
    "group_binding::two_provider_blocks_for_one_cluster_are_taken_down_together",
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
    /// Whether nothing else may run beside it: it compares times, counts on a moment, or looks at every socket that the program has opened.
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
