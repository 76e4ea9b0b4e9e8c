//! Whether a refusal may come from the credentials: they ended, or STS vouches for them no longer. Then no write is to blame.

use std::sync::Arc;
use std::time::Duration;

use eksauth_core::principal::partition::Partition;
use eksauth_core::token::Verifier;

use crate::access::token_verification::{Verdict, examine, verifier};
use crate::clusters::FoundCluster;
use crate::ports::TokenSts;
use crate::ports::cloud::ClusterToken;
use crate::session::Session;

/// The way back closes while STS is waited for.
const LONGEST: Duration = Duration::from_millis(1500);

/// Asks STS about tokens.
pub(super) struct Credentials {
    session: Arc<Session>,
    verifier: Verifier,
    /// `Err`: the address of STS cannot be used.
    sts: Result<Arc<dyn TokenSts>, String>,
}

/// What STS makes of a token that a cluster refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Vouched {
    /// It is good: the cluster refuses whoever it is of.
    Yes,
    /// It is not, or that could not be found out; why.
    No(String),
}

impl Credentials {
    pub(super) fn new(session: Arc<Session>, cluster: &FoundCluster) -> Self {
        let reference = &cluster.reference;
        let partition = Partition::parse(&cluster.partition).ok();
        Self {
            session,
            verifier: verifier(&reference.name, partition, Some(reference.region.clone())),
            sts: cluster.token_sts().map_err(|error| error.to_string()),
        }
    }

    /// What a cluster's authenticator asks too: the token is a request to STS.
    pub(super) async fn vouch(&self, token: &ClusterToken) -> Vouched {
        let clock = self.session.clock();
        let now = clock.now();
        if token.expires_at <= now {
            return Vouched::No("the credentials have expired".to_owned());
        }
        let sts = match &self.sts {
            Ok(sts) => sts.as_ref(),
            Err(error) => return Vouched::No(format!("STS could not be asked: {error}")),
        };
        let examined = tokio::select! {
            biased;
            examined = examine(token.token.expose(), &self.verifier, now, Some(sts)) => examined,
            () = clock.sleep(LONGEST) => return Vouched::No("STS did not answer in time".to_owned()),
        };
        match examined.verdict() {
            Verdict::Accepted => Vouched::Yes,
            Verdict::Refused | Verdict::Undecided => Vouched::No(format!(
                "STS does not vouch for them: {}",
                examined.explanation()
            )),
        }
    }
}
