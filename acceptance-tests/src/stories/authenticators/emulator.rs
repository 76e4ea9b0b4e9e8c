//! A third judge: the emulator's own token webhook, written by others, beside ours.
//!
//! It knows access entries and no aws-auth, so whether a token is accepted is compared, and not as whom.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    pair::{Pair, people},
    tokens::{altered, spoilt},
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        identity::Identity,
    },
    failure::{Failure, Outcome, expect_same},
};

/// Where the emulator's webhook decides otherwise than ours, and why.
const DIFFERENCES: [(&str, &str); 5] = [
    ("padding", "it takes padding"),
    (
        super::tokens::UNUSED_BITS,
        "it does not look at bits that no byte needs",
    ),
    ("a fragment", "it leaves a fragment out of what is signed"),
    (
        "an empty fragment",
        "it leaves a fragment out of what is signed",
    ),
    ("no path", "to it no path is the path of a slash"),
];

pub(super) fn the_emulator_judges_the_same_tokens(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let people = people(cloud, &prod)?;
    let known: Vec<&(Identity, String)> = people
        .iter()
        .filter(|(who, _)| who.arn.contains(ACCOUNT))
        .collect();
    cloud.set_cluster(PROD, &json!({"mode": "API_AND_CONFIG_MAP"}))?;
    let mut roles = String::new();
    for principal in [
        format!("arn:aws:iam::{ACCOUNT}:role/teams/platform"),
        format!("arn:aws:iam::{ACCOUNT}:user/people/mallory"),
    ] {
        let make = [
            "eks",
            "create-access-entry",
            "--cluster-name",
            PROD,
            "--principal-arn",
            &principal,
        ];
        cloud.aws_as(cloud.creator(), &make)?;
        let canonical = principal.replace("role/teams/", "role/");
        roles.push_str(&format!("- rolearn: {canonical}\n  username: someone\n"));
    }
    let mut pair = Pair::start(cloud, &prod)?;
    prod.put_aws_auth(&BTreeMap::from([("mapRoles".into(), roles)]))?;
    let mut tokens: Vec<(String, String)> = Vec::new();
    for (who, token) in &known {
        pair.wait_for(token, "someone")?;
        tokens.push((who.arn.clone(), token.clone()));
        tokens.push((
            "for another cluster".into(),
            prod.token_for("staging", who)?,
        ));
        tokens.extend(altered(token)?);
    }
    let Some((_, token)) = known.first() else {
        return Err(Failure::new("nobody is there"));
    };
    tokens.extend(spoilt(token));
    let mut differing = BTreeSet::new();
    for (what, token) in &tokens {
        let ours = pair.ask(token)?.1.0 == 200;
        if ours != accepted(cloud, token)? {
            differing.insert(what.clone());
        }
    }
    let meant: BTreeSet<String> = DIFFERENCES
        .iter()
        .map(|(what, _)| (*what).to_owned())
        .collect();
    expect_same(
        "the tokens on which the two differ",
        &format!("{meant:#?}"),
        &format!("{differing:#?}"),
    )
}

/// Whether the emulator's webhook accepts a token.
fn accepted(cloud: &Cloud, token: &str) -> Outcome<bool> {
    let asked = json!({"cluster": PROD, "token": token});
    let answer = cloud.emulator().control("token-review", &asked)?;
    let status = answer.pointer("/body/status/authenticated");
    status
        .and_then(Value::as_bool)
        .ok_or_else(|| Failure::new(format!("the emulator's webhook answered {answer}")))
}
