//! Our `server` beside the real aws-iam-authenticator: the same tokens, the same aws-auth, and every difference has its reason.
//!
//! Both watch the aws-auth of one cluster and ask the same STS. What differs on purpose stands in DEVIATIONS.md and is named here.

use super::story::stories;

mod backends;
mod documents;
mod emulator;
mod entries;
mod judges;
mod pair;
mod queries;
mod random;
mod reviews;
mod sts_answers;
mod templates;
mod tokens;

use backends::other_backends_map_alike;
use documents::documents_are_read_alike;
use emulator::the_emulator_judges_the_same_tokens;
use entries::an_arn_is_an_error_where_nobody_is_let_in;
use queries::queries_are_judged_alike;
use reviews::reviews_are_answered_alike;
use sts_answers::{answers_of_sts_are_read_alike, arns_of_callers_are_read_alike};
use templates::templates_are_filled_alike;
use tokens::tokens_are_judged_alike;

stories!("authenticators":
    tokens_are_judged_alike,
    the_emulator_judges_the_same_tokens,
    documents_are_read_alike,
    queries_are_judged_alike,
    answers_of_sts_are_read_alike,
    arns_of_callers_are_read_alike,
    templates_are_filled_alike,
    reviews_are_answered_alike,
    an_arn_is_an_error_where_nobody_is_let_in,
    other_backends_map_alike,
);

/// From which the cases are made that are generated; 1 where it is not set.
const SEED: &str = "EKSAUTH_TEST_SEED";

/// Multiplies the cases that are compared.
const ROUNDS: &str = "EKSAUTH_TEST_ROUNDS";

fn rounds() -> usize {
    let named = std::env::var(ROUNDS).ok();
    named.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Where the chance of one comparison begins.
fn seed(row: u64) -> u64 {
    let named = std::env::var(SEED).ok();
    let named: u64 = named.and_then(|number| number.parse().ok()).unwrap_or(1);
    named.wrapping_mul(1_000_003).wrapping_add(row)
}
