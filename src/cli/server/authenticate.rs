//! One token review from body to answer: judge, ask STS, map. Every rule is core's; what is decided here is what a log may say.
//!
//! Where the reference would pick one of several mappings at random, this server refuses: a caller that is sometimes somebody else is worse
//! than one that hears no.

use std::sync::Arc;
use std::time::Instant;

use eksauth_core::authenticator::identity_mapping::{Outcome, Refusal as Unmapped};
use eksauth_core::authenticator::webhook::{
    Disclosure, Response, accepted, not_mapped, refused, token_of_review,
};
use eksauth_core::principal::caller::Caller;
use eksauth_core::token::{Identity, Refusal, RefusalClass, Verifier, judge};
use eksauth_provider::access::token_verification::Unverified;
use eksauth_provider::ports::Clock;

use super::mapper::Mapper;
use super::metrics::{Metrics, ReviewResult};
use crate::sts::Sts;

/// Longer words of a refusal are cut off in the log: a host may be as long as the token that names it.
const MOST_DETAIL: usize = 300;

/// What answers token reviews.
pub(super) struct Authenticator {
    pub(super) verifier: Verifier,
    pub(super) sts: Sts,
    pub(super) mapper: Arc<Mapper>,
    pub(super) scrubbed_accounts: Vec<String>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
}

/// An answer, and what may be said about it.
#[derive(Debug)]
pub(super) struct ReviewAnswer {
    pub(super) response: Response,
    pub(super) result: ReviewResult,
    pub(super) reason: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) arn: Option<String>,
    pub(super) username: Option<String>,
}

impl Authenticator {
    /// Answers a review.
    pub(super) async fn answer(&self, method: &str, body: &[u8]) -> ReviewAnswer {
        let answer = match token_of_review(method, body) {
            Ok(token) => match self.identity(&token).await {
                Ok(identity) => self.map(&identity),
                Err(unverified) => of_refusal(&unverified),
            },
            Err(response) => ReviewAnswer::new(response, ReviewResult::Malformed),
        };
        self.metrics.ended(answer.result);
        answer
    }

    async fn identity(&self, token: &str) -> Result<Identity, Unverified> {
        let request = judge(token, &self.verifier, self.clock.now())?;
        let begun = Instant::now();
        let identity = self.sts.identity(&request).await;
        self.metrics.sts.observe(begun.elapsed());
        identity
    }

    fn map(&self, identity: &Identity) -> ReviewAnswer {
        let caller = Caller::from(identity);
        let disclosure = Disclosure::for_account(&caller.account_id, &self.scrubbed_accounts);
        let arn = (disclosure == Disclosure::Full).then(|| caller.arn.clone());
        match self.mapper.map(&caller) {
            Outcome::Certain(Ok(mapped)) => ReviewAnswer {
                username: Some(mapped.username.clone()),
                arn,
                ..ReviewAnswer::new(
                    accepted(&caller, &mapped.username, &mapped.groups, disclosure),
                    ReviewResult::Success,
                )
            },
            Outcome::Certain(Err(refusal)) => ReviewAnswer {
                reason: Some(refusal.reason().to_owned()),
                detail: detail(&refusal),
                arn,
                ..ReviewAnswer::new(not_mapped(), ReviewResult::UnknownUser)
            },
            Outcome::Random(answers) => ReviewAnswer {
                reason: Some("ambiguous".to_owned()),
                detail: Some(format!(
                    "{} entries match and nothing orders them",
                    answers.len()
                )),
                arn,
                ..ReviewAnswer::new(not_mapped(), ReviewResult::UnknownUser)
            },
        }
    }
}

impl ReviewAnswer {
    fn new(response: Response, result: ReviewResult) -> Self {
        Self {
            response,
            result,
            reason: None,
            detail: None,
            arn: None,
            username: None,
        }
    }
}

fn of_refusal(unverified: &Unverified) -> ReviewAnswer {
    let Unverified { refusal, causes } = unverified;
    let class = refusal.class();
    let result = match class {
        RefusalClass::Throttling => ReviewResult::StsThrottling,
        RefusalClass::Sts => ReviewResult::StsError,
        RefusalClass::Format | RefusalClass::Other => ReviewResult::InvalidToken,
    };
    let words = std::iter::once(refusal.to_string()).chain(causes.iter().cloned());
    let detail: String = words
        .collect::<Vec<_>>()
        .join(": ")
        .chars()
        .take(MOST_DETAIL)
        .collect();
    ReviewAnswer {
        reason: Some(reason(refusal)),
        detail: Some(detail),
        ..ReviewAnswer::new(refused(class), result)
    }
}

fn reason(refusal: &Refusal) -> String {
    refusal.reason().to_owned()
}

fn detail(refusal: &Unmapped) -> Option<String> {
    match refusal {
        Unmapped::NotMapped => None,
        Unmapped::IdArnMismatch => Some("the unique id is known under another ARN".to_owned()),
        Unmapped::Template(error) => Some(error.to_string()),
        Unmapped::EmptySessionName { placeholder } => Some(format!(
            "the caller has no session, so {placeholder} has no value"
        )),
        Unmapped::NoUsername => Some("the entry gives no user name".to_owned()),
        Unmapped::ReservedPrefix { username, prefix } => Some(format!(
            "the user name `{username}` begins with the reserved `{prefix}`"
        )),
    }
}
