//! The places of open connections: since when no request is under way on each, and which one goes when a new one comes and no place is free.
//!
//! What surprises: a connection that has to go gives its place away at once and closes behind it, so that nobody waits for a client that
//! does not answer. How many close at a time is bounded; beyond that they are cut off without a farewell.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Connections that gave their place away and are not closed yet; each has a file descriptor.
const MAX_CLOSING: usize = 128;

/// The connections of a server, up to a number.
pub(super) struct Places {
    max: usize,
    open: Mutex<Open>,
}

/// Who is there.
#[derive(Default)]
struct Open {
    next_id: u64,
    connections: HashMap<u64, Connection>,
    /// Connections that have a place and no request under way, the one that is idle for longest first.
    idle: BTreeSet<(Instant, u64)>,
    /// Connections that gave their place away and are not closed yet.
    closing: usize,
}

/// One connection.
struct Connection {
    activity: Activity,
    eviction: CancellationToken,
}

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Activity {
    /// Requests under way.
    pub(super) requests: usize,
    /// Whether there was a request at all.
    pub(super) has_asked: bool,
    /// The end of the last request, or the connection's beginning.
    pub(super) idle_since: Instant,
    /// Whether it is to be cut off without a farewell when its place is given away.
    pub(super) is_cut_off: bool,
}

impl Places {
    /// So many places.
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            open: Mutex::default(),
        }
    }

    /// A place for a new connection. None if all are taken by connections with a request under way.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Place> {
        let mut open = self.lock();
        let is_full = open.connections.len() - open.closing >= self.max;
        if is_full && !open.evict_longest_idle() {
            return None;
        }
        let (id, idle_since) = (open.next_id, Instant::now());
        let eviction = CancellationToken::new();
        let connection = Connection {
            activity: Activity {
                requests: 0,
                has_asked: false,
                idle_since,
                is_cut_off: false,
            },
            eviction: eviction.clone(),
        };
        open.next_id += 1;
        open.connections.insert(id, connection);
        open.idle.insert((idle_since, id));
        Some(Place {
            places: Arc::clone(self),
            id,
            eviction,
        })
    }

    /// Takes the place of the connection that is idle for longest. False if there is no such connection.
    pub(super) fn evict_longest_idle(&self) -> bool {
        self.lock().evict_longest_idle()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn evict_longest_idle(&mut self) -> bool {
        let Some((_, id)) = self.idle.pop_first() else {
            return false;
        };
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.activity.is_cut_off = self.closing >= MAX_CLOSING;
            connection.eviction.cancel();
            self.closing += 1;
        }
        true
    }

    fn begin_request(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let activity = &mut connection.activity;
        self.idle.remove(&(activity.idle_since, id));
        activity.requests += 1;
        activity.has_asked = true;
    }

    fn end_request(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let activity = &mut connection.activity;
        activity.requests -= 1;
        if activity.requests > 0 {
            return;
        }
        activity.idle_since = Instant::now();
        if !connection.eviction.is_cancelled() {
            self.idle.insert((activity.idle_since, id));
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        self.idle.remove(&(connection.activity.idle_since, id));
        if connection.eviction.is_cancelled() {
            self.closing -= 1;
        }
    }
}

/// The place of one connection, free again when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    eviction: CancellationToken,
}

impl Place {
    /// Counts a request as under way until what is returned is dropped.
    pub(super) fn begin_request(&self) -> RequestUnderWay {
        self.places.lock().begin_request(self.id);
        RequestUnderWay {
            places: Arc::clone(&self.places),
            id: self.id,
        }
    }

    /// What the connection does now.
    pub(super) fn activity(&self) -> Option<Activity> {
        let open = self.places.lock();
        open.connections
            .get(&self.id)
            .map(|connection| connection.activity)
    }

    /// Waits until the place was given to another connection.
    pub(super) async fn evicted(&self) {
        self.eviction.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(self.id);
    }
}

/// A request while it is under way. It may outlive its connection.
pub(super) struct RequestUnderWay {
    places: Arc<Places>,
    id: u64,
}

impl Drop for RequestUnderWay {
    fn drop(&mut self) {
        self.places.lock().end_request(self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn is_evicted(place: &Place) -> bool {
        place.eviction.is_cancelled()
    }

    async fn a_moment() {
        tokio::time::advance(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_connection_that_is_idle_for_longest_makes_place() {
        let places = Arc::new(Places::new(3));
        let first = places.admit().unwrap();
        a_moment().await;
        let second = places.admit().unwrap();
        a_moment().await;
        let third = places.admit().unwrap();
        a_moment().await;
        drop(first.begin_request());
        let under_way = second.begin_request();
        let fourth = places.admit().unwrap();
        assert!(is_evicted(&third) && !is_evicted(&first) && !is_evicted(&second));
        a_moment().await;
        let fifth = places.admit().unwrap();
        assert!(is_evicted(&first) && !is_evicted(&second) && !is_evicted(&fourth));
        let all_busy = (fourth.begin_request(), fifth.begin_request());
        assert!(places.admit().is_none());
        drop(under_way);
        assert!(places.admit().is_some());
        assert!(is_evicted(&second));
        drop(all_busy);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_outlives_its_connection_and_one_behind_an_eviction_count_for_nobody() {
        let places = Arc::new(Places::new(1));
        let first = places.admit().unwrap();
        let outliving = first.begin_request();
        drop(first);
        let second = places.admit().unwrap();
        drop(outliving);
        a_moment().await;
        let third = places.admit().unwrap();
        assert!(is_evicted(&second));
        drop(second.begin_request());
        assert_eq!(second.activity().unwrap().requests, 0);
        drop(second);
        assert!(!is_evicted(&third));
        drop(third);
        let open = places.lock();
        assert_eq!(
            (open.connections.len(), open.idle.len(), open.closing),
            (0, 0, 0)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_bounded_number_closes_with_a_farewell_and_the_rest_is_cut_off() {
        let places = Arc::new(Places::new(1));
        let evicted: Vec<Place> = (0..=MAX_CLOSING + 1)
            .map(|_| places.admit().unwrap())
            .collect();
        let cut_off: Vec<bool> = evicted
            .iter()
            .map(|place| place.activity().unwrap().is_cut_off)
            .collect();
        // The last one has the place.
        assert_eq!(cut_off[MAX_CLOSING - 1..], [false, true, false]);
    }
}
