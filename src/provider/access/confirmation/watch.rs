//! One write, watched: what whoever acts could do right before it, and what fresh tokens are told after it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures_util::future::join_all;
use tf_provider::{Diagnostic, Diagnostics};
use tokio_util::sync::CancellationToken;

use super::credentials::Vouched;
use super::diagnostics::{self, LostAccess, NotConfirmed};
use super::question::{Loss, Seen, Standing};
use super::verdict::{self, Lost, PATIENCE, Servers, Verdict};
use super::{Surroundings, WatchedWrite};
use crate::access::caller_check::principal_of;
use crate::aws_auth::recovery::KeptCopy;
use crate::aws_auth::{AccessWatch, Observation, UndoOutcome, UndoneWrite};
use crate::ports::fresh_connection::{FreshConnection, ServerAddress};
use crate::ports::{ApiError, Clock, ErrorKind, FreshConnections, KubeApi};
use crate::session::cancellable_wait::wait;

/// After an undo whoever acts is asked for so often, with a pause between.
const QUESTIONS_AFTER_UNDO: u32 = 10;
const PAUSE_AFTER_UNDO: Duration = Duration::from_millis(500);

/// Watches one write.
pub(super) struct Watch {
    surroundings: Arc<Surroundings>,
    connections: Arc<dyn FreshConnections>,
    write: WatchedWrite,
    addresses: Vec<ServerAddress>,
    standing: Option<Standing>,
    way_back: Option<WayBack>,
    /// Why nothing can be confirmed.
    remarks: Diagnostics,
    written_at: SystemTime,
    lost: Option<Lost>,
    calls: usize,
    /// It was cancelled before an answer counted.
    is_cut_off: bool,
}

/// A connection whose token the API server remembers.
struct WayBack {
    connection: Box<dyn FreshConnection>,
    first_used: SystemTime,
}

/// What one server was seen to say.
struct Answer {
    address: ServerAddress,
    seen: Seen,
    way: Option<WayBack>,
}

impl Watch {
    pub(super) fn new(
        surroundings: Arc<Surroundings>,
        connections: Arc<dyn FreshConnections>,
        write: WatchedWrite,
    ) -> Self {
        Self {
            surroundings,
            connections,
            write,
            addresses: Vec::new(),
            standing: None,
            way_back: None,
            remarks: Diagnostics::new(),
            written_at: SystemTime::UNIX_EPOCH,
            lost: None,
            calls: 0,
            is_cut_off: false,
        }
    }

    fn clock(&self) -> &dyn Clock {
        self.surroundings.session.clock().as_ref()
    }

    fn cluster(&self) -> &str {
        &self.surroundings.cluster
    }

    async fn connect(&self, address: ServerAddress) -> Result<WayBack, ApiError> {
        let connection = self.connections.connect(address).await?;
        let first_used = self.clock().now();
        Ok(WayBack {
            connection,
            first_used,
        })
    }

    /// What whoever acts has before the write, with the connection that was told it.
    async fn stand(&self) -> Result<(Standing, WayBack), ApiError> {
        let address = self.addresses.first().copied();
        let way = self
            .connect(address.unwrap_or(ServerAddress::AsWritten))
            .await?;
        let standing = Standing::ask(way.connection.kube()).await?;
        Ok((standing, way))
    }

    fn note_unasked(&mut self, error: &ApiError) {
        let reason = match error.kind {
            ErrorKind::Unauthorized => {
                tracing::info!(cluster = %self.cluster(), "not confirmed: a fresh token is refused before the write already");
                return;
            }
            ErrorKind::NoCredentials | ErrorKind::ExpiredCredentials => {
                tracing::info!(cluster = %self.cluster(), %error, "not confirmed: no fresh token could be made");
                return;
            }
            ErrorKind::NotFound => NotConfirmed::TooOld,
            ErrorKind::AccessDenied => NotConfirmed::MayNotAsk,
            _ => NotConfirmed::Unanswered(error.to_string()),
        };
        let remark = diagnostics::not_confirmed(&self.surroundings, &reason);
        self.remarks.push(remark);
    }

    /// Asks every server that is not settled, each on a new connection with a new token.
    async fn round(&mut self, standing: &Standing, servers: &Servers) -> Vec<Answer> {
        let watch = &*self;
        let ask = |address| async move {
            let way = match watch.connect(address).await {
                Ok(way) => way,
                Err(error) => {
                    tracing::debug!(%error, "no fresh connection could be made");
                    return Answer {
                        address,
                        seen: Seen::Silent,
                        way: None,
                    };
                }
            };
            let seen = standing.compare(way.connection.kube()).await;
            Answer {
                address,
                seen,
                way: Some(way),
            }
        };
        let answers = join_all(servers.open().into_iter().map(ask)).await;
        self.calls += answers.len();
        answers
    }

    /// Whether STS vouches for a token that was refused.
    async fn vouch(&self, answers: &[Answer]) -> Vouched {
        let refused = answers
            .iter()
            .find(|answer| answer.seen == Seen::Lost(Loss::Access));
        match refused.and_then(|answer| answer.way.as_ref()) {
            Some(way) => {
                let token = way.connection.token();
                self.surroundings.credentials.vouch(token).await
            }
            None => Vouched::Yes,
        }
    }

    /// The connection that was admitted last is the way back.
    fn keep_way_back(&mut self, answers: Vec<Answer>) {
        let admitted = answers
            .into_iter()
            .filter(|answer| matches!(answer.seen, Seen::Kept { .. }))
            .filter_map(|answer| answer.way)
            .last();
        if let Some(way) = admitted {
            self.way_back = Some(way);
        }
    }

