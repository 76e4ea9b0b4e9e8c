//! What the answers of fresh tokens amount to, server by server and over time. No clock and no call in here.

use std::time::{Duration, SystemTime};

use super::question::{Loss, Seen};
use crate::ports::fresh_connection::ServerAddress;

/// A yes counts after this long. The authenticator's watch takes milliseconds, now and then half a second.
pub(super) const SETTLED: Duration = Duration::from_millis(2500);

/// Whoever lost something is asked for until so long after the way back was first used: access entries count seconds after they are made, and the way back is
/// open for 10 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);

/// No write is watched longer, whatever is answered.
pub(super) const LONGEST: Duration = Duration::from_secs(20);

/// Between two rounds, where nothing else is said: the last round before the way back closes is the last one.
const BETWEEN: Duration = Duration::from_millis(700);

/// One refusal may be an accident of the moment in which the authenticator reads the document.
const LOSSES: u32 = 2;

/// The servers of one endpoint.
#[derive(Debug)]
pub(super) struct Servers {
    servers: Vec<Server>,
    written_at: SystemTime,
    /// Rounds in which something was seen to be lost, since it was last seen to be there.
    losses: u32,
    lost: Option<Lost>,
}

/// One server.
#[derive(Debug)]
struct Server {
    address: ServerAddress,
    last: Option<Seen>,
    has_refused: bool,
    is_settled: bool,
}

/// What was lost, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) loss: Loss,
    pub(super) since: SystemTime,
}

/// What is known so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More must be asked.
    Open,
    /// Something is lost, and may come back.
    Losing,
    /// Nothing is lost, and that counts.
    Kept,
    /// Something is lost, and stays so.
    Lost,
    /// Nobody answered.
    Unanswered,
}

impl Servers {
    pub(super) fn new(
        addresses: impl IntoIterator<Item = ServerAddress>,
        written_at: SystemTime,
    ) -> Self {
        let server = |address| Server {
            address,
            last: None,
            has_refused: false,
            is_settled: false,
        };
        Self {
            servers: addresses.into_iter().map(server).collect(),
            written_at,
            losses: 0,
            lost: None,
        }
    }

    /// How many servers there are.
    pub(super) fn count(&self) -> usize {
        self.servers.len()
    }

    /// Those who are asked next.
    pub(super) fn open(&self) -> Vec<ServerAddress> {
        let open = self.servers.iter().filter(|server| !server.is_settled);
        open.map(|server| server.address).collect()
    }

    /// Takes what a round was answered.
    pub(super) fn note(&mut self, seen: &[(ServerAddress, Seen)], now: SystemTime) {
        let is_late = now.duration_since(self.written_at).unwrap_or_default() >= SETTLED;
        for server in &mut self.servers {
            let answer = seen.iter().find(|(address, _)| *address == server.address);
            if let Some((_, seen)) = answer {
                server.note(seen, is_late);
            }
        }
        let lost = self.servers.iter().find_map(|server| match server.last {
            Some(Seen::Lost(loss)) => Some(loss),
            _ => None,
        });
        let is_refused = seen.iter().any(|(_, seen)| matches!(seen, Seen::Lost(_)));
        self.losses = match lost {
            Some(_) => self.losses + u32::from(is_refused),
            None => 0,
        };
        self.lost = lost.map(|loss| Lost {
            loss,
            since: self.lost.map_or(now, |lost| lost.since),
        });
    }

    /// What was lost, as of the last round.
    pub(super) fn lost(&self) -> Option<Lost> {
        self.lost
    }

    /// What counts now, with a way back that is open until a moment.
    pub(super) fn verdict(&self, now: SystemTime, way_back_until: SystemTime) -> Verdict {
        let waited = now.duration_since(self.written_at).unwrap_or_default();
        let is_over = waited >= LONGEST;
        if self.lost.is_some() {
            let is_time = now + BETWEEN >= way_back_until || is_over;
            return match is_time && self.losses >= LOSSES {
                true => Verdict::Lost,
                false => Verdict::Losing,
            };
        }
        let settled = self.servers.iter().filter(|server| server.is_settled);
        let silent = self
            .servers
            .iter()
            .filter(|server| matches!(server.last, None | Some(Seen::Silent)));
        let (settled, silent) = (settled.count(), silent.count());
        // An address that nobody answers at (IPv6 without a way there) proves nothing either way.
        let are_told = settled > 0 && settled + silent == self.servers.len() && waited >= SETTLED;
        if settled == self.servers.len() || are_told {
            return Verdict::Kept;
        }
        match waited >= PATIENCE {
            true => Verdict::Unanswered,
            false => Verdict::Open,
        }
    }
}

