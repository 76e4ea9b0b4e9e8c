//! Presigned queries with something in them that no signer writes, or that some signer may, at any place.

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
    failure::Outcome,
};

const QUERIES: usize = 400;

/// What ours refuses wherever it stands: see DEVIATIONS.md, "Judging a token".
const NEVER_WRITTEN: [&[u8]; 18] = [
    b"+",
    b"%20",
    b" ",
    b"%00",
    b"%07",
    b"%09",
    b"%0a",
    b"%0D%0A",
    b"%1B",
    b"%7f",
    b"%FF",
    b"%C3",
    b"%ed%a0%80",
    b"%C2%85",
    b"%C2%A0",
    b"%E2%80%A8",
    b"\xff",
    b"\xc2\xa0",
];
const HARMLESS: [&[u8]; 12] = [
    b"x",
    b"0",
    b"%2B",
    b"%2F",
    b"%41",
    b"~",
    b"-",
    b"=",
    b"%3D",
    b"%C3%A9",
    b"\xc3\xa9",
    b"%E2%82%AC",
];

pub(super) fn queries_are_judged_alike(cloud: &Cloud) -> Outcome {
    let mut judges = Judges::start(cloud, OwnMappings::default())?;
    let caller = format!("arn:aws:iam::{ACCOUNT}:user/caller");
    let accounts = format!("- \"{ACCOUNT}\"\n");
    judges
        .prod
        .put_aws_auth(&[("mapAccounts".to_owned(), accounts)].into())?;
    judges
        .stub()
        .answer(ANYBODY, answer_for(&caller, "AIDACALLER"));
    let good = token_of(judges.url_of(ANYBODY));
    judges.pair.wait_for(&good, &caller)?;
    let mut random = Random(seed(10));
    let mut tally = Tally::new("tokens");
    for _ in 0..QUERIES * rounds() {
        let (query, is_stricter) = changed(&judges.url_of(ANYBODY), &mut random);
        let answers = judges.pair.ask(&token_of(&query))?;
        tally.take(&answers, is_stricter, String::from_utf8_lossy(&query));
    }
    tally.end([QUERIES / 20, QUERIES / 4, QUERIES / 20])
}

/// The URL with up to three pieces put into keys and values of its query, and whether one of them is never written.
fn changed(url: &str, random: &mut Random) -> (Vec<u8>, bool) {
    let (head, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parts: Vec<Vec<u8>> = query
        .split('&')
        .map(|part| part.as_bytes().to_vec())
        .collect();
    let mut is_never_written = false;
    for _ in 0..1 + random.below(2) {
        let never = random.below(2) == 0;
        let piece = match never {
            true => NEVER_WRITTEN.get(random.below(NEVER_WRITTEN.len())),
            false => HARMLESS.get(random.below(HARMLESS.len())),
        };
        is_never_written |= never;
        let at = random.below(parts.len() + 1);
        if at == parts.len() {
            parts.push(b"Unknown=x".to_vec());
        }
        let Some(part) = parts.get_mut(at) else {
            continue;
        };
        // Mostly behind the equals sign: a changed key is no parameter at all.
        let equals = part.iter().position(|byte| *byte == b'=').unwrap_or(0);
        let start = match random.below(6) {
            0 => random.below(equals + 1),
            _ => equals + 1 + random.below(part.len() - equals),
        };
        // Never inside an escape, which would be another piece.
        let is_escape = |place: usize| part.get(place) == Some(&b'%');
        let inside = (1..3).find(|back| start >= *back && is_escape(start - back));
        let place = start - inside.unwrap_or(0);
        let piece = piece.copied().unwrap_or_default().iter().copied();
        part.splice(place..place, piece);
    }
    (
        [head.as_bytes(), b"?", &parts.join(&b'&')].concat(),
        is_never_written,
    )
}
