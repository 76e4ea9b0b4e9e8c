//! What was asked of a fake, and what goes wrong on demand.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::ports::{ApiError, ErrorKind};

/// The calls of one fake.
#[derive(Default)]
pub struct Calls {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    made: Vec<String>,
    faults: VecDeque<Planned>,
    denied: BTreeSet<&'static str>,
    cancel: Option<Cancel>,
}

/// Ctrl-C during a call.
struct Cancel {
    call: String,
    token: CancellationToken,
}

struct Planned {
    operation: &'static str,
    /// How many calls of this operation pass first.
    after: u32,
    error: ApiError,
    carried_out: bool,
}

/// What becomes of one call.
pub(super) enum Fate {
    /// It works.
    Works,
    /// It fails before anything is done.
    Fails(ApiError),
    /// It is carried out, and the answer is an error.
    CarriedOut(ApiError),
}

impl Calls {
    /// The next call of an operation (`CreateRole`) fails with this error, and nothing is done.
    pub fn fail_next(&self, operation: &'static str, error: ApiError) {
        self.fail_on(operation, 1, error);
    }

    /// The n-th call of an operation from now on fails with this error, and nothing is done.
    pub fn fail_on(&self, operation: &'static str, nth: u32, error: ApiError) {
        let after = nth.saturating_sub(1);
        self.inner().faults.push_back(Planned {
            operation,
            after,
            error,
            carried_out: false,
        });
    }

    /// The next call of an operation is carried out, but its answer is this error.
    pub fn lose_answer_of_next(&self, operation: &'static str, error: ApiError) {
        self.inner().faults.push_back(Planned {
            operation,
            after: 0,
            error,
            carried_out: true,
        });
    }

    /// Ctrl-C comes during a call, named as in [`Calls::take`], which is carried out.
    pub fn cancel_during(&self, call: &str, token: &CancellationToken) {
        self.inner().cancel = Some(Cancel {
            call: call.to_owned(),
            token: token.clone(),
        });
    }

    /// From now on the caller may not do an operation (`iam:CreateRole`).
    pub fn deny(&self, action: &'static str) {
        self.inner().denied.insert(action);
    }

    /// Whether the caller may do an operation; a port's call may stand for several of them.
    pub(super) fn permit(&self, operation: &str) -> Result<(), ApiError> {
        let inner = self.inner();
        let denied = inner.denied.iter().find(|action| {
            action
                .split_once(':')
                .is_some_and(|(_, denied)| denied == operation)
        });
        denied.map_or(Ok(()), |action| Err(denial(action)))
    }

    /// The calls so far, `CreateRole reader`; what was made before is forgotten.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().made)
    }

    /// Notes a call and says what becomes of it.
    pub(super) fn made(&self, operation: &str, about: &str) -> Fate {
        let mut inner = self.inner();
        let call = format!("{operation} {about}").trim_end().to_owned();
        if let Some(cancel) = &inner.cancel
            && cancel.call == call
        {
            cancel.token.cancel();
        }
        inner.made.push(call);
        drop(inner);
        if let Err(error) = self.permit(operation) {
            return Fate::Fails(error);
        }
        let mut inner = self.inner();
        let planned = inner
            .faults
            .iter()
            .position(|fault| fault.operation == operation);
        if let Some(fault) = planned.and_then(|position| inner.faults.get_mut(position))
            && fault.after > 0
        {
            fault.after -= 1;
            return Fate::Works;
        }
        match planned.and_then(|position| inner.faults.remove(position)) {
            None => Fate::Works,
            Some(fault) if fault.carried_out => Fate::CarriedOut(fault.error),
            Some(fault) => Fate::Fails(fault.error),
        }
    }

    /// Notes a call that changes nothing.
    pub(super) fn read(&self, operation: &str, about: &str) -> Result<(), ApiError> {
        match self.made(operation, about) {
            Fate::Works => Ok(()),
            Fate::Fails(error) | Fate::CarriedOut(error) => Err(error),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How AWS answers whoever may not do an action. That it is named is our own work: the words do not.
fn denial(action: &str) -> ApiError {
    ApiError {
        missing_permission: Some(action.to_owned()),
        ..refusal(
            ErrorKind::AccessDenied,
            action,
            "AccessDenied",
            "the caller is not authorized",
        )
    }
}

/// An error as IAM answers it.
pub fn refusal(kind: ErrorKind, operation: &str, code: &str, message: &str) -> ApiError {
    ApiError {
        code: Some(code.to_owned()),
        request_id: Some("fake-request".to_owned()),
        ..ApiError::new(kind, operation, message)
    }
}
