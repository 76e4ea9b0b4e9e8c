//! A profile of `~/.aws/config` that assumes a role.
//!
//! The keys and the names of profiles are those of the AWS SDKs and tools reference guide ("Assume role credential provider", "Shared config and
//! credentials files"); lengths and characters are those of STS AssumeRole.

use crate::principal::arn::iam_role_path;

/// Where the credentials come from that assume the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Another profile.
    Profile(String),
    /// The environment, the instance or the container.
    Credentials(String),
}

/// What a profile says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsProfile {
    /// Its name; the role's unless given.
    pub name: Option<String>,
    /// The role.
    pub role_arn: String,
    /// Where the credentials come from.
    pub source: Source,
    /// The region.
    pub region: Option<String>,
    /// The external id.
    pub external_id: Option<String>,
    /// The MFA device.
    pub mfa_serial: Option<String>,
    /// The session's name.
    pub session_name: Option<String>,
    /// Seconds.
    pub duration: Option<u32>,
}

/// What a profile cannot say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsProfileError {
    /// No role.
    #[error("`{0}` is the ARN of no role, which looks like `arn:aws:iam::111122223333:role/dev`")]
    Role(String),
    /// A name that not every tool reads.
    #[error("`{0}` is no name of a profile: 1 to 128 letters, digits and `_-/.%@:+`")]
    Name(String),
    /// No source of credentials.
    #[error("`{0}` is no credential source: Environment, Ec2InstanceMetadata or EcsContainer")]
    CredentialSource(String),
    /// An external id that STS refuses.
    #[error("`{0}` is no external id: 2 to 1224 letters, digits and `_+=,.@:/-`")]
    ExternalId(String),
    /// No MFA device.
    #[error(
        "`{0}` is no MFA device: its ARN, which looks like `arn:aws:iam::111122223333:mfa/me`, or a serial number of 9 to 256 letters, digits and `=/:,.@-`"
    )]
    MfaSerial(String),
    /// A duration that STS refuses.
    #[error("{0} is no duration: 900 to 43200 seconds, and no more than the role allows")]
    Duration(u32),
    /// A session's name that STS refuses.
    #[error("`{0}` is not a session name: 2 to 64 letters, digits and `_+=,.@-`")]
    SessionName(String),
}

impl AwsProfile {
    /// Its lines.
    ///
    /// # Errors
    /// See [`AwsProfileError`].
    pub fn stanza(&self) -> Result<String, AwsProfileError> {
        let name = self.checked_name()?;
        self.check()?;
        let header = match name.as_str() {
            "default" => "[default]".to_owned(),
            name => format!("[profile {name}]"),
        };
        let duration = self.duration.map(|seconds| seconds.to_string());
        let source = match &self.source {
            Source::Profile(name) => ("source_profile", Some(name)),
            Source::Credentials(source) => ("credential_source", Some(source)),
        };
        let settings = [
            ("role_arn", Some(&self.role_arn)),
            source,
            ("external_id", self.external_id.as_ref()),
            ("mfa_serial", self.mfa_serial.as_ref()),
            ("role_session_name", self.session_name.as_ref()),
            ("duration_seconds", duration.as_ref()),
            ("region", self.region.as_ref()),
        ];
        let settings = settings.iter().filter_map(|(key, value)| {
            let value = value.as_ref()?;
            Some(format!("{key} = {value}\n"))
        });
        Ok(format!("{header}\n{}", settings.collect::<String>()))
    }

    /// Its name; the last part of the role's ARN unless one is given.
    ///
    /// # Errors
    /// [`AwsProfileError::Name`].
    pub fn checked_name(&self) -> Result<String, AwsProfileError> {
        let of_role = || self.role_arn.rsplit('/').next().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or_else(of_role);
        check_name(name).map(|()| name.to_owned())
    }

    fn check(&self) -> Result<(), AwsProfileError> {
        use AwsProfileError as Error;
        if !matches!(iam_role_path(&self.role_arn), Ok(Some(_))) {
            return Err(Error::Role(self.role_arn.clone()));
        }
        match &self.source {
            Source::Profile(name) => check_name(name)?,
            Source::Credentials(source) => {
                if !CREDENTIAL_SOURCES.contains(&source.as_str()) {
                    return Err(Error::CredentialSource(source.clone()));
                }
            }
        }
        if let Some(id) = &self.external_id
            && !consists_of(id, 2..=1224, "_+=,.@:/-")
        {
            return Err(Error::ExternalId(id.clone()));
        }
        if let Some(serial) = &self.mfa_serial
            && !is_mfa_serial(serial)
        {
            return Err(Error::MfaSerial(serial.clone()));
        }
        if let Some(name) = &self.session_name
            && !consists_of(name, 2..=64, "_+=,.@-")
        {
            return Err(Error::SessionName(name.clone()));
        }
        match self.duration {
            Some(seconds) if !(900..=43_200).contains(&seconds) => Err(Error::Duration(seconds)),
            _ => Ok(()),
        }
    }
}

