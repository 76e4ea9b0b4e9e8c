//! Bodies, methods and paths of requests, to both webhooks.

use serde_json::Value;

use super::{
    judges::{Judges, Tally, answer_for, token_of},
    random::Random,
    rounds, seed,
};
use crate::{
    bed::{
        authenticator::OwnMappings,
        cloud::{ACCOUNT, Cloud},
        stub_sts::ANYBODY,
    },
    failure::{Outcome, expect_same},
};

const REVIEWS: usize = 400;

pub(super) fn reviews_are_answered_alike(cloud: &Cloud) -> Outcome {
    let mut judges = Judges::start(cloud, OwnMappings::default())?;
    let named = format!("arn:aws:iam::{ACCOUNT}:user/named");
    let nameless = format!("arn:aws:iam::{ACCOUNT}:user/nameless");
    let users = format!(
        "- userarn: {named}\n  username: named\n  groups: [g]\n- userarn: {nameless}\n  username: yes\n  groups: [g]\n"
    );
    judges
        .prod
        .put_aws_auth(&[("mapUsers".to_owned(), users)].into())?;
    judges
        .stub()
        .answer(ANYBODY, answer_for(&named, "AIDANAMED"));
    judges
        .stub()
        .answer("NAMELESS", answer_for(&nameless, "AIDANAMELESS"));
    let tokens = [ANYBODY, "NAMELESS"].map(|id| token_of(judges.url_of(id)));
    judges.pair.wait_for(&tokens[0], "named")?;
    let mut random = Random(seed(14));
    let mut tally = Tally::new("webhook");
    for _ in 0..REVIEWS * rounds() {
        let nameless = random.below(8) == 0;
        let token = if nameless { &tokens[1] } else { &tokens[0] };
        let (body, is_stricter) = body(token, &mut random);
        let answers = judges.pair.post(&body)?;
        tally.take(&answers, is_stricter || nameless, body);
    }
    for (method, path) in [
        ("GET", "/authenticate"),
        ("PUT", "/authenticate"),
        ("DELETE", "/authenticate"),
        ("GET", "/healthz"),
        ("POST", "/healthz"),
        ("GET", "/"),
        ("GET", "/other"),
        ("POST", "/other"),
        ("POST", "/authenticate/"),
        ("POST", "/Authenticate"),
    ] {
        let (real, ours) = judges.pair.request(method, path)?;
        let shown = |answer: &(u16, Value)| format!("{} {}", answer.0, answer.1);
        expect_same(&format!("{method} {path}"), &shown(&real), &shown(&ours))?;
    }
    tally.end([REVIEWS / 20, REVIEWS / 10, REVIEWS / 10])
}

/// A body with up to two unusual parts, and whether ours refuses one of them on purpose: see DEVIATIONS.md, "The webhook".
fn body(token: &str, random: &mut Random) -> (String, bool) {
    let token = match random.below(8) {
        0 => random
            .pick(&["1", "null", "[]", "{}", "\"\"", "\"x\""])
            .to_owned(),
        _ => format!("\"{token}\""),
    };
    let mut is_stricter = false;
    let (mut kind, mut spec, mut key) = ("\"kind\":\"TokenReview\",", "spec", "token");
    let (mut before, mut beside, mut behind) = ("", "", "");
    for _ in 0..random.below(3) {
        match random.below(7) {
            0 => {
                kind = random.pick(&[
                    "\"kind\":\"Other\",",
                    "\"kind\":\"tokenreview\",",
                    "\"KIND\":\"TokenReview\",",
                    "\"Kind\":1,",
                ]);
                is_stricter = true;
            }
            1 => {
                kind = random.pick(&[
                    "",
                    "\"kind\":null,",
                    "\"kind\":\"\",",
                    "\"kind\":1,",
                    "\"apiVersion\":\"other/v9\",",
                    "\"x\":1,",
                ])
            }
            2 => {
                spec = random.pick(&["SPEC", "Spec", "\u{17f}pec"]);
                is_stricter = true;
            }
            3 => {
                key = random.pick(&["Token", "TOKEN", "to\u{212a}en"]);
                is_stricter = true;
            }
            4 => {
                beside = random.pick(&[
                    ",\"token\":null",
                    ",\"TOKEN\":\"x\"",
                    ",\"Audiences\":[]",
                    ",\"audiences\":[\"a\"]",
                    ",\"audiences\":1",
                    ",\"y\":{}",
                ]);
                is_stricter |=
                    [",\"token\":null", ",\"TOKEN\":\"x\"", ",\"Audiences\":[]"].contains(&beside);
            }
            5 => {
                behind = random.pick(&["x", "{}", "]", " \n", "\0", ",", " trailing"]);
                is_stricter |= behind != " \n";
            }
            _ => before = random.pick(&["\u{feff}", " ", "[", "x", "//\\n"]),
        }
    }
    let text = format!("{before}{{{kind}\"{spec}\":{{\"{key}\":{token}{beside}}}}}{behind}");
    (text, is_stricter)
}
