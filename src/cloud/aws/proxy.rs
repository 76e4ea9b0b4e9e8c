//! Which proxy a request takes: the provider's settings, else HTTP_PROXY, HTTPS_PROXY and NO_PROXY in either case.
//!
//! What surprises: loopback and link-local hosts (metadata services, an emulator) never go through a proxy, as a proxy would answer for itself.

use std::net::IpAddr;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_types::os_shim_internal::Env;
use eksauth_provider::ports::cloud::UrlSetting;
use eksauth_provider::ports::{ApiError, AwsSettings, ErrorKind, Surface};
use hyper_util::client::proxy::matcher::Matcher;

use super::config::variable;
use crate::error::redact;

/// No service answers with it.
const PROXY_AUTHENTICATION_REQUIRED: u16 = 407;

/// The proxies of one configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    http: Option<UrlSetting>,
    https: Option<UrlSetting>,
    exempt: String,
}

impl Proxies {
    /// Reads settings, then the environment.
    pub(crate) fn from_settings(settings: &AwsSettings, env: &Env) -> Result<Self, ApiError> {
        fn exposed(url: &Option<UrlSetting>) -> Option<&str> {
            url.as_ref().map(UrlSetting::expose)
        }
        let pick = |set: Option<&str>, upper: &str, lower: &str| {
            let found = set
                .map(str::to_owned)
                .or_else(|| variable(env, upper))
                .or_else(|| variable(env, lower));
            found
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        Ok(Self {
            http: pick(exposed(&settings.http_proxy), "HTTP_PROXY", "http_proxy")
                .map(|url| checked(settings.surface, "http_proxy", url))
                .transpose()?,
            https: pick(exposed(&settings.https_proxy), "HTTPS_PROXY", "https_proxy")
                .map(|url| checked(settings.surface, "https_proxy", url))
                .transpose()?,
            exempt: pick(settings.no_proxy.as_deref(), "NO_PROXY", "no_proxy").unwrap_or_default(),
        })
    }

    /// The proxy's URL for a request's URL.
    pub(crate) fn proxy_for(&self, url: &http::Uri) -> Option<&UrlSetting> {
        let proxy = if url.scheme_str() == Some("https") {
            self.https.as_ref()
        } else {
            self.http.as_ref()
        }?;
        if is_local(url.host()?) {
            return None;
        }
        let matcher = Matcher::builder()
            .all(proxy.expose())
            .no(self.exempt.as_str())
            .build();
        matcher.intercept(url).map(|_| proxy)
    }

    /// The same for the SDK's connector, which sees one kind of URL only.
    pub(crate) fn connector_config(proxy: &UrlSetting) -> Result<ProxyConfig, ApiError> {
        ProxyConfig::all(proxy.expose()).map_err(|error| invalid(proxy, &error.to_string()))
    }
}

/// The proxy's URL with its scheme, if it is one.
fn checked(surface: Surface, setting: &str, url: String) -> Result<UrlSetting, ApiError> {
    let url = if url.contains("://") {
        url
    } else {
        format!("http://{url}")
    };
    let url = UrlSetting::new(url);
    match Proxies::connector_config(&url) {
        Ok(_) => Ok(url),
        Err(error) => Err(ApiError {
            operation: surface.choose(format!("`{setting}`"), setting.to_uppercase()),
            ..error
        }),
    }
}

/// A proxy that wants to know who asks. Over https the connection through it is never made; over http it answers in the service's place.
#[derive(Debug, thiserror::Error)]
#[error(
    "the proxy {proxy} refused the request with status 407: it wants credentials, which belong in its URL"
)]
pub(crate) struct ProxyRefused {
    proxy: UrlSetting,
}

impl ProxyRefused {
    /// What an answer with a status to a request for a URL says, if a proxy said it.
    pub(crate) fn from_answer(status: u16, proxy: Option<&UrlSetting>) -> Option<Self> {
        let is_refused = status == PROXY_AUTHENTICATION_REQUIRED;
        let proxy = proxy.filter(|_| is_refused)?.clone();
        Some(Self { proxy })
    }
}

fn invalid(proxy: &UrlSetting, why: &str) -> ApiError {
    ApiError::new(
        ErrorKind::Invalid,
        "provider proxy",
        redact(&format!("`{proxy}` is not the URL of a proxy: {why}")),
    )
}

