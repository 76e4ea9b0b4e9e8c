//! Findings about ARNs beside the reference: an entry whose ARN is an error lets nobody in, and every other one lets its principal in.

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
        provider_under_test::built_provider,
    },
    failure::{Failure, Outcome},
};

/// Entries in one document.
const ENTRIES: usize = 200;

/// The principals whom the ARN of entry `number` may mean, in the cluster's partition and in another one.
fn callers(number: usize) -> Vec<(String, &'static str)> {
    ["aws", "aws-cn"]
        .into_iter()
        .flat_map(|partition| {
            let iam = |what: &str| format!("arn:{partition}:iam::{ACCOUNT}:{what}-{number}");
            let sts = |what: &str| format!("arn:{partition}:sts::{ACCOUNT}:{what}");
            [
                (sts(&format!("assumed-role/dev-{number}/eve")), "AROA:eve"),
                (iam("user/dev"), "AIDA"),
                (iam("user/people/dev"), "AIDA"),
                (sts(&format!("federated-user/dev-{number}")), "1:dev"),
            ]
        })
        .collect()
}

pub(super) fn an_arn_is_an_error_where_nobody_is_let_in(cloud: &Cloud) -> Outcome {
    let mut judges = Judges::start(cloud, OwnMappings::default())?;
    let mut random = Random(seed(15));
    let mut tally = Tally::new("aws-auth findings");
    for round in 0..rounds() {
        let arns: Vec<String> = (0..ENTRIES)
            .map(|number| arn(number, &mut random))
            .collect();
        let (section, field) = match round % 2 {
            0 => ("mapRoles", "rolearn"),
            _ => ("mapUsers", "userarn"),
        };
        let text: String = arns
            .iter()
            .enumerate()
            .map(|(number, arn)| {
                format!(
                    "- {field}: {}\n  username: entry-{number}\n  groups: [g]\n",
                    Value::from(arn.as_str())
                )
            })
            .collect();
        let marker = format!("round-{round}");
        let marked =
            format!("- userarn: arn:aws:iam::{ACCOUNT}:user/marker\n  username: {marker}\n");
        let (mut roles, mut users) = (String::new(), marked);
        match section {
            "mapRoles" => roles = text.clone(),
            _ => users.push_str(&text),
        }
        judges.prod.put_aws_auth(
            &[
                ("mapRoles".to_owned(), roles),
                ("mapUsers".to_owned(), users),
            ]
            .into(),
        )?;
        judges.stub().answer(
            "MARKER",
            answer_for(&format!("arn:aws:iam::{ACCOUNT}:user/marker"), "AIDA"),
        );
        let token = token_of(judges.url_of("MARKER"));
        judges.pair.wait_for(&token, &marker)?;
        let errors = errors(cloud, section, &text)?;
        for (number, arn) in arns.iter().enumerate() {
            let is_let_in = is_let_in(&mut judges, number)?;
            let is_error = errors.contains(&(3 * number + 1));
            let case = format!("{section}: {arn:?}: let in {is_let_in}, an error {is_error}");
            let answer = (if is_let_in { 200 } else { 403 }, Value::Null);
            match is_let_in != is_error {
                true => tally.take(&(answer.clone(), answer), false, case),
                false => tally.take_meant(false, case),
            }
        }
    }
    tally.end([ENTRIES / 10, ENTRIES / 4, 0])
}

/// Whether the reference, which ours agrees with, lets somebody in by entry `number`; of another partition STS is asked, and the reference believes it.
fn is_let_in(judges: &mut Judges<'_>, number: usize) -> Outcome<bool> {
    for (arn, id) in callers(number) {
        let (real, ours) = judges.ask_as(&arn, id)?;
        if real != ours && !arn.contains(":aws-cn:") {
            return Err(Failure::new(format!(
                "{arn}: the real one says {real:?}, ours {ours:?}"
            )));
        }
        if name_in(&real) == format!("entry-{number}") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The lines of errors that `lint` finds.
fn errors(cloud: &Cloud, section: &str, text: &str) -> Outcome<BTreeSet<usize>> {
    let file = cloud.folder().join("entries.json");
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {section: text}});
    fs::write(&file, manifest.to_string())?;
    let printed = cloud
        .plain(&built_provider()?)
        .args(["lint", "--output", "json"])
        .arg(&file)
        .output()?;
    let found: Value = serde_json::from_slice(&printed.stdout)?;
    let findings = found
        .as_array()
        .or_else(|| found.get("findings").and_then(Value::as_array));
    let findings = findings.ok_or_else(|| Failure::new(format!("lint printed {found}")))?;
    let lines = findings
        .iter()
        .filter(|finding| finding.get("severity").and_then(Value::as_str) == Some("error"))
        .filter_map(|finding| finding.get("line").and_then(Value::as_u64));
    Ok(lines
        .filter_map(|line| usize::try_from(line).ok())
        .collect())
}

/// The ARN of an entry: mostly well-formed, with up to two parts changed.
fn arn(number: usize, random: &mut Random) -> String {
    let mut prefix = "arn";
    let mut partition = random.pick(&["aws", "aws", "aws", "aws", "aws-cn"]);
    let (mut region, mut account) = ("", ACCOUNT);
    let kind = random.pick(&[
        "iam:role/",
        "iam:role/",
        "iam:user/",
        "iam:user/people/",
        "sts:federated-user/",
        "iam:role/teams/",
        "sts:assumed-role/",
        "iam:group/",
        "iam:instance-profile/",
        "sts:role/",
        "iam:assumed-role/",
        "iam:Role/",
        "IAM:USER/",
        "iam:role//",
        "iam:role/aws-service-role/x/",
    ]);
    let (service, resource) = kind.split_once(':').unwrap_or_default();
    let mut tail = if resource == "assumed-role/" {
        random.pick(&["/eve", "/eve", ""])
    } else {
        ""
    };
    match random.below(9) {
        0 => partition = random.pick(&["AWS", "aws-xx", "", "aws-us-gov2"]),
        1 => region = random.pick(&["eu-central-1", " "]),
        2 => {
            account = random.pick(&[
                "11112222333",
                "1111222233334",
                "",
                "aws",
                "\u{ff11}11122223333",
                "1111-2222-3333",
            ])
        }
        3 => tail = random.pick(&["*", " ", "/", "\u{fc}", "?", ":x", "\n"]),
        4 => prefix = random.pick(&["ARN", " arn", "", "Arn", "nar"]),
        _ => {}
    }
    format!("{prefix}:{partition}:{service}:{region}:{account}:{resource}dev-{number}{tail}")
}
