//! Lists of objects that are read page by page, so that only what is looked at is in memory.
//!
//! Kubernetes verb: `list` on the kind.

use crate::ports::workload::{KubernetesObject, ObjectKind};
use crate::ports::{ApiError, KubeApi};

/// How often a list is begun, because the server forgets where it was in a long one.
const MOST_STARTS: usize = 3;

/// The status of a list that can no longer be continued.
const EXPIRED: &str = "410";

/// What comes of all objects of a kind: begun by `begin`, and once more where the list expires midway.
///
/// # Errors
/// The API server does not let them be listed, or does not answer.
pub(crate) async fn gather<T>(
    kube: &dyn KubeApi,
    kind: ObjectKind,
    begin: impl Fn() -> T,
    add: impl Fn(&mut T, &KubernetesObject),
) -> Result<T, ApiError> {
    let mut starts = 1;
    let mut gathered = begin();
    let mut continuation: Option<String> = None;
    loop {
        let page = match kube.object_page(kind, continuation.as_deref()).await {
            Ok(page) => page,
            Err(error)
                if error.code.as_deref() == Some(EXPIRED)
                    && continuation.is_some()
                    && starts < MOST_STARTS =>
            {
                starts += 1;
                gathered = begin();
                continuation = None;
                continue;
            }
            Err(error) => return Err(error),
        };
        for object in &page.items {
            add(&mut gathered, object);
        }
        match page.continuation() {
            Some(token) => continuation = Some(token.to_owned()),
            None => return Ok(gathered),
        }
    }
}
