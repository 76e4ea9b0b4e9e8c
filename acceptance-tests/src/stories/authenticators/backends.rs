//! The configuration file and the dynamic file of both authenticators: the same callers, and findings beside what the reference does.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{
    judges::{Judges, Tally, answer_for, token_of},
    pair::name_in,
    random::Random,
    rounds, seed,
};
use crate::{
    bed::{
        authenticator::OwnMappings,
        cloud::{ACCOUNT, Cloud},
    },
    failure::Outcome,
};

/// Entries of each list.
const ENTRIES: usize = 200;

pub(super) fn other_backends_map_alike(cloud: &Cloud) -> Outcome {
    let mut random = Random(seed(16));
    let most = ENTRIES * rounds();
    let roles: Vec<String> = (0..most)
        .map(|number| mounted_role(number, &mut random))
        .collect();
    let users: Vec<String> = (0..most)
        .map(|number| mounted_user(number, &mut random))
        .collect();
    let dynamic: Vec<Value> = (0..most)
        .map(|number| dynamic_entry(number, &mut random))
        .collect();
    let items = |arns: &[String], key: &str, name: &str| -> String {
        let numbered = arns.iter().enumerate();
        let item = |(number, arn): (usize, &String)| {
            format!("    - {{{key}: '{arn}', username: '{name}-{number}', groups: [g]}}\n")
        };
        numbered.map(item).collect()
    };
    let file = cloud.folder().join("corners-dynamic.json");
    fs::write(&file, json!({"mapRoles": dynamic}).to_string())?;
    let mut judges = Judges::start(
        cloud,
        OwnMappings {
            roles: &items(&roles, "roleARN", "role"),
            users: &items(&users, "userARN", "user"),
            dynamic_file: Some(&file),
        },
    )?;
    let first = callers(0).into_iter().nth(1).unwrap_or_default();
    judges
        .stub()
        .answer("FIRST", answer_for(&first.0, &first.1));
    let token = token_of(judges.url_of("FIRST"));
    judges.pair.wait_for(&token, "dynamic-0")?;
    let said = said_of_entries(&judges)?;
    let mut tally = Tally::new("other backends");
    for number in 0..most {
        let mut reached = BTreeSet::new();
        for (arn, id) in callers(number) {
            let answers = judges.ask_as(&arn, &id)?;
            reached.insert(name_in(&answers.0).to_owned());
            tally.take(&answers, false, format!("{arn} {id}"));
        }
        let written = [("role", &roles), ("user", &users)];
        for (name, arns) in written {
            let is_let_in = reached.contains(&format!("{name}-{number}"));
            let list = if name == "role" {
                "mapRoles"
            } else {
                "mapUsers"
            };
            // Before the users of this story stand two of the bed.
            let place = if name == "role" { number } else { number + 2 };
            let is_said = said.contains(&format!("{list}[{place}]"));
            let arn = arns.get(number).cloned().unwrap_or_default();
            if is_let_in == is_said {
                let case =
                    format!("{list}[{number}] {arn}: let in {is_let_in}, an error {is_said}");
                tally.take_meant(false, case);
            }
        }
    }
    tally.end([most / 2, most / 2, 0])
}

/// `mapRoles[3]` and the like, of which our server's log says that they let nobody in; the dynamic file's are told apart by their unique ids.
fn said_of_entries(judges: &Judges<'_>) -> Outcome<BTreeSet<String>> {
    let log = fs::read_to_string(judges.pair.log_of_ours())?;
    let lines = log.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        let event = line.get("event")?.as_str()?.to_owned();
        let (place, text) = event.split_once(": error: ")?;
        (text.contains("(lockout.") && !text.contains("dyn-")).then(|| place.to_owned())
    });
    Ok(lines.collect())
}

/// Whom entry `number` of some list may mean.
fn callers(number: usize) -> Vec<(String, String)> {
    let id = |prefix: &str| format!("{prefix}{number}");
    let iam = |what: &str| format!("arn:aws:iam::{ACCOUNT}:{what}-{number}");
    let role = |name: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}-{number}/eve");
    vec![
        (role("dev"), format!("{}:eve", id("AROANEW"))),
        (role("dyn"), format!("{}:eve", id("AROA"))),
        (role("dyn"), format!("{}:eve", id("AROANEW"))),
        (iam("user/dev"), id("AIDA")),
        (iam("user/people/dev"), id("AIDA")),
        (iam("user/other/dev"), id("AIDA")),
        (
            format!("arn:aws:sts::{ACCOUNT}:federated-user/dev-{number}"),
            "1:dev".to_owned(),
        ),
    ]
}

/// Only what the reference starts with: another ARN stops it.
fn mounted_role(number: usize, random: &mut Random) -> String {
    let (kind, tail) = match random.below(5) {
        0 => ("iam::111122223333:role/teams/", ""),
        1 => ("sts::111122223333:assumed-role/", "/session"),
        2 => ("sts::111122223333:assumed-role/teams/", "/session"),
        3 => ("iam:eu-central-1:111122223333:role/", ""),
        _ => ("iam::111122223333:role/", ""),
    };
    let name = random.pick(&["dev", "dev", "DEV", "d*v"]);
    format!("arn:aws:{kind}{name}-{number}{tail}")
}

fn mounted_user(number: usize, random: &mut Random) -> String {
    let kind = random.pick(&[
        "iam::111122223333:user/",
        "iam::111122223333:user/people/",
        "IAM::111122223333:USER/",
        "iam::11112222333:user/",
        "sts::111122223333:federated-user/",
        "iam::111122223333:user/other/",
        "iam:eu-central-1:111122223333:user/",
    ]);
    format!("arn:aws:{kind}dev-{number}")
}

/// Read by unique id; an ARN beside it has to fit.
fn dynamic_entry(number: usize, random: &mut Random) -> Value {
    let kind = random.below(5);
    let arn = match kind {
        // The first one lets its role in, so that both tell when they have read the file.
        _ if number == 0 => format!("arn:aws:iam::{ACCOUNT}:role/dyn-0"),
        0 => format!("arn:aws:iam::{ACCOUNT}:role/teams/dyn-{number}"),
        1 => format!("arn:aws:sts::{ACCOUNT}:assumed-role/dyn-{number}/eve"),
        2 => String::new(),
        3 => format!("arn:aws:iam::{ACCOUNT}:role/dyn-other-{number}"),
        _ => format!("arn:aws:iam::{ACCOUNT}:role/Dyn-{number}"),
    };
    json!({"rolearn": arn, "userid": format!("AROA{number}"), "username": format!("dynamic-{number}"), "groups": ["g"]})
}
