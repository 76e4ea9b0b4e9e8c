//! Settings that must not be printed: neither in errors nor by `{:?}` of what holds them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A text that must not be printed. Its memory is overwritten when it goes.
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

/// The URL of a proxy or an endpoint as it was written. A user name and a password in it are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UrlSetting(Secret);

impl UrlSetting {
    /// Wraps a URL, which may be none.
    pub fn new(url: impl Into<String>) -> Self {
        Self(Secret::new(url))
    }

    /// The URL with its password, for the one place that connects.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<String> for UrlSetting {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl From<&str> for UrlSetting {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl fmt::Display for UrlSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_userinfo(self.expose()))
    }
}

impl fmt::Debug for UrlSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&without_userinfo(self.expose()), f)
    }
}

/// `http://(redacted)@host` of `http://me:secret@host`, also where the scheme is missing.
///
/// A password that was not percent-encoded may hold `/`, `?` and `@`, so everything before the last `@` counts as userinfo.
pub fn without_userinfo(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else {
        return url.to_owned();
    };
    match before.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://(redacted)@{host}"),
        None => format!("(redacted)@{host}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Settings;
    use crate::ports::cloud::AssumeRoleWithWebIdentity;
    use crate::ports::{AwsSettings, ClusterAccess};

    const PASSWORD: &str = "hunter2";

    #[test]
    fn a_url_is_shown_without_who_logs_in() {
        for (url, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            (
                "http://me:hunter2@proxy:3128/",
                "http://(redacted)@proxy:3128/",
            ),
            ("me:hunter2@proxy:3128", "(redacted)@proxy:3128"),
            ("http://hunter2@proxy", "http://(redacted)@proxy"),
            ("http://me:p@ss/hunter2?@proxy", "http://(redacted)@proxy"),
            ("http://[fe80::1]:80", "http://[fe80::1]:80"),
            ("", ""),
        ] {
            let url = UrlSetting::new(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
        }
    }

    #[test]
    fn no_setting_prints_a_secret() {
        let (secret, url) = (
            Some(Secret::new(PASSWORD)),
            UrlSetting::new(format!("http://me:{PASSWORD}@host")),
        );
        let aws = AwsSettings {
            access_key: secret.clone(),
            secret_key: secret.clone(),
            token: secret.clone(),
            assume_role_with_web_identity: Some(AssumeRoleWithWebIdentity {
                token: secret.clone(),
                ..AssumeRoleWithWebIdentity::default()
            }),
            endpoints: BTreeMap::from([("sts".to_owned(), url.clone())]),
            http_proxy: Some(url.clone()),
            https_proxy: Some(url.clone()),
            ..AwsSettings::default()
        };
        let access = ClusterAccess {
            proxy_url: Some(url.clone()),
            host: Some(url),
            token: secret.clone(),
            client_key: secret,
            ..ClusterAccess::default()
        };
        let settings = Settings {
            clusters: tf_provider::Attr::Known(BTreeMap::from([(
                "prod".to_owned(),
                tf_provider::Attr::Known(access.clone()),
            )])),
            ..Settings::default()
        };
        let shown = format!("{aws:?} {access:?} {settings:?} {aws:#?} {access:#?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        assert_eq!(
            shown.matches("http://(redacted)@host").count(),
            12,
            "{shown}"
        );
    }
}
