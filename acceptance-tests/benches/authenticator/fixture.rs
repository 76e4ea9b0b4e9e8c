//! A thousand roles: their entries in aws-auth, a token of each, and what STS says to it.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use acceptance_tests::{bed::cloud::ACCOUNT, failure::Outcome};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// How many entries and tokens there are.
pub const ENTRIES: usize = 1000;

/// A session token has about so many letters.
const SESSION_TOKEN: usize = 900;

/// aws-auth.
pub fn aws_auth() -> BTreeMap<String, String> {
    BTreeMap::from([("mapRoles".to_owned(), map_roles())])
}

fn map_roles() -> String {
    let mut text = String::new();
    for number in 0..ENTRIES {
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "- rolearn: arn:aws:iam::{ACCOUNT}:role/bench-{number}\n  username: bench-{number}:{{{{SessionName}}}}\n  groups:\n    - viewers\n    - team-{}",
            number % 10
        );
    }
    text
}

/// A token of every role, made now; it lives 15 minutes.
pub fn tokens() -> Vec<String> {
    let now = jiff::Timestamp::now();
    let date = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    (0..ENTRIES).map(|number| token(number, &date)).collect()
}

fn token(number: usize, date: &str) -> String {
    let day = date.get(..8).unwrap_or_default();
    // Different for every role, and as long as those of STS are.
    let session: String = (0..SESSION_TOKEN)
        .map(|place| {
            char::from(
                b'A' + u8::try_from((place * 7 + number * 13 + place * number) % 26).unwrap_or(0),
            )
        })
        .collect();
    let url = format!(
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={}%2F{day}%2Feu-central-1%2Fsts%2Faws4_request&X-Amz-Date={date}&X-Amz-Expires=60\
         &X-Amz-Security-Token={session}%3D%3D&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature={number:064x}",
        access_key(number)
    );
    format!("k8s-aws-v1.{}", URL_SAFE_NO_PAD.encode(url))
}

/// The access key id in the token of a role.
fn access_key(number: usize) -> String {
    format!("ASIABENCH{number:011}")
}

/// The role whose access key id stands in a request to STS.
pub fn number_in(request: &[u8]) -> Option<usize> {
    const BEFORE: &[u8] = b"ASIABENCH";
    let at = request
        .windows(BEFORE.len())
        .position(|part| part == BEFORE)?
        + BEFORE.len();
    std::str::from_utf8(request.get(at..at + 11)?)
        .ok()?
        .parse()
        .ok()
}

/// What STS says of a role's session.
pub fn answer(number: usize) -> String {
    format!(
        r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"{ACCOUNT}","Arn":"arn:aws:sts::{ACCOUNT}:assumed-role/bench-{number}/eve","UserId":"AROABENCH{number:012}:eve"}},"ResponseMetadata":{{"RequestId":"01234567-89ab-cdef-0123-456789abcdef"}}}}}}"#
    )
}

/// The user name that a role's session gets.
pub fn username(number: usize) -> String {
    format!("\"username\":\"bench-{number}:eve\"")
}

/// Writes the files that the programs of `judging` read.
///
/// # Errors
/// They cannot be written.
pub fn write(folder: &Path) -> Outcome {
    let answers: Vec<String> = (0..ENTRIES).map(answer).collect();
    fs::write(folder.join("map_roles.yaml"), map_roles())?;
    fs::write(folder.join("tokens"), tokens().join("\n"))?;
    Ok(fs::write(folder.join("answers"), answers.join("\n"))?)
}