    fn way_back_until(&self) -> SystemTime {
        let first_used = self.way_back.as_ref().map(|way| way.first_used);
        first_used.unwrap_or(self.written_at) + PATIENCE
    }

    fn stands(&mut self, reason: Option<&NotConfirmed>) -> Observation {
        match reason {
            None => {
                let took = self.clock().now().duration_since(self.written_at);
                tracing::debug!(
                    cluster = %self.cluster(),
                    calls = self.calls,
                    milliseconds = took.unwrap_or_default().as_millis(),
                    "confirmed: whoever acts keeps its access"
                );
            }
            Some(reason) => {
                let remark = diagnostics::not_confirmed(&self.surroundings, reason);
                self.remarks.push(remark);
            }
        }
        Observation::Stands(std::mem::take(&mut self.remarks))
    }

    /// Rounds until something counts.
    async fn rounds(&mut self, standing: &Standing, cancel: &CancellationToken) -> Observation {
        let mut servers = Servers::new(self.addresses.clone(), self.written_at);
        let mut is_vouched = false;
        for round in 0.. {
            let pause = verdict::pause(round, servers.count(), self.lost.is_some());
            let is_cancelled = wait(self.clock(), cancel, pause).await.is_err();
            if is_cancelled && self.lost.is_none() {
                self.is_cut_off = true;
                return self.stands(Some(&NotConfirmed::Cancelled));
            }
            let answers = self.round(standing, &servers).await;
            let now = self.clock().now();
            let seen: Vec<_> = answers
                .iter()
                .map(|answer| (answer.address, answer.seen.clone()))
                .collect();
            servers.note(&seen, now);
            self.lost = servers.lost();
            if self.lost.is_some() && !is_vouched {
                match self.vouch(&answers).await {
                    Vouched::Yes => is_vouched = true,
                    Vouched::No(reason) => {
                        return self.stands(Some(&NotConfirmed::Credentials(reason)));
                    }
                }
            }
            self.keep_way_back(answers);
            match servers.verdict(now, self.way_back_until()) {
                Verdict::Kept => return self.stands(None),
                Verdict::Lost => return Observation::Lost,
                Verdict::Losing if is_cancelled => return Observation::Lost,
                Verdict::Unanswered => {
                    let reason = NotConfirmed::Unanswered("no fresh token was answered".to_owned());
                    return self.stands(Some(&reason));
                }
                Verdict::Open | Verdict::Losing => {}
            }
        }
        self.stands(None)
    }

    /// Whether whoever acts has again what it had.
    async fn is_back(&self) -> bool {
        let Some(standing) = &self.standing else {
            return false;
        };
        for _ in 0..QUESTIONS_AFTER_UNDO {
            let address = self.addresses.first().copied();
            let way = self
                .connect(address.unwrap_or(ServerAddress::AsWritten))
                .await;
            if let Ok(way) = way
                && let Seen::Kept { .. } = standing.compare(way.connection.kube()).await
            {
                return true;
            }
            self.clock().sleep(PAUSE_AFTER_UNDO).await;
        }
        false
    }
}

#[async_trait]
impl AccessWatch for Watch {
    async fn begin(&mut self, copy: Option<&KeptCopy>) {
        self.addresses = self.connections.addresses().await;
        match self.stand().await {
            Ok((standing, way)) => {
                self.calls += 3;
                if let Some(acting) = principal_of(&standing.user) {
                    self.surroundings.acting.get_or_init(|| acting.clone());
                    if !self.write.touches(&acting) {
                        return;
                    }
                    self.write.principal = Some(acting);
                }
                self.standing = Some(standing);
                self.way_back = Some(way);
                let unfinished = &self.surroundings.unfinished;
                unfinished.begin(self.clock().now(), copy).await;
            }
            Err(error) => self.note_unasked(&error),
        }
    }

    async fn observe(&mut self, cancel: &CancellationToken) -> Observation {
        self.written_at = self.clock().now();
        let Some(standing) = self.standing.clone() else {
            return Observation::Stands(std::mem::take(&mut self.remarks));
        };
        let seen = self.rounds(&standing, cancel).await;
        // What was cut off before an answer counted is for the next run to tell.
        if let Observation::Stands(_) = seen
            && !self.is_cut_off
        {
            self.surroundings.unfinished.end().await;
        }
        seen
    }

    async fn abandon(&mut self) {
        self.surroundings.unfinished.end().await;
    }

    fn way_back(&self) -> Option<&dyn KubeApi> {
        self.way_back.as_ref().map(|way| way.connection.kube())
    }

    async fn conclude(&mut self, undone: UndoneWrite<'_>) -> Diagnostic {
        let undone_at = self.clock().now();
        let is_back = match undone.outcome {
            UndoOutcome::Undone { .. } => self.is_back().await,
            UndoOutcome::Failed(_) => false,
        };
        self.surroundings.unfinished.end().await;
        let lost = LostAccess {
            surroundings: &self.surroundings,
            write: &self.write,
            lost: self.lost,
            written_at: self.written_at,
            undone_at,
            is_back,
        };
        match undone.outcome {
            UndoOutcome::Undone { others_wrote, .. } => lost.undone(*others_wrote),
            UndoOutcome::Failed(error) => lost.not_undone(error, undone.copy).await,
        }
    }
}
