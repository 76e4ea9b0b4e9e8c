//! What lies between the mode that a cluster has and the one that is wanted.
//!
//! EKS takes one step at a time (`Unsupported authentication mode update from CONFIG_MAP to API`), and has none back (EKS user guide, "Change authentication mode").

use eksauth_core::access::access_entry::AuthenticationMode;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: it is there.
    None,
    /// One step.
    Up,
    /// Two steps, of which EKS takes one at a time: whoever is only in aws-auth needs an access entry between them.
    TwoUp,
    /// Back, which EKS does not do.
    Back,
}

impl Step {
    pub(super) fn between(now: AuthenticationMode, wanted: AuthenticationMode) -> Self {
        use AuthenticationMode::{Api, ConfigMap};
        match (now, wanted) {
            _ if now == wanted => Self::None,
            _ if now > wanted => Self::Back,
            (ConfigMap, Api) => Self::TwoUp,
            _ => Self::Up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_is_one_step_at_a_time_and_never_back() {
        use AuthenticationMode::{Api, ApiAndConfigMap, ConfigMap};
        for (now, wanted, step) in [
            (ConfigMap, ConfigMap, Step::None),
            (ConfigMap, ApiAndConfigMap, Step::Up),
            (ConfigMap, Api, Step::TwoUp),
            (ApiAndConfigMap, ConfigMap, Step::Back),
            (ApiAndConfigMap, Api, Step::Up),
            (Api, ApiAndConfigMap, Step::Back),
            (Api, ConfigMap, Step::Back),
        ] {
            assert_eq!(Step::between(now, wanted), step, "{now:?} {wanted:?}");
        }
    }
}
