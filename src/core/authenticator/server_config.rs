//! The configuration file of an authenticator server, `clusterID` and `server` with its mappings, for servers that read them from a file.
//!
//! Keys are taken in any case, as the reference does. Stricter than it on purpose: a value of another type is refused instead of converted,
//! because `accountID: 012345678901` is no account. Source: aws-iam-authenticator `cmd/aws-iam-authenticator/root.go`, `pkg/config/types.go`.

use thiserror::Error;

use crate::authenticator::identity_mapping::{Mappings, RawMapping};
use crate::aws_auth::Sso;
use crate::yaml::{self, Decoder, Key, Value};

/// What a server takes from its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerConfig {
    /// `clusterID`.
    pub cluster_id: Option<String>,
    /// `server.mapRoles`, `server.mapUsers`, `server.mapAccounts`.
    pub mappings: Mappings,
    /// `server.scrubbedAccounts`.
    pub scrubbed_accounts: Vec<String>,
}

/// Why a file is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServerConfigError {
    /// It is no YAML.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// Something has the wrong type.
    #[error("`{place}` must be {wanted}")]
    Type {
        /// The path of the key.
        place: String,
        /// What it must be.
        wanted: &'static str,
    },
}

/// Reads a configuration. Keys that this server does not know are left to those who do.
///
/// # Errors
/// No YAML, or a known key of the wrong type.
pub fn server_config(text: &str) -> Result<ServerConfig, ServerConfigError> {
    let document = yaml::parse(text).map_err(|error| ServerConfigError::Syntax {
        line: error.line + 1,
        column: error.column + 1,
        what: error.what,
    })?;
    let Some(root) = document.root else {
        return Ok(ServerConfig::default());
    };
    let root = Decoder::new(&document)
        .decode(root)
        .map_err(|error| wrong(&error.what, "a value that JSON has too"))?;
    let root = PathValue::new("the file", &root);
    let server = root.member("server")?;
    Ok(ServerConfig {
        cluster_id: root.member("clusterID")?.text()?,
        mappings: Mappings {
            roles: server.member("mapRoles")?.mappings("roleARN")?,
            users: server.member("mapUsers")?.mappings("userARN")?,
            accounts: server.member("mapAccounts")?.texts()?,
        },
        scrubbed_accounts: server.member("scrubbedAccounts")?.texts()?,
    })
}

fn wrong(place: &str, wanted: &'static str) -> ServerConfigError {
    ServerConfigError::Type {
        place: place.to_owned(),
        wanted,
    }
}

/// A value and the way to it.
struct PathValue<'v> {
    path: String,
    value: &'v Value<'v>,
}

impl<'v> PathValue<'v> {
    fn new(path: impl Into<String>, value: &'v Value<'v>) -> Self {
        Self {
            path: path.into(),
            value,
        }
    }

    /// A member in any case, the last one of several; null where it is missing.
    fn member(&self, name: &str) -> Result<PathValue<'v>, ServerConfigError> {
        let path = match self.path.as_str() {
            "the file" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        match self.value {
            Value::Null => Ok(PathValue::new(path, &Value::Null)),
            Value::Map(fields) => {
                let found = fields.iter().rfind(
                    |field| matches!(&field.key, Key::Text(key) if key.eq_ignore_ascii_case(name)),
                );
                Ok(PathValue::new(
                    path,
                    found.map_or(&Value::Null, |field| &field.value),
                ))
            }
            _ => Err(wrong(&self.path, "a mapping")),
        }
    }

    fn items(&self) -> Result<Vec<PathValue<'v>>, ServerConfigError> {
        match self.value {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => Ok(items
                .iter()
                .enumerate()
                .map(|(index, (_, item))| PathValue::new(format!("{}[{index}]", self.path), item))
                .collect()),
            _ => Err(wrong(&self.path, "a list")),
        }
    }

    fn text(&self) -> Result<Option<String>, ServerConfigError> {
        match self.value {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text.to_string())),
            _ => Err(wrong(&self.path, "a text; put it in quotes")),
        }
    }

    fn texts(&self) -> Result<Vec<String>, ServerConfigError> {
        let items = self.items()?.into_iter();
        items
            .map(|item| item.text().map(Option::unwrap_or_default))
            .collect()
    }

    fn mappings(&self, arn: &str) -> Result<Vec<RawMapping>, ServerConfigError> {
        let items = self.items()?.into_iter();
        items
            .map(|item| {
                Ok(RawMapping {
                    arn: item.member(arn)?.text()?.unwrap_or_default(),
                    username: item.member("username")?.text()?.unwrap_or_default(),
                    groups: item.member("groups")?.texts()?,
                    sso: item.member("sso")?.sso()?,
                })
            })
            .collect()
    }

    fn sso(&self) -> Result<Option<Sso>, ServerConfigError> {
        if *self.value == Value::Null {
            return Ok(None);
        }
        let text = |name| -> Result<String, ServerConfigError> {
            Ok(self.member(name)?.text()?.unwrap_or_default())
        };
        Ok(Some(Sso {
            permission_set_name: text("permissionSetName")?,
            account_id: text("accountID")?,
            partition: text("partition")?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_taken_in_any_case_and_unknown_ones_left_alone() {
        let text = "clusterid: prod\nserver:\n  port: 21362\n  mapRoles:\n  - roleARN: arn:aws:iam::111122223333:role/a\n    username: a\n    groups: [g]\n\
                    \x20 - rolearn: \"\"\n    sso: {permissionSetName: Admin, accountID: \"111122223333\"}\n\
                    \x20 mapusers:\n  - userARN: arn:aws:iam::111122223333:user/u\n    username: u\n  mapAccounts: [\"012345678901\"]\n";
        let config = server_config(text).unwrap();
        assert_eq!(config.cluster_id.as_deref(), Some("prod"));
        assert_eq!(
            config.mappings,
            Mappings {
                roles: vec![
                    RawMapping {
                        arn: "arn:aws:iam::111122223333:role/a".to_owned(),
                        username: "a".to_owned(),
                        groups: vec!["g".to_owned()],
                        sso: None,
                    },
                    RawMapping {
                        sso: Some(Sso {
                            permission_set_name: "Admin".to_owned(),
                            account_id: "111122223333".to_owned(),
                            partition: String::new(),
                        }),
                        ..RawMapping::default()
                    },
                ],
                users: vec![RawMapping {
                    arn: "arn:aws:iam::111122223333:user/u".to_owned(),
                    username: "u".to_owned(),
                    ..RawMapping::default()
                }],
                accounts: vec!["012345678901".to_owned()],
            }
        );
        assert_eq!(server_config(""), Ok(ServerConfig::default()));
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_its_place() {
        let refused = |text: &str| server_config(text).unwrap_err().to_string();
        assert_eq!(
            refused("server:\n  mapAccounts: [012345678901]\n"),
            "`server.mapAccounts[0]` must be a text; put it in quotes"
        );
        assert_eq!(
            refused("server:\n  mapRoles:\n  - roleARN: a\n    groups: g\n"),
            "`server.mapRoles[0].groups` must be a list"
        );
        assert_eq!(refused("server: x\n"), "`server` must be a mapping");
        assert!(refused("a: b: c\n").starts_with("line 1, column 5: "));
    }
}
