//! Answers of STS, and ARNs in them, in spellings, partitions and shapes that STS gives and that it never gives.

use super::{
    judges::{Judges, Tally, token_of},
    random::Random,
    rounds, seed,
};
use crate::{
    bed::{
        authenticator::OwnMappings,
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT},
        stub_sts::StsAnswer,
    },
    failure::Outcome,
};

const ANSWERS: usize = 400;

/// An answer, whether the reference may admit it where ours does not, and so many of its parts are unusual.
struct Made {
    answer: StsAnswer,
    is_stricter: bool,
}

/// The accounts of which everybody is let in: some that are none, so that the reference admits them.
const ACCOUNTS: [&str; 7] = [
    ACCOUNT,
    OTHER_ACCOUNT,
    "11112222333",
    "1111222233334",
    "11112222333a",
    "abc",
    "\u{ff11}11122223333",
];

pub(super) fn answers_of_sts_are_read_alike(cloud: &Cloud) -> Outcome {
    compare(cloud, "STS's answer", 11, |random| {
        let arn = match random.below(6) {
            0 => arn(random),
            _ => plain_arn(random),
        };
        answer(random, &arn)
    })
}

pub(super) fn arns_of_callers_are_read_alike(cloud: &Cloud) -> Outcome {
    compare(cloud, "ARNs", 12, |random| {
        let arn = arn(random);
        let account = arn.text.split(':').nth(4).unwrap_or_default().to_owned();
        Made {
            answer: StsAnswer {
                status: 200,
                body: body(&arn.text, &account, "AROA1:eve", &Keys::default()),
            },
            is_stricter: arn.is_stricter,
        }
    })
}

fn compare(
    cloud: &Cloud,
    row: &'static str,
    number: u64,
    mut make: impl FnMut(&mut Random) -> Made,
) -> Outcome {
    let mut judges = Judges::start(cloud, OwnMappings::default())?;
    let accounts: String = ACCOUNTS
        .iter()
        .map(|account| format!("- \"{account}\"\n"))
        .collect();
    judges
        .prod
        .put_aws_auth(&[("mapAccounts".to_owned(), accounts)].into())?;
    let marker = format!("arn:aws:iam::{ACCOUNT}:user/marker");
    judges
        .stub()
        .answer("MARKER", super::judges::answer_for(&marker, "AIDA"));
    let token = token_of(judges.url_of("MARKER"));
    judges.pair.wait_for(&token, &marker)?;
    let mut random = Random(seed(number));
    let mut tally = Tally::new(row);
    for _ in 0..ANSWERS * rounds() {
        let made = make(&mut random);
        let case = format!("{} {}", made.answer.status, made.answer.body);
        let answers = judges.ask_with(made.answer)?;
        tally.take(&answers, made.is_stricter, case);
    }
    tally.end([ANSWERS / 20, ANSWERS / 10, ANSWERS / 20])
}

struct Arn {
    text: String,
    is_stricter: bool,
}

const RESOURCES: [(&str, &str); 7] = [
    ("sts", "assumed-role/Admin/eve"),
    ("iam", "role/Admin"),
    ("iam", "role/teams/Admin"),
    ("iam", "user/Eve"),
    ("iam", "user/people/Eve"),
    ("iam", "root"),
    ("sts", "federated-user/bob"),
];

fn plain_arn(random: &mut Random) -> Arn {
    let (service, resource) = RESOURCES
        .get(random.below(RESOURCES.len()))
        .copied()
        .unwrap_or_default();
    Arn {
        text: format!("arn:aws:{service}::{ACCOUNT}:{resource}"),
        is_stricter: false,
    }
}