const CREDENTIAL_SOURCES: [&str; 3] = ["Environment", "Ec2InstanceMetadata", "EcsContainer"];

fn check_name(name: &str) -> Result<(), AwsProfileError> {
    match consists_of(name, 1..=128, "_-/.%@:+") {
        true => Ok(()),
        false => Err(AwsProfileError::Name(name.to_owned())),
    }
}

/// An ARN of a virtual device, or the serial number that is printed on a hardware device.
fn is_mfa_serial(serial: &str) -> bool {
    let Some(rest) = serial.strip_prefix("arn:") else {
        return consists_of(serial, 9..=256, "=/:,.@-");
    };
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [partition, "iam", "", account, resource] = parts.as_slice() else {
        return false;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let device = resource.strip_prefix("mfa/").unwrap_or_default();
    is_account && consists_of(partition, 1..=32, "-") && consists_of(device, 1..=512, "_+=,.@/-")
}

fn consists_of(text: &str, length: std::ops::RangeInclusive<usize>, others: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || others.contains(letter);
    length.contains(&text.len()) && text.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> AwsProfile {
        AwsProfile {
            name: None,
            role_arn: "arn:aws:iam::111122223333:role/teams/dev".to_owned(),
            source: Source::Profile("me".to_owned()),
            region: None,
            external_id: None,
            mfa_serial: None,
            session_name: None,
            duration: None,
        }
    }

    #[test]
    fn the_least_profile_has_three_lines() {
        assert_eq!(
            profile().stanza().unwrap(),
            "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/teams/dev\nsource_profile = me\n"
        );
    }

    #[test]
    fn everything_that_can_be_said_is_said() {
        let all = AwsProfile {
            name: Some("default".to_owned()),
            source: Source::Credentials("Ec2InstanceMetadata".to_owned()),
            region: Some("eu-central-1".to_owned()),
            external_id: Some("a:b/c".to_owned()),
            mfa_serial: Some("arn:aws:iam::111122223333:mfa/me".to_owned()),
            session_name: Some("me@example.com".to_owned()),
            duration: Some(3600),
            ..profile()
        };
        assert_eq!(
            all.stanza().unwrap(),
            "[default]\nrole_arn = arn:aws:iam::111122223333:role/teams/dev\ncredential_source = Ec2InstanceMetadata\nexternal_id = a:b/c\nmfa_serial = \
             arn:aws:iam::111122223333:mfa/me\nrole_session_name = me@example.com\nduration_seconds = 3600\nregion = eu-central-1\n"
        );
    }

    #[test]
    fn what_would_be_read_otherwise_or_refused_by_sts_is_refused() {
        let wrong: [(&str, AwsProfile); 11] = [
            (
                "no name",
                AwsProfile {
                    name: Some("a b".into()),
                    ..profile()
                },
            ),
            (
                "no name",
                AwsProfile {
                    name: Some("a]\n[b".into()),
                    ..profile()
                },
            ),
            (
                "no name",
                AwsProfile {
                    source: Source::Profile(String::new()),
                    ..profile()
                },
            ),
            (
                "credential source",
                AwsProfile {
                    source: Source::Credentials("environment".into()),
                    ..profile()
                },
            ),
            (
                "of no role",
                AwsProfile {
                    role_arn: "arn:aws:iam::111122223333:user/dev".into(),
                    ..profile()
                },
            ),
            (
                "of no role",
                AwsProfile {
                    role_arn: "arn:aws:sts::111122223333:assumed-role/dev/me".into(),
                    ..profile()
                },
            ),
            (
                "external id",
                AwsProfile {
                    external_id: Some("a # b".into()),
                    ..profile()
                },
            ),
            (
                "MFA device",
                AwsProfile {
                    mfa_serial: Some("arn:aws:iam::1:mfa/me".into()),
                    ..profile()
                },
            ),
            (
                "MFA device",
                AwsProfile {
                    mfa_serial: Some("short".into()),
                    ..profile()
                },
            ),
            (
                "session name",
                AwsProfile {
                    session_name: Some("a b".into()),
                    ..profile()
                },
            ),
            (
                "no duration",
                AwsProfile {
                    duration: Some(899),
                    ..profile()
                },
            ),
        ];
        for (why, profile) in wrong {
            let refused = profile.stanza().unwrap_err().to_string();
            assert!(refused.contains(why), "{why}: {refused}");
        }
        let hardware = AwsProfile {
            mfa_serial: Some("GAHT12345678".into()),
            ..profile()
        };
        assert!(hardware.stanza().is_ok());
    }
}
