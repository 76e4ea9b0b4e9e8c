//! Our `server` beside the real aws-iam-authenticator: the same tokens, the same aws-auth, and every difference has its reason.
//!
//! Both watch the aws-auth of one cluster and ask the same STS. What differs on purpose stands in DEVIATIONS.md and is named here.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::stories;
use crate::{
    bed::{
        authenticator::{self, Plan, Whose},
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD},
        cluster::Cluster,
        identity::Identity,
        process::{Lifetime, Server, free_port},
        webhook::{Answer, Webhook},
    },
    failure::{Failure, Outcome, expect},
};

stories!("authenticators":
    tokens_are_judged_alike,
    documents_are_read_alike,
);

/// Tokens with one letter changed.
const SPOILT: usize = 600;

/// Documents that both read.
const DOCUMENTS: usize = 200;

/// Multiplies both.
const ROUNDS: &str = "EKSAUTH_TEST_ROUNDS";

fn rounds() -> usize {
    let named = std::env::var(ROUNDS).ok();
    named.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Both authenticators of one cluster.
struct Pair {
    real: Webhook,
    ours: Webhook,
    _servers: [Server; 2],
}

impl Pair {
    fn start(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Pair> {
        let (real, real_server) = one(cloud, prod, Whose::Real)?;
        let (ours, ours_server) = one(cloud, prod, Whose::Ours)?;
        Ok(Pair {
            real,
            ours,
            _servers: [real_server, ours_server],
        })
    }

    fn ask(&mut self, token: &str) -> Outcome<(Answer, Answer)> {
        Ok((self.real.review(token)?, self.ours.review(token)?))
    }

    /// Asks until both say the user name: each hears of a new aws-auth in its own time.
    fn wait_for(&mut self, token: &str, username: &str) -> Outcome {
        let began = Instant::now();
        loop {
            let (real, ours) = self.ask(token)?;
            if name_in(&real) == username && name_in(&ours) == username {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                let text =
                    format!("{username} is not seen: the real one says {real:?}, ours {ours:?}");
                return Err(Failure::new(text));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn one(cloud: &Cloud, prod: &Cluster<'_>, whose: Whose) -> Outcome<(Webhook, Server)> {
    let folder = cloud.folder().join(format!("authenticator-{whose:?}"));
    fs::create_dir_all(&folder)?;
    let port = free_port()?;
    let plan = Plan {
        whose,
        folder: &folder,
        certificates: cloud.folder(),
        cluster: PROD,
        creator: &cloud.creator().arn,
        port,
        kubeconfig: prod.kubeconfig(),
        api_server: prod.endpoint(),
        sts_proxy: &cloud.emulator().sts_proxy(),
    };
    let server = authenticator::start(cloud.tools(), &plan, Lifetime::WithUs)?;
    let webhook = Webhook::new(port, &cloud.folder().join("ca.crt"))?;
    Ok((webhook, server))
}

fn name_in(answer: &Answer) -> &str {
    answer
        .1
        .pointer("/status/user/username")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Users and a role's session, each with a token for this cluster.
fn people(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Vec<(Identity, String)>> {
    cloud.role("/teams/", "platform")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/teams/platform");
    let people = [
        cloud.assume(&role, "eve@example.com")?,
        cloud.user(ACCOUNT, "/people/", "mallory")?,
        cloud.user(OTHER_ACCOUNT, "/", "visitor")?,
    ];
    people
        .into_iter()
        .map(|who| {
            let token = prod.token(&who)?;
            Ok((who, token))
        })
        .collect()
}

fn tokens_are_judged_alike(cloud: &Cloud) -> Outcome {
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
const UNUSED_BITS: &str = "unused bits of the base64 set";

/// A token whose URL, or whose text, is changed in one way.
fn altered(token: &str) -> Outcome<Vec<(String, String)>> {
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
fn spoilt(token: &str) -> Vec<(String, String)> {
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

fn documents_are_read_alike(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let people = people(cloud, &prod)?;
    let marker = cloud.user(ACCOUNT, "/", "marker")?;
    let marker_token = prod.token(&marker)?;
    let mut pair = Pair::start(cloud, &prod)?;
    let mut random = Random(2);
    let (mut differences, mut admitted, mut refused) = (Vec::new(), 0, 0);
    for round in 0..DOCUMENTS * rounds() {
        // One section is arbitrary and the other well-formed, so that both tell when they have read it. Sections are not
        // type-checked: a user among the roles is found.
        let (arbitrary, plain, key) = match round % 2 {
            0 => ("mapRoles", "mapUsers", "userarn"),
            _ => ("mapUsers", "mapRoles", "rolearn"),
        };
        let text = section(&mut random, &people, arbitrary);
        let name = format!("round-{round}");
        let marked = format!("- {key}: {}\n  username: {name}\n", marker.arn);
        let accounts = accounts(&mut random);
        prod.put_aws_auth(&BTreeMap::from([
            (arbitrary.to_owned(), text.clone()),
            (plain.to_owned(), marked),
            ("mapAccounts".to_owned(), accounts.clone()),
        ]))?;
        pair.wait_for(&marker_token, &name)?;
        for (who, token) in &people {
            let (real, ours) = pair.ask(token)?;
            let seen = if real.0 == 200 {
                &mut admitted
            } else {
                &mut refused
            };
            *seen += 1;
            if real != ours {
                differences.push(format!(
                    "{}: the real one says {real:?}, ours {ours:?}, of {arbitrary}\n{text}\nmapAccounts\n{accounts}",
                    who.arn
                ));
            }
        }
    }
    expect(differences.is_empty(), differences.join("\n\n"))?;
    let spread = format!("{admitted} were admitted and {refused} refused, which compares little");
    expect(admitted > DOCUMENTS / 2 && refused > DOCUMENTS / 2, spread)
}

/// One section of arbitrary entries; some are no YAML, and some have fields of other types.
fn section(random: &mut Random, people: &[(Identity, String)], name: &str) -> String {
    let is_users = name == "mapUsers";
    let mut text = String::new();
    for _ in 0..random.below(5) {
        let arn = match random.below(8) {
            0 => format!("arn:aws:iam::{ACCOUNT}:role/teams/platform"),
            // Of users in two spellings the real one takes a random one, and ours refuses.
            1 if !is_users => format!("arn:aws:iam::{ACCOUNT}:role/Platform"),
            2 => format!("\"arn:aws:iam::{ACCOUNT}:role/platform\""),
            3 => format!("arn:aws:sts::{ACCOUNT}:assumed-role/platform/eve"),
            4 => people
                .get(random.below(people.len()))
                .map(|(who, _)| who.arn.clone())
                .unwrap_or_default(),
            5 => "123".to_owned(),
            _ => format!("arn:aws:iam::{ACCOUNT}:role/platform"),
        };
        let username = random.pick(&[
            "platform",
            "yes",
            "123",
            "0123",
            "1_000",
            "~",
            "null",
            "\"\"",
            "'a: b'",
            "2026-01-01",
            "1.5",
            "0x1f",
            "p:{{SessionName}}",
            "{{SessionName}}",
            "\"{{SessionNameRaw}}\"",
            "p:{{AccountID}}:{{Unknown}}",
            "\"{{EC2PrivateDNSName}}\"",
            "a # b",
            "a#b",
            "*x",
            "&x y",
            "!!str 7",
            "|\n    block\n",
            ">-\n    folded\n    text\n",
        ]);
        let groups = random.pick(&[
            "[system:masters]",
            "[a, b, a]",
            "\n  - a\n  - b",
            "\n    - a\n    - yes\n    - 1",
            "system:masters",
            "[]",
            "~",
            "[a, {b: c}]",
            "[a, [b]]",
            "[~]",
            "- a",
            "[\"{{SessionName}}\", 'x''y']",
            "[a,\n   b]",
            "{}",
        ]);
        let key = random.pick(&[
            "rolearn",
            "rolearn",
            "rolearn",
            "roleArn",
            "RoleARN",
            "userarn",
            "\"rolearn\"",
        ]);
        let key = match is_users {
            true => key
                .replace("user", "other")
                .replace("role", "user")
                .replace("Role", "User"),
            false => key.to_owned(),
        };
        let groups_key = random.pick(&["groups", "groups", "Groups", "group"]);
        let separator = random.pick(&[
            "",
            "",
            "",
            "  extra: {a: [1, 2]}\n",
            "# note\n",
            "\n",
            "  username: second\n",
            "\t\n",
        ]);
        text.push_str(&format!(
            "- {key}: {arn}\n  username: {username}\n  {groups_key}: {groups}\n{separator}"
        ));
    }
    let tail = random.pick(&[
        "",
        "",
        "",
        "",
        "---\n- rolearn: second\n",
        "...\n",
        "x: y\n",
        "]\n",
        "#end",
    ]);
    text.push_str(tail);
    text
}

fn accounts(random: &mut Random) -> String {
    let known = [
        String::new(),
        String::new(),
        format!("- \"{OTHER_ACCOUNT}\"\n"),
        format!("- {OTHER_ACCOUNT}\n"),
        format!("[{OTHER_ACCOUNT}, 012345678901]"),
        format!("- {OTHER_ACCOUNT}\n- {{a: b}}\n"),
        OTHER_ACCOUNT.to_owned(),
        "- [".to_owned(),
        "``".to_owned(),
    ];
    known
        .get(random.below(known.len()))
        .cloned()
        .unwrap_or_default()
}

/// A generator that gives the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from((self.0 >> 33) % limit).unwrap_or(0)
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.get(self.below(from.len()))
            .copied()
            .unwrap_or_default()
    }
}
