//! What is said of a token that cannot be renewed.

use tf_provider::Diagnostic;

/// The token's time is over while Terraform still needs it.
pub(super) fn token_has_ended(cluster: &str, expiration: &str) -> Diagnostic {
    Diagnostic::warning(
        "Token Has Ended",
        format!(
            "{cluster}: the token that was handed out ended at {expiration}, and Terraform cannot replace a value it has given to another \
             provider. What uses it from now on is refused. For applies this long let that provider run `terraform-provider-eksauth token` \
             instead, or use resources of this provider, which renew theirs."
        ),
    )
}