impl Server {
    /// A yes counts once the write is seen to be in force: another name or other groups, a yes after a no, or time.
    fn note(&mut self, seen: &Seen, is_late: bool) {
        match seen {
            Seen::Kept { is_changed } => {
                self.is_settled = *is_changed || is_late || self.has_refused;
            }
            Seen::Lost(_) => self.has_refused = true,
            Seen::Silent => {
                // What it said before stands.
                if self.last.is_some() {
                    return;
                }
            }
        }
        self.last = Some(seen.clone());
    }
}

/// When the next round comes: four rounds within the time after which a yes counts, two where there are several servers. Whoever lost something is asked
/// more often.
pub(super) fn pause(round: usize, servers: usize, is_losing: bool) -> Duration {
    let pauses: &[u64] = match servers {
        _ if is_losing => &[],
        0 | 1 => &[100, 600, 800, 1000],
        _ => &[300, 2200],
    };
    let pause = pauses.get(round).copied();
    pause.map_or(BETWEEN, Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: SystemTime = SystemTime::UNIX_EPOCH;
    const ONE: ServerAddress = ServerAddress::AsWritten;

    fn at(millis: u64) -> SystemTime {
        WRITTEN + Duration::from_millis(millis)
    }

    fn other() -> ServerAddress {
        ServerAddress::At([10, 0, 0, 2].into())
    }

    fn kept() -> Seen {
        Seen::Kept { is_changed: false }
    }

    fn refused() -> Seen {
        Seen::Lost(Loss::Access)
    }

    /// The verdict after each answer of one server.
    fn verdicts(answers: &[(u64, Seen)]) -> Vec<Verdict> {
        let mut servers = Servers::new([ONE], WRITTEN);
        let verdict = |(millis, seen): &(u64, Seen)| {
            servers.note(&[(ONE, seen.clone())], at(*millis));
            servers.verdict(at(*millis), at(8000))
        };
        answers.iter().map(verdict).collect()
    }

    #[test]
    fn a_yes_counts_after_a_while_or_once_the_write_shows() {
        let slow = [(100, kept()), (1500, kept()), (2500, kept())];
        let open = Verdict::Open;
        assert_eq!(verdicts(&slow), [open, open, Verdict::Kept]);
        let changed = Seen::Kept { is_changed: true };
        assert_eq!(verdicts(&[(100, changed)]), [Verdict::Kept]);
        let back = [(100, refused()), (900, kept())];
        assert_eq!(verdicts(&back), [Verdict::Losing, Verdict::Kept]);
    }

    #[test]
    fn a_no_counts_when_the_way_back_is_about_to_close_and_never_alone() {
        let losing = Verdict::Losing;
        let lost = [(100, refused()), (4000, refused()), (7300, refused())];
        assert_eq!(verdicts(&lost), [losing, losing, Verdict::Lost]);
        let late = [(1000, kept()), (7900, refused()), (8100, refused())];
        assert_eq!(verdicts(&late)[1], losing);
        let alone = [(9000, refused()), (9700, refused())];
        assert_eq!(verdicts(&alone), [losing, Verdict::Lost]);
        let interrupted = [(100, refused()), (8000, Seen::Silent), (8700, refused())];
        assert_eq!(verdicts(&interrupted), [losing, losing, Verdict::Lost]);
    }

    #[test]
    fn silence_proves_nothing() {
        let silent = [(2500, Seen::Silent), (8000, Seen::Silent)];
        assert_eq!(verdicts(&silent), [Verdict::Open, Verdict::Unanswered]);
        let late = [(100, kept()), (2500, Seen::Silent), (3200, kept())];
        assert_eq!(verdicts(&late)[2], Verdict::Kept);
    }

    #[test]
    fn every_server_that_answers_counts() {
        let mut servers = Servers::new([ONE, other()], WRITTEN);
        servers.note(&[(ONE, kept()), (other(), refused())], at(2500));
        assert_eq!(servers.verdict(at(2500), at(8000)), Verdict::Losing);
        assert_eq!(servers.open(), [other()]);
        servers.note(&[(other(), refused())], at(8100));
        assert_eq!(servers.verdict(at(8100), at(8000)), Verdict::Lost);
        let since = servers.lost().map(|lost| lost.since);
        assert_eq!(since, Some(at(2500)));

        let mut servers = Servers::new([ONE, other()], WRITTEN);
        servers.note(&[(ONE, kept()), (other(), Seen::Silent)], at(300));
        assert_eq!(servers.verdict(at(300), at(8000)), Verdict::Open);
        servers.note(&[(ONE, kept()), (other(), Seen::Silent)], at(2500));
        assert_eq!(servers.verdict(at(2500), at(8000)), Verdict::Kept);
    }

    #[test]
    fn few_rounds_make_up_the_time() {
        let total = |servers, rounds: usize| -> u128 {
            (0..rounds)
                .map(|round| pause(round, servers, false).as_millis())
                .sum()
        };
        assert_eq!((total(1, 4), total(2, 2)), (2500, 2500));
    }
}