/// An ARN of a caller with up to one part that is unusual.
fn arn(random: &mut Random) -> Arn {
    let (service, resource) = RESOURCES
        .get(random.below(RESOURCES.len()))
        .copied()
        .unwrap_or_default();
    let (mut partition, mut region, mut account) = ("aws", "", ACCOUNT);
    let (mut service, mut resource) = (service, resource);
    let mut is_stricter = false;
    match random.below(8) {
        0 => {
            partition = random.pick(&["aws-cn", "aws-us-gov", "aws-xx", "AWS", ""]);
            is_stricter = true;
        }
        1 => {
            region = random.pick(&["eu-central-1", "aws-global", " "]);
            is_stricter = service == "iam";
        }
        2 | 3 => {
            account = ACCOUNTS
                .get(random.below(ACCOUNTS.len()))
                .copied()
                .unwrap_or_default();
            is_stricter = ![ACCOUNT, OTHER_ACCOUNT].contains(&account);
        }
        4 => {
            resource = random.pick(&[
                "user",
                "role",
                "root/x",
                "federated-user",
                "user/",
                "role/",
                "assumed-role//s",
                "role/A b",
                "role/A\\n",
                "user/\\t",
                "assumed-role/Admin/",
                "federated-user/",
            ]);
            is_stricter = true;
        }
        5 => service = random.pick(&["ec2", "", "IAM", "sts", "iam"]),
        _ => {}
    }
    Arn {
        text: format!("arn:{partition}:{service}:{region}:{account}:{resource}"),
        is_stricter,
    }
}

/// How the keys are spelt, and what stands beside them.
struct Keys {
    names: [String; 5],
    beside: &'static str,
    behind: &'static str,
}

impl Default for Keys {
    fn default() -> Self {
        let names = [
            "GetCallerIdentityResponse",
            "GetCallerIdentityResult",
            "Account",
            "Arn",
            "UserId",
        ];
        Keys {
            names: names.map(str::to_owned),
            beside: "",
            behind: "",
        }
    }
}

fn body(arn: &str, account: &str, user_id: &str, keys: &Keys) -> String {
    let [response, result, account_key, arn_key, id_key] = &keys.names;
    let Keys { beside, behind, .. } = keys;
    format!(
        r#"{{"{response}":{{"{result}":{{"{account_key}":"{account}","{arn_key}":"{arn}","{id_key}":"{user_id}"{beside}}}}}}}{behind}"#
    )
}

/// An answer about somebody with up to two parts that are unusual.
fn answer(random: &mut Random, arn: &Arn) -> Made {
    let mut keys = Keys::default();
    let mut account = arn.text.split(':').nth(4).unwrap_or_default().to_owned();
    let (mut status, mut is_stricter) = (200, arn.is_stricter);
    let has_session = arn.text.contains("role/");
    let mut user_id = if has_session { "AROA1:eve" } else { "AIDA1" };
    for _ in 0..random.below(3) {
        match random.below(6) {
            0 => {
                let at = random.below(keys.names.len());
                if let Some(name) = keys.names.get_mut(at) {
                    *name = match random.below(3) {
                        0 => name.to_lowercase(),
                        1 => name.to_uppercase(),
                        _ => name.replacen('s', "\u{17f}", 1),
                    };
                }
                is_stricter = true;
            }
            1 => {
                keys.beside = random.pick(&[
                    ",\"Arn\":\"arn:aws:iam::111122223333:user/second\"",
                    ",\"ARN\":null",
                    ",\"Other\":[1]",
                    ",\"UserId\":null",
                ]);
                is_stricter |= keys.beside != ",\"Other\":[1]";
            }
            2 => {
                user_id = random.pick(&[
                    "",
                    ":",
                    "AROA1:",
                    ":eve",
                    "AROA1",
                    "AROA1:a:b",
                    " ",
                    "AROA1: ",
                    "AIDA:x",
                    "a b",
                ]);
                is_stricter |= user_id.split(':').any(|part| part.trim().is_empty());
            }
            3 => {
                account = random
                    .pick(&[OTHER_ACCOUNT, "abc", "", "011122223333"])
                    .to_owned();
                is_stricter = true;
            }
            4 => keys.behind = random.pick(&[" ", "\n", "x", "{}", "\u{feff}"]),
            _ => {
                let statuses = [201, 302, 400, 403, 404, 429, 500, 503];
                status = statuses
                    .get(random.below(statuses.len()))
                    .copied()
                    .unwrap_or(500);
            }
        }
    }
    let mut body = body(&arn.text, &account, user_id, &keys);
    if status != 200 && random.below(3) == 0 {
        body.push_str("Throttling");
    }
    Made {
        answer: StsAnswer { status, body },
        is_stricter,
    }
}
