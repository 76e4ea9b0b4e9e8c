//! `aws-profile`: the stanza of `~/.aws/config` for a role. It asks nobody and writes no file.

use eksauth_core::aws_profile::{AwsProfile, AwsProfileError, Source};

use crate::command::AwsProfileArguments;
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};

/// Prints the stanza.
///
/// # Errors
/// A value that the AWS tools would read otherwise, or that STS refuses.
pub fn run(arguments: &AwsProfileArguments) -> Result<Outcome, Failure> {
    let source = match (&arguments.source_profile, &arguments.credential_source) {
        (Some(profile), _) => Source::Profile(profile.clone()),
        (None, Some(source)) => Source::Credentials(source.clone()),
        (None, None) => {
            return Err(Failure::new(
                "nothing says whose credentials assume the role; give --source-profile or --credential-source",
            ));
        }
    };
    let profile = AwsProfile {
        name: arguments.name.clone(),
        role_arn: arguments.role_arn.clone(),
        source,
        region: arguments.region.clone(),
        external_id: arguments.external_id.clone(),
        mfa_serial: arguments.mfa_serial.clone(),
        session_name: arguments.session_name.clone(),
        duration: arguments.duration,
    };
    let refused = |error: AwsProfileError| Failure::new(error.to_string());
    let text = profile.stanza().map_err(refused)?;
    let name = profile.checked_name().map_err(refused)?;
    let is_own_source = matches!(&profile.source, Source::Profile(source) if *source == name);
    let warning = is_own_source.then(|| {
        format!("profile `{name}` is its own source, which works only where keys stand under that name in ~/.aws/credentials")
    });
    Ok(Outcome {
        text,
        warning,
        verdict: Verdict::Yes,
    })
}
