//! Whether the mappings are those of the cluster that is followed, for `/readyz` and a gauge.

use std::sync::{Mutex, PoisonError};

/// What a server can say about its mappings.
#[derive(Debug)]
pub(super) struct Readiness {
    /// How messages name the aws-auth that is followed, where one is.
    source: Option<String>,
    state: Mutex<State>,
}

/// How it stands with the aws-auth of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    was_read: bool,
    is_followed: bool,
}

impl Readiness {
    /// Nothing was read yet of `source`, where there is one.
    pub(super) fn new(source: Option<String>) -> Self {
        Self {
            source,
            state: Mutex::default(),
        }
    }

    /// aws-auth was read, and its changes are told from now on.
    pub(super) fn followed(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State {
            was_read: true,
            is_followed: true,
        };
    }

    /// Changes of aws-auth are not told any more.
    pub(super) fn lost(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_followed = false;
    }

    /// Whether changes of a cluster's aws-auth are told at present.
    pub(super) fn is_followed(&self) -> bool {
        self.state().is_followed
    }

    /// `Ok` if answers rest on everything that was to be read, with a remark where that may be out of date; `Err` if not.
    pub(super) fn describe(&self) -> Result<String, String> {
        let state = self.state();
        match &self.source {
            Some(source) if !state.was_read => Err(format!("{source} was not read yet\n")),
            Some(source) if !state.is_followed => Ok(format!(
                "ok, but {source} is not followed at present; what was read last is in force\n"
            )),
            _ => Ok("ok".to_owned()),
        }
    }

    fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_once_everything_was_read_and_says_what_may_be_out_of_date() {
        assert_eq!(Readiness::new(None).describe(), Ok("ok".to_owned()));
        let readiness = Readiness::new(Some("aws-auth of cluster `prod`".to_owned()));
        readiness.lost();
        let not_yet = "aws-auth of cluster `prod` was not read yet\n";
        assert_eq!(readiness.describe(), Err(not_yet.to_owned()));
        readiness.followed();
        assert_eq!(readiness.describe(), Ok("ok".to_owned()));
        readiness.lost();
        let remark = "ok, but aws-auth of cluster `prod` is not followed at present; what was read last is in force\n";
        assert_eq!(readiness.describe(), Ok(remark.to_owned()));
        assert!(!readiness.is_followed());
    }
}
