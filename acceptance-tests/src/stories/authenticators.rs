//! Our `server` beside the real aws-iam-authenticator: the same tokens, the same aws-auth, and every difference has its reason.
//!
//! Both watch the aws-auth of one cluster and ask the same STS. What differs on purpose stands in DEVIATIONS.md and is named here.

use super::story::stories;

mod documents;
mod emulator;
mod pair;
mod random;
mod tokens;

use documents::documents_are_read_alike;
use emulator::the_emulator_judges_the_same_tokens;
use tokens::tokens_are_judged_alike;

stories!("authenticators":
    tokens_are_judged_alike,
    the_emulator_judges_the_same_tokens,
    documents_are_read_alike,
);

/// Multiplies the tokens and documents that are compared.
const ROUNDS: &str = "EKSAUTH_TEST_ROUNDS";

fn rounds() -> usize {
    let named = std::env::var(ROUNDS).ok();
    named.and_then(|number| number.parse().ok()).unwrap_or(1)
}
