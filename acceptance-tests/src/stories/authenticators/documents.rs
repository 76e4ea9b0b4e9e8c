//! The same aws-auth, generated, to both authenticators that read it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    pair::{Pair, name_in, people},
    random::Random,
    rounds,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD},
        identity::Identity,
        webhook::Answer,
    },
    failure::{Outcome, expect},
};

/// Documents that both read.
const DOCUMENTS: usize = 200;

pub(super) fn documents_are_read_alike(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let people = people(cloud, &prod)?;
    let marker = cloud.user(ACCOUNT, "/", "marker")?;
    let marker_token = prod.token(&marker)?;
    let mut pair = Pair::start(cloud, &prod)?;
    let mut random = Random(2);
    let (mut differences, mut admitted, mut refused) = (Vec::new(), 0, 0);
    let mut stricter = 0;
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
            if is_stricter(&real, &ours, &text) {
                stricter += 1;
            } else if real != ours {
                differences.push(format!(
                    "{}: the real one says {real:?}, ours {ours:?}, of {arbitrary}\n{text}\nmapAccounts\n{accounts}",
                    who.arn
                ));
            }
        }
    }
    expect(differences.is_empty(), differences.join("\n\n"))?;
    println!(
        "  documents: the real one admits {admitted}, of whom ours refuses {stricter} on purpose; both refuse {refused}"
    );
    let spread = format!(
        "{admitted} were admitted, {refused} refused and {stricter} refused by ours alone, which compares little"
    );
    let counted_alike = admitted.min(refused) - stricter;
    expect(counted_alike > DOCUMENTS / 2 && stricter > 0, spread)
}

/// Whether ours refuses what DEVIATIONS.md says it refuses: nobody without a name, and no caller without a session whose entry asks for one.
fn is_stricter(real: &Answer, ours: &Answer, text: &str) -> bool {
    let session = real.1.pointer("/status/user/extra/sessionName/0");
    let has_no_session = session.and_then(Value::as_str) == Some("");
    let is_without = name_in(real).is_empty() || has_no_session && text.contains("{{SessionName");
    real.0 == 200 && ours.0 == 403 && is_without
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
