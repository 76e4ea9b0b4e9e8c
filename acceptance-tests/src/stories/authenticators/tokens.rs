//! The same tokens, good ones and bad ones, to every authenticator.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    pair::{Pair, people},
    random::Random,
    rounds,
};
use crate::{
    bed::cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD},
    failure::{Failure, Outcome, expect},
};

/// Tokens with one letter changed.
const SPOILT: usize = 600;

pub(super) fn tokens_are_judged_alike(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let people = people(cloud, &prod)?;
    let mut pair = Pair::start(cloud, &prod)?;
    prod.put_aws_auth(&BTreeMap::from([
        ("mapRoles".into(), format!("- rolearn: arn:aws:iam::{ACCOUNT}:role/platform\n  username: platform:{{{{SessionName}}}}:{{{{SessionNameRaw}}}}\n  groups: [a, b]\n")),
        ("mapAccounts".into(), format!("- \"{ACCOUNT}\"\n- \"{OTHER_ACCOUNT}\"\n")),
    ]))?;
    let [(_, session), (mallory, user), ..] = people.as_slice() else {
        return Err(Failure::new("nobody is there"));
    };
    pair.wait_for(session, "platform:eve-example.com:eve@example.com")?;
    pair.wait_for(user, &mallory.arn)?;
    let elsewhere = prod.token_for("staging", mallory)?;
    let mut tokens: Vec<(String, String)> = people
        .iter()
        .map(|(who, token)| (who.arn.clone(), token.clone()))
        .collect();
    tokens.push(("for another cluster".into(), elsewhere));
    for (_, token) in &people {
        tokens.extend(altered(token)?);
    }
    tokens.extend(spoilt(user));
    let mut differences = Vec::new();
    for (what, token) in &tokens {
        let (real, ours) = pair.ask(token)?;
        if real != ours {
            let is_meant = (real.0, ours.0) == (200, 403) && STRICTER.contains(&what.as_str());
            if !is_meant {
                differences.push(format!("{what}: the real one says {real:?}, ours {ours:?}"));
            }
        }
    }
    expect(differences.is_empty(), differences.join("\n"))
}

/// What ours refuses on purpose: see DEVIATIONS.md, "Judging a token".
const STRICTER: [&str; 5] = [
    "a line break in the base64",
    UNUSED_BITS,
    "a user name in the URL",
    "a fragment",
    "an empty fragment",
];

/// The last letter in another spelling of the same bytes.
pub(super) const UNUSED_BITS: &str = "unused bits of the base64 set";

