//! Names that a practitioner gives to entries of a kubeconfig.

use eksauth_core::kubeconfig;
use tf_provider::schema::Invalid;

/// The name of a context or user.
///
/// # Errors
/// What is wrong with it.
pub fn check_entry_name(name: &str) -> Result<(), Invalid> {
    kubeconfig::check_entry_name(name).map_err(|why| {
        Invalid::new(
            "Invalid Kubeconfig Name",
            format!(
                "`{}` cannot name an entry of a kubeconfig: {why}.",
                name.escape_debug()
            ),
        )
    })
}

/// The program that kubectl runs.
///
/// # Errors
/// What is wrong with it.
pub fn check_command(command: &str) -> Result<(), Invalid> {
    match command.trim().is_empty() || command.chars().any(char::is_control) {
        false => Ok(()),
        true => Err(Invalid::new(
            "Invalid Command",
            format!(
                "`{}` is no program: the path of this binary, or its name where it is in PATH.",
                command.escape_debug()
            ),
        )),
    }
}

/// The profile of the shared configuration.
///
/// # Errors
/// What is wrong with it.
pub fn check_profile(profile: &str) -> Result<(), Invalid> {
    let is_usable = !profile.is_empty()
        && profile.trim() == profile
        && !profile
            .chars()
            .any(|c| c.is_control() || matches!(c, '[' | ']'));
    match is_usable {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Profile",
            format!(
                "`{}` names no profile of the shared configuration.",
                profile.escape_debug()
            ),
        )),
    }
}
