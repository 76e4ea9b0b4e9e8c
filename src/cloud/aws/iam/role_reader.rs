//! Reads of roles, gathered: a refresh of a hundred roles takes a handful of calls instead of two hundred.
//!
//! The first [`SINGLE_READS`] reads within [`WINDOW`] go singly, so that one role never pays more than two calls and never
//! waits. The next starts a snapshot of the account's roles, page by page, that later reads are answered from. Pages are fetched
//! only while they cost fewer calls than reading the waiting roles singly would, so a huge account is not paged for a few roles.
//!
//! What surprises: what the caller may not list, what the snapshot lacks and every role this process wrote is read singly;
//! lists of IAM lag behind writes, and a stale answer would show drift that is none.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use eksauth_provider::ports::cancellation::{cancelled_by, current};
use eksauth_provider::ports::iam::{InlinePolicies, RoleDetails};
use eksauth_provider::ports::{ApiError, Clock};
use futures_util::future::try_join;
use tokio::sync::watch;

/// Reads within [`WINDOW`] that go singly before a snapshot is begun.
const SINGLE_READS: usize = 3;

/// How far back reads count as coming together.
const WINDOW: Duration = Duration::from_secs(2);

/// A snapshot answers for this long after it was begun.
const AGE: Duration = Duration::from_secs(5);

/// Calls that one single read takes: GetRole and ListAttachedRolePolicies.
const CALLS_PER_READ: usize = 2;

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page<T> {
    /// What is on it.
    pub(super) items: Vec<T>,
    /// Where the next page begins.
    pub(super) next: Option<String>,
}

/// What only ListRoles says of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    /// `AROA…`.
    pub(super) unique_id: String,
    /// Empty: none.
    pub(super) description: String,
    /// Seconds.
    pub(super) max_session_duration: i32,
}

/// Where roles are read.
#[async_trait]
pub(super) trait RoleSource: Send + Sync {
    /// One role, in two calls, or more where inline policies are asked for.
    async fn single(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError>;

    /// One call: everything but description and session duration.
    async fn details_page(&self, marker: Option<String>) -> Result<Page<RoleDetails>, ApiError>;

    /// One call: what the details lack.
    async fn listing_page(&self, marker: Option<String>) -> Result<Page<Listing>, ApiError>;
}

/// Reads roles singly or from a snapshot.
pub(super) struct RoleReader<S> {
    source: Arc<S>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Times of the latest reads, oldest first.
    reads: VecDeque<SystemTime>,
    snapshot: Option<Arc<Snapshot>>,
    /// Roles that this process wrote.
    written: HashSet<String>,
    /// The caller may not list, or lists fail: nothing is gathered any more.
    refused: bool,
}

/// The way one read goes.
enum Way {
    Single,
    Gathered(Arc<Snapshot>),
}

impl<S: RoleSource + 'static> RoleReader<S> {
    /// A reader that has read nothing yet.
    pub(super) fn new(source: S, clock: Arc<dyn Clock>) -> Self {
        Self {
            source: Arc::new(source),
            clock,
            state: Mutex::default(),
        }
    }

    /// The source, for reads that are never gathered.
    pub(super) fn source(&self) -> &S {
        &self.source
    }