/// `localhost` and loopback addresses, as in Go's `httpproxy` (which the AWS provider uses), and what only this machine's link reaches:
/// link-local addresses, with the container and instance metadata services, and the latter's `fd00:ec2::/32`. Other private networks take
/// the proxy unless NO_PROXY names them.
fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    // The zone of a link-local address, `%eth0` or `%25eth0` in a URL, is no part of the address.
    let address = host.split_once('%').map_or(host, |(address, _)| address);
    match address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback()
                || address.is_unicast_link_local()
                || address.segments().starts_with(&[0xfd00, 0xec2])
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eksauth_provider::ports::CloudFactory;
    use eksauth_provider::ports::cloud::Secret;

    use super::*;
    use crate::factory::Factory;
    use crate::loopback::{Loopback, Reply};
    use crate::test_clock::TestClock;

    fn proxies(settings: &AwsSettings, env: &[(&str, &str)]) -> Proxies {
        Proxies::from_settings(settings, &Env::from_slice(env)).unwrap()
    }

    fn proxy_url<'a>(proxies: &'a Proxies, url: &str) -> Option<&'a str> {
        proxies
            .proxy_for(&url.parse().unwrap())
            .map(UrlSetting::expose)
    }

    #[test]
    fn settings_win_over_the_environment_and_a_missing_scheme_is_http() {
        let settings = AwsSettings {
            https_proxy: Some("proxy.corp:3128".into()),
            ..AwsSettings::default()
        };
        let proxies = proxies(
            &settings,
            &[
                ("HTTPS_PROXY", "http://other:1"),
                ("http_proxy", "http://plain:2"),
                ("no_proxy", ".internal,10.0.0.0/8"),
            ],
        );
        assert_eq!(
            proxy_url(&proxies, "https://iam.amazonaws.com/"),
            Some("http://proxy.corp:3128")
        );
        assert_eq!(
            proxy_url(&proxies, "http://iam.amazonaws.com/"),
            Some("http://plain:2")
        );
        assert_eq!(proxy_url(&proxies, "https://eks.internal/"), None);
        assert_eq!(proxy_url(&proxies, "https://10.1.2.3/"), None);
    }

    #[tokio::test]
    async fn a_proxy_that_wants_credentials_is_told_as_the_proxy() {
        let proxy = Loopback::start(|_| Reply::new(407, "who are you?")).await;
        let settings = AwsSettings {
            region: Some("eu-central-1".to_owned()),
            access_key: Some(Secret::new("AKIDBASE")),
            secret_key: Some(Secret::new("secret")),
            endpoints: [("iam".to_owned(), "http://iam.example.test".into())].into(),
            http_proxy: Some(format!("http://me:hunter2@{}", proxy.address).into()),
            ..AwsSettings::default()
        };
        let factory = Factory::with_clock(Arc::new(TestClock::new()));
        let iam = factory.connect(settings).await.unwrap().iam();
        let read = iam.list_oidc_providers().await.unwrap_err();
        let written = iam.delete_oidc_provider("arn:a").await.unwrap_err();
        for error in [read, written] {
            assert_eq!(error.kind, ErrorKind::Unreachable);
            assert_eq!(
                error.message,
                format!(
                    "the proxy http://(redacted)@{} refused the request with status 407: it wants credentials, which belong in its URL",
                    proxy.address
                )
            );
            assert!(error.operation.starts_with("iam:"), "{error:?}");
            assert!(!error.may_have_been_carried_out(), "{error:?}");
        }
        assert_eq!(proxy.received().len(), 2, "it is not asked again");
    }

    #[test]
    fn local_hosts_never_take_a_proxy() {
        let proxies = proxies(
            &AwsSettings::default(),
            &[
                ("HTTP_PROXY", "http://proxy:1"),
                ("HTTPS_PROXY", "http://proxy:1"),
            ],
        );
        for url in [
            "http://127.0.0.1:4566/",
            "http://localhost/",
            "http://169.254.169.254/latest",
            "http://[::1]:80/",
            "https://[fe80::1]:6443/",
            "https://127.0.0.1:6443/",
        ] {
            assert_eq!(proxy_url(&proxies, url), None, "{url}");
        }
    }

    #[test]
    fn local_are_loopback_link_local_and_the_metadata_services() {
        for host in [
            "localhost",
            "LocalHost",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "169.254.170.2",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[fe80::1]",
            "[FEBF::1]",
            "[fe80::1%25eth0]",
            "fe80::1%eth0",
            "[fd00:ec2::254]",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in [
            "localhost.corp",
            "10.0.0.1",
            "192.168.0.1",
            "0.0.0.0",
            "[::]",
            "[::ffff:10.0.0.1]",
            "[fec0::1]",
            "[fd00::1]",
            "[2001:db8::1]",
            "iam.amazonaws.com",
        ] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_broken_proxy_is_refused_without_its_password() {
        let settings = AwsSettings {
            http_proxy: Some("socks9://me:secret@proxy".into()),
            ..AwsSettings::default()
        };
        let error = Proxies::from_settings(&settings, &Env::from_slice(&[])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert_eq!(error.operation, "`http_proxy`");
        assert!(
            error
                .message
                .starts_with("`socks9://(redacted)@proxy` is not the URL of a proxy"),
            "{}",
            error.message
        );
    }
}
