//! Templates with sessions whose names may hold, or make, a placeholder.

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

/// Templates in one document.
const TEMPLATES: usize = 40;
/// Sessions that each of them is filled for.
const SESSIONS: usize = 10;

const PIECES: [&str; 17] = [
    "{{AccountID}}",
    "{{SessionName}}",
    "{{SessionName}}",
    "{{SessionNameRaw}}",
    "{{SessionNameRaw}}",
    "{{Unknown}}",
    "{{",
    "}}",
    "{",
    "}",
    "u:",
    "-",
    "@",
    "Name",
    "Session",
    "{{ SessionName }}",
    "{{{SessionName}}}",
];
const NAMES: [&str; 16] = [
    "eve",
    "a@b",
    "a@b@c",
    "AccountID",
    "SessionNameRaw",
    "AccessKeyID",
    "SessionName",
    "{{AccountID}}",
    "{{SessionNameRaw}}",
    "{{AccessKeyID}}",
    "{{SessionName}}",
    "{{",
    "}}",
    "{{Account",
    "a=b,c.d+e_f-g",
    "x{y}z",
];

pub(super) fn templates_are_filled_alike(cloud: &Cloud) -> Outcome {
    let mut judges = Judges::start(cloud, OwnMappings::default())?;
    let mut random = Random(seed(13));
    let mut tally = Tally::new("templates");
    for round in 0..rounds() {
        let templates: Vec<String> = (0..TEMPLATES).map(|_| template(&mut random)).collect();
        let marker = format!("round-{round}");
        put(&judges, &templates, &marker)?;
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/marker");
        judges.stub().answer("MARKER", answer_for(&arn, "AIDA"));
        let token = token_of(judges.url_of("MARKER"));
        judges.pair.wait_for(&token, &marker)?;
        for (number, template) in templates.iter().enumerate() {
            for _ in 0..SESSIONS {
                // The last kind of caller is a user, who has no session.
                let session = NAMES
                    .get(random.below(NAMES.len() + 2))
                    .copied()
                    .unwrap_or_default();
                compare(&mut judges, &mut tally, (number, template), session)?;
            }
        }
    }
    tally.end([TEMPLATES, 0, TEMPLATES / 4])
}

fn template(random: &mut Random) -> String {
    (0..1 + random.below(5))
        .map(|_| {
            PIECES
                .get(random.below(PIECES.len()))
                .copied()
                .unwrap_or_default()
        })
        .collect()
}

fn put(judges: &Judges<'_>, templates: &[String], marker: &str) -> Outcome {
    let entries = |key: &str, kind: &str| -> String {
        let numbered = templates.iter().enumerate();
        numbered
            .map(|(number, template)| {
                let text = serde_json::Value::from(template.as_str());
                format!("- {key}: arn:aws:iam::{ACCOUNT}:{kind}/t{number}\n  username: {text}\n  groups: [{text}]\n")
            })
            .collect()
    };
    let users = entries("userarn", "user")
        + &format!("- userarn: arn:aws:iam::{ACCOUNT}:user/marker\n  username: {marker}\n");
    judges.prod.put_aws_auth(
        &[
            ("mapRoles".to_owned(), entries("rolearn", "role")),
            ("mapUsers".to_owned(), users),
        ]
        .into(),
    )
}

fn compare(
    judges: &mut Judges<'_>,
    tally: &mut Tally,
    (number, template): (usize, &str),
    session: &str,
) -> Outcome {
    let (arn, id) = match session {
        "" => (
            format!("arn:aws:iam::{ACCOUNT}:user/t{number}"),
            "AIDA".to_owned(),
        ),
        session => (
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/t{number}/s"),
            format!("AROA:{session}"),
        ),
    };
    let answers = judges.ask_as(&arn, &id)?;
    let names_session =
        template.contains("{{SessionName}}") || template.contains("{{SessionNameRaw}}");
    let case = format!("template {template:?}, session {session:?}");
    if answers.0 == answers.1 || session.is_empty() {
        let has_no_session = session.is_empty() && names_session;
        tally.take(&answers, has_no_session, case);
        return Ok(());
    }
    let one_pass = filled(template, session);
    let is_meant =
        session.contains(['{', '}']) || template.contains("{{{{") || one_pass.contains("{{");
    let holds = match one_pass.trim().is_empty() {
        true => answers.1.0 == 403,
        false => name_in(&answers.1) == one_pass,
    };
    tally.take_meant(
        is_meant && holds,
        format!("{case}: {answers:?}, in one pass {one_pass:?}"),
    );
    Ok(())
}

/// What one pass from left to right makes of a template.
fn filled(template: &str, session: &str) -> String {
    let sanitised = session.replace('@', "-");
    let values = [
        ("{{AccountID}}", ACCOUNT),
        ("{{SessionName}}", &sanitised),
        ("{{SessionNameRaw}}", session),
        ("{{AccessKeyID}}", "CALLER"),
    ];
    let (mut out, mut rest) = (String::new(), template);
    while let Some(first) = rest.chars().next() {
        let found = values
            .iter()
            .find_map(|(placeholder, value)| Some((value, rest.strip_prefix(placeholder)?)));
        rest = match found {
            Some((value, behind)) => {
                out.push_str(value);
                behind
            }
            None => {
                out.push(first);
                rest.strip_prefix(first).unwrap_or_default()
            }
        };
    }
    out
}