    /// The role with what is attached.
    pub(super) async fn read(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError> {
        if let Way::Gathered(snapshot) = self.way(name)
            && let Some(details) = self.gathered(&snapshot, name).await
        {
            let inline = details
                .inline_policies
                .filter(|_| inline_policies == InlinePolicies::Read);
            return Ok(Some(RoleDetails {
                inline_policies: inline,
                ..details
            }));
        }
        self.source.single(name, inline_policies).await
    }

    /// Says that a role is about to be written: from now on it is read singly.
    pub(super) fn written(&self, name: &str) {
        self.state().written.insert(name.to_owned());
    }

    fn way(&self, name: &str) -> Way {
        let now = self.clock.now();
        let mut state = self.state();
        if state.refused || state.written.contains(name) {
            return Way::Single;
        }
        state.reads.push_back(now);
        while state
            .reads
            .front()
            .is_some_and(|time| !within(*time, now, WINDOW))
        {
            state.reads.pop_front();
        }
        if let Some(snapshot) = state
            .snapshot
            .as_ref()
            .filter(|snapshot| snapshot.is_filling() || within(snapshot.begun, now, AGE))
        {
            snapshot.join();
            return Way::Gathered(Arc::clone(snapshot));
        }
        if state.reads.len() <= SINGLE_READS {
            return Way::Single;
        }
        let snapshot = Arc::new(Snapshot::begin(now));
        snapshot.join();
        let filling = fill(Arc::clone(&self.source), Arc::clone(&snapshot));
        tokio::spawn(cancelled_by(current(), filling));
        state.snapshot = Some(Arc::clone(&snapshot));
        Way::Gathered(snapshot)
    }

    async fn gathered(&self, snapshot: &Snapshot, name: &str) -> Option<RoleDetails> {
        let found = snapshot.find(name).await;
        let mut state = self.state();
        if snapshot.was_refused() {
            state.refused = true;
        }
        found.filter(|_| !state.written.contains(name))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True where `then` is at most `span` before `now`; a clock that went back counts as long ago.
fn within(then: SystemTime, now: SystemTime, span: Duration) -> bool {
    now.duration_since(then).is_ok_and(|age| age <= span)
}

/// How far a snapshot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Filling { pages: usize },
    Ended,
    Refused,
}

/// The account's roles as far as they were paged.
struct Snapshot {
    begun: SystemTime,
    roles: Mutex<Roles>,
    progress: watch::Sender<Progress>,
}

#[derive(Default)]
struct Roles {
    /// Complete roles by name.
    complete: HashMap<String, RoleDetails>,
    /// Halves that wait for the other, by unique id.
    details: HashMap<String, RoleDetails>,
    listings: HashMap<String, Listing>,
    /// Reads that came to this snapshot.
    joined: usize,
}

impl Snapshot {
    fn begin(now: SystemTime) -> Self {
        Self {
            begun: now,
            roles: Mutex::default(),
            progress: watch::Sender::new(Progress::Filling { pages: 0 }),
        }
    }

    fn join(&self) {
        self.roles().joined += 1;
    }

    fn was_refused(&self) -> bool {
        *self.progress.borrow() == Progress::Refused
    }

    fn is_filling(&self) -> bool {
        matches!(*self.progress.borrow(), Progress::Filling { .. })
    }

    /// The role, as soon as its page is there; `None` once it is certain that it will not come.
    async fn find(&self, name: &str) -> Option<RoleDetails> {
        let mut progress = self.progress.subscribe();
        loop {
            let now = *progress.borrow_and_update();
            if let Some(details) = self.roles().complete.get(name) {
                return Some(details.clone());
            }
            if !matches!(now, Progress::Filling { .. }) || progress.changed().await.is_err() {
                return None;
            }
        }
    }

    fn add(&self, details: Vec<RoleDetails>, listings: Vec<Listing>) {
        let mut roles = self.roles();
        let Roles {
            complete,
            details: half,
            listings: other_half,
            ..
        } = &mut *roles;
        half.extend(
            details
                .into_iter()
                .map(|one| (one.role.unique_id.clone(), one)),
        );
        other_half.extend(listings.into_iter().map(|one| (one.unique_id.clone(), one)));
        half.retain(|unique_id, details| {
            let Some(listing) = other_half.remove(unique_id) else {
                return true;
            };
            let mut whole = details.clone();
            whole.role.description = listing.description;
            whole.role.max_session_duration = listing.max_session_duration;
            complete.insert(whole.role.name.clone(), whole);
            false
        });
    }

    fn roles(&self) -> MutexGuard<'_, Roles> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is still to be fetched of one list.
enum Rest {
    From(Option<String>),
    Nothing,
}

impl Rest {
    fn after(next: Option<String>) -> Self {
        match next {
            Some(marker) => Rest::From(Some(marker)),
            None => Rest::Nothing,
        }
    }
}

/// Fetches pages while they are worth it. Ends the snapshot whatever happens, so that no read waits for ever.
async fn fill<S: RoleSource>(source: Arc<S>, snapshot: Arc<Snapshot>) {
    let end = match pages(&*source, &snapshot).await {
        Ok(()) => Progress::Ended,
        // Also a list that fails otherwise is not tried again: the single reads tell what is wrong.
        Err(error) => {
            tracing::debug!(kind = ?error.kind, operation = %error.operation, "roles are read singly from now on");
            Progress::Refused
        }
    };
    snapshot.progress.send_replace(end);
}

async fn pages<S: RoleSource>(source: &S, snapshot: &Snapshot) -> Result<(), ApiError> {
    let (mut details, mut listings) = (Rest::From(None), Rest::From(None));
    let (mut calls, mut pages) = (0_usize, 0_usize);
    loop {
        let wanted = usize::from(matches!(details, Rest::From(_)))
            + usize::from(matches!(listings, Rest::From(_)));
        let affordable = snapshot.roles().joined * CALLS_PER_READ;
        if wanted == 0 || calls + wanted > affordable {
            return Ok(());
        }
        calls += wanted;
        let more_details = async {
            match details {
                Rest::From(marker) => source.details_page(marker).await,
                Rest::Nothing => Ok(Page {
                    items: Vec::new(),
                    next: None,
                }),
            }
        };
        let more_listings = async {
            match listings {
                Rest::From(marker) => source.listing_page(marker).await,
                Rest::Nothing => Ok(Page {
                    items: Vec::new(),
                    next: None,
                }),
            }
        };
        let (found, listed) = try_join(more_details, more_listings).await?;
        snapshot.add(found.items, listed.items);
        (details, listings) = (Rest::after(found.next), Rest::after(listed.next));
        pages += 1;
        snapshot.progress.send_replace(Progress::Filling { pages });
    }
}

#[cfg(test)]
mod tests;
