use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use crate::principal::partition::Partition;
use crate::token::{Refusal, StsRequest, TOKEN_PREFIX, Verifier, judge};

const HOST: &str = "sts.eu-west-1.amazonaws.com";
const SCOPE: &str = "eu-west-1/sts/aws4_request";

/// What nobody but STS may read, as it stands in a token.
#[derive(Clone, Debug)]
struct Secrets {
    signature: String,
    key_id: String,
    security_token: String,
}

impl Secrets {
    fn url(&self) -> String {
        let Self {
            signature,
            key_id,
            security_token,
        } = self;
        let escaped = |text: &str| {
            text.replace('/', "%2F")
                .replace('+', "%2B")
                .replace('=', "%3D")
        };
        format!(
            "https://{HOST}/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential={}&X-Amz-Date=20260601T115500Z&X-Amz-Expires=60&X-Amz-Security-Token={}\
             &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature={signature}",
            escaped(&format!("{key_id}/20260601/{SCOPE}")),
            escaped(security_token),
        )
    }

    /// The first eight characters in a row of a secret that a text repeats. Region and service, which every credential ends with, are none.
    fn part_in(&self, text: &str) -> Option<String> {
        let credential = format!("{}/20260601/", self.key_id);
        [&self.signature, &credential, &self.security_token]
            .into_iter()
            .flat_map(|secret| secret.as_bytes().windows(8))
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .find(|part| text.contains(part.as_str()))
    }
}

fn secrets() -> impl Strategy<Value = Secrets> {
    let parts = (
        "[0-9a-f]{64}",
        "A[SK]IA[A-Z0-9]{16}",
        "[A-Za-z0-9+/]{60,300}={0,2}",
    );
    parts.prop_map(|(signature, key_id, security_token)| Secrets {
        signature,
        key_id,
        security_token,
    })
}

/// One accident that befalls a URL. Positions are taken modulo its length.
#[derive(Clone, Debug)]
enum Accident {
    Lost {
        from: usize,
        bytes: usize,
    },
    Moved {
        from: usize,
        bytes: usize,
        to: usize,
    },
    Repeated {
        from: usize,
        bytes: usize,
        to: usize,
    },
    Replaced {
        at: usize,
        with: u8,
    },
}

fn accident() -> impl Strategy<Value = Accident> {
    let (place, bytes) = (0usize..1000, 1usize..400);
    // The host stands at the beginning, and that is where parts of the query are shown.
    let target = prop_oneof![6usize..40, 0usize..1000];
    prop_oneof![
        (prop_oneof![30usize..40, 0usize..1000], bytes.clone())
            .prop_map(|(from, bytes)| Accident::Lost { from, bytes }),
        (place.clone(), bytes.clone(), target.clone())
            .prop_map(|(from, bytes, to)| Accident::Moved { from, bytes, to }),
        (place, bytes, target.clone()).prop_map(|(from, bytes, to)| Accident::Repeated {
            from,
            bytes,
            to
        }),
        (target, any::<u8>()).prop_map(|(at, with)| Accident::Replaced { at, with }),
    ]
}

fn mangle(url: &mut Vec<u8>, accident: &Accident) {
    if url.is_empty() {
        return;
    }
    let range = |from: usize, bytes: usize| {
        let from = from % url.len();
        from..(from + bytes).min(url.len())
    };
    let insert = |url: &mut Vec<u8>, to: usize, part: Vec<u8>| {
        let to = to % (url.len() + 1);
        url.splice(to..to, part);
    };
    match *accident {
        Accident::Lost { from, bytes } => drop(url.drain(range(from, bytes))),
        Accident::Moved { from, bytes, to } => {
            let part: Vec<u8> = url.drain(range(from, bytes)).collect();
            insert(url, to, part);
        }
        Accident::Repeated { from, bytes, to } => {
            let part = url[range(from, bytes)].to_vec();
            insert(url, to, part);
        }
        Accident::Replaced { at, with } => {
            let at = at % url.len();
            url[at] = with;
        }
    }
}

fn judge_bytes(url: &[u8]) -> Result<StsRequest, Refusal> {
    let verifier = Verifier {
        cluster_id: "prod".to_owned(),
        partition: Partition::Aws,
        region: Some("eu-west-1".to_owned()),
    };
    let token = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(url));
    judge(&token, &verifier, SystemTime::UNIX_EPOCH)
}

/// Everything that a refusal, or a request that is none, prints.
fn printed(judged: &Result<StsRequest, Refusal>) -> String {
    match judged {
        Ok(request) => format!("{request:?} {request:#?}"),
        Err(refusal) => format!("{refusal} {refusal:?} {refusal:#?}"),
    }
}

fn refusal_of_host(host: &str) -> String {
    judge_bytes(format!("https://{host}").as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn a_url_that_lacks_its_question_mark_prints_neither_credential_nor_signature() {
    let secrets = Secrets {
        signature: "0123456789abcdef".repeat(4),
        key_id: "ASIAEXAMPLEKEY000001".to_owned(),
        security_token: "IQoJb3JpZ2luX2VjEXAMPLETOKEN+/==".to_owned(),
    };
    // Without escapes, which no host may have, all of it is host.
    let url = secrets.url().replace("/?", "").replace('%', "");
    let text = printed(&judge_bytes(url.as_bytes()));
    assert_eq!(secrets.part_in(&text), None, "{text}");
    assert!(
        text.starts_with("the token is for `sts.eu-west-1.amazonaws.…`, which is not"),
        "{text}"
    );
}

#[test]
fn a_host_is_shown_as_far_as_it_can_be_one() {
    for (host, shown) in [
        ("evil.example.org", "evil.example.org"),
        (
            "sts.ap-southeast-7.amazonaws.com:443",
            "sts.ap-southeast-7.amazonaws.com:443",
        ),
        ("STS.eu-west-1.AMAZONAWS.com", "STS.eu-west-1.AMAZONAWS.com"),
        (
            "sts.eu-west-1.amazonaws.comAction=GetCallerIdentity&X",
            "sts.eu-west-1.amazonaws.…",
        ),
        (
            "sts.eu-west-1.amazonaws.com&X-Amz-Signature=0123",
            "sts.eu-west-1.amazonaws.com…",
        ),
        (
            "0123456789abcdef0123456789abcdef.example.org",
            "….example.org",
        ),
        ("a.b.\u{202e}c", "a.b.…"),
        ("sts.K8s-aws-v1.aaaa.example", "sts.…"),
    ] {
        let expected =
            format!("the token is for `{shown}`, which is not a host of STS in partition aws");
        assert_eq!(refusal_of_host(host), expected);
    }
    let long = "a.".repeat(1000);
    let text = refusal_of_host(&long);
    assert!(text.contains("a.a…`") && text.len() < 400, "{text}");
    assert_eq!(
        refusal_of_host("localhost:4566"),
        "the host in the token, `localhost:4566`, is not a host of STS"
    );
}

proptest! {
    #[test]
    fn no_part_of_a_secret_is_printed_however_a_token_is_mangled(
        secrets in secrets(),
        accidents in prop::collection::vec(accident(), 1..4),
    ) {
        let mut url = secrets.url().into_bytes();
        for accident in &accidents {
            mangle(&mut url, accident);
        }
        let text = printed(&judge_bytes(&url));
        prop_assert_eq!(secrets.part_in(&text), None, "{} of {}", text, String::from_utf8_lossy(&url));
    }
}