/// A token whose URL, or whose text, is changed in one way.
pub(super) fn altered(token: &str) -> Outcome<Vec<(String, String)>> {
    let encoded = token
        .strip_prefix("k8s-aws-v1.")
        .ok_or_else(|| Failure::new("the token has no prefix"))?;
    let url = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded)?)?;
    let again = |url: String| format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url));
    let host = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
        .map(|(host, _)| host.to_owned())
        .ok_or_else(|| Failure::new("the token has no host"))?;
    let with_host = |other: &str| again(url.replacen(&host, other, 1));
    let half = encoded.len() / 2;
    let (left, right) = (
        encoded.get(..half).unwrap_or_default(),
        encoded.get(half..).unwrap_or_default(),
    );
    let cases = [
        (
            "a line break in the base64",
            format!("k8s-aws-v1.{left}\n{right}"),
        ),
        (
            "a space in the base64",
            format!("k8s-aws-v1.{left} {right}"),
        ),
        ("padding", format!("{token}=")),
        ("no prefix", encoded.to_owned()),
        ("a prefix in capitals", format!("K8S-AWS-V1.{encoded}")),
        ("a leading space", format!(" {token}")),
        ("another prefix before it", format!("Bearer {token}")),
        ("nothing behind the prefix", "k8s-aws-v1.".to_owned()),
        ("nothing", String::new()),
        (
            "a token that is too long",
            format!("k8s-aws-v1.{}", "A".repeat(4085)),
        ),
        ("a user name in the URL", with_host(&format!("eve@{host}"))),
        ("a fragment", again(format!("{url}#x"))),
        ("an empty fragment", again(format!("{url}#"))),
        ("http", again(url.replacen("https", "http", 1))),
        (
            "a scheme in capitals",
            again(url.replacen("https", "HTTPS", 1)),
        ),
        ("no scheme", again(url.replacen("https:", "", 1))),
        ("a port", with_host(&format!("{host}:443"))),
        ("a trailing dot", with_host(&format!("{host}."))),
        ("a host in capitals", with_host(&host.to_uppercase())),
        ("a foreign host", with_host("sts.evil.example")),
        (
            "a host before it",
            with_host(&format!("evil.example/{host}")),
        ),
        (
            "a host behind it",
            with_host(&format!("{host}.evil.example")),
        ),
        ("the global host", with_host("sts.amazonaws.com")),
        (
            "a host of another region",
            with_host("sts.eu-west-1.amazonaws.com"),
        ),
        (
            "a host of China",
            with_host("sts.cn-north-1.amazonaws.com.cn"),
        ),
        ("another path", again(url.replacen("/?", "/x?", 1))),
        ("no path", again(url.replacen("/?", "?", 1))),
        ("two slashes", again(url.replacen("/?", "//?", 1))),
        ("an escaped slash", again(url.replacen("/?", "/%2f?", 1))),
        (
            "another action",
            again(url.replace("GetCallerIdentity", "AssumeRole")),
        ),
        ("a second action", again(format!("{url}&Action=AssumeRole"))),
        (
            "a second action in other case",
            again(format!("{url}&action=AssumeRole")),
        ),
        (
            "a parameter that is not allowed",
            again(format!("{url}&RoleArn=x")),
        ),
        ("a semicolon", again(format!("{url};x=y"))),
        ("a bad escape", again(format!("{url}&Version=%zz"))),
        ("an empty parameter", again(format!("{url}&&"))),
        ("an empty key", again(format!("{url}&=x"))),
        (
            "no cluster header",
            again(url.replace("x-k8s-aws-id", "x-k8s-aws-ix")),
        ),
        (
            "a longer expiry",
            again(url.replace("X-Amz-Expires=60", "X-Amz-Expires=901")),
        ),
        (
            "a negative expiry",
            again(url.replace("X-Amz-Expires=60", "X-Amz-Expires=-1")),
        ),
        (
            "an old date",
            again(url.replace("X-Amz-Date=20", "X-Amz-Date=19")),
        ),
        ("a control character", again(format!("{url}\u{7f}"))),
        ("a null byte", again(format!("{url}\0"))),
        ("a letter outside ASCII", again(format!("{url}&\u{212a}=x"))),
    ];
    let mut cases: Vec<(String, String)> = cases
        .into_iter()
        .map(|(what, token)| (what.to_owned(), token))
        .collect();
    cases.extend(unused_bits(encoded));
    Ok(cases)
}

/// The same bytes in another spelling, where the last letter has bits to spare.
fn unused_bits(encoded: &str) -> Option<(String, String)> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if encoded.len().is_multiple_of(4) {
        return None;
    }
    let last = encoded.chars().last()?;
    let next = LETTERS.chars().nth(LETTERS.find(last)? + 1)?;
    let start = encoded.get(..encoded.len() - 1)?;
    Some((UNUSED_BITS.to_owned(), format!("k8s-aws-v1.{start}{next}")))
}

/// The token with one letter replaced, at places that a fixed generator picks.
pub(super) fn spoilt(token: &str) -> Vec<(String, String)> {
    let mut random = Random(1);
    (0..SPOILT * rounds())
        .map(|round| {
            let at = random.below(token.len());
            let letter = char::from(b'0' + u8::try_from(random.below(75)).unwrap_or(0));
            let mut text = token.to_owned();
            text.replace_range(at..=at, &letter.to_string());
            let what = match at + 1 == token.len() {
                true => UNUSED_BITS.to_owned(),
                false => format!("letter {at} replaced, round {round}"),
            };
            (what, text)
        })
        .collect()
}
