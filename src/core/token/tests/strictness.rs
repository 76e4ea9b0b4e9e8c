//! What no signer writes into a query, and what STS never answers.

use super::*;

/// What stands in no key and no value of a presigned request, as it may be written there.
const NEVER_SIGNED: [&[u8]; 21] = [
    b" ",
    b"+",
    b"%20",
    b"%00",
    b"%09",
    b"%0A",
    b"%0d",
    b"%0D%0A",
    b"%1b",
    b"%7F",
    b"%FF",
    b"%C3",
    b"%ED%A0%80",
    b"%C0%80",
    b"%C2%85",
    b"%C2%A0",
    b"%E2%80%A8",
    b"\xff",
    b"\xc3",
    b"\xc2\xa0",
    b"\xe3\x80\x80",
];

#[test]
fn control_bytes_blanks_and_what_is_no_utf8_are_refused_in_every_key_and_value() {
    let base = format!("{QUERY}&X-Amz-Security-Token=abc&Unknown=x");
    for part in 0..base.split('&').count() {
        for (in_key, at_end) in [(true, false), (true, true), (false, false), (false, true)] {
            for never in NEVER_SIGNED {
                let parts = base.split('&').enumerate().map(|(position, text)| {
                    let (key, value) = text.split_once('=').unwrap();
                    let put = |text: &str, here: bool| match here && position == part {
                        true if at_end => [text.as_bytes(), never].concat(),
                        true => [never, text.as_bytes()].concat(),
                        false => text.as_bytes().to_vec(),
                    };
                    [put(key, in_key), b"=".to_vec(), put(value, !in_key)].concat()
                });
                let query = parts.collect::<Vec<_>>().join(&b'&');
                let bytes = [url("").into_bytes(), query].concat();
                let token = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes));
                let refusal = judge(&token, &verifier(), noon()).map(drop).unwrap_err();
                assert_eq!(refusal.class(), RefusalClass::Format);
                let name = String::from_utf8_lossy(&bytes).into_owned();
                assert!(!refusal.to_string().contains(['\n', '\u{fffd}']), "{name}");
            }
        }
    }
    let credential = QUERY.replace("ASIAEXAMPLEKEY000001", "AKIA%0aforged");
    assert_eq!(judge_url(&url(&credential)), Err(Refusal::Query));
    let letters = QUERY.replace("ASIAEXAMPLEKEY000001", "%C3%A9");
    assert!(judge_url(&url(&letters)).is_ok());
}

#[test]
fn keys_of_the_answer_of_sts_count_only_as_sts_spells_them() {
    let good = r#"{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/a","UserId":"AIDA"},"ResponseMetadata":{"RequestId":"r"}}}"#;
    let judged = |body: &str| request().answer(200, body.as_bytes()).map(drop);
    assert_eq!(judged(good), Ok(()));
    for key in [
        "GetCallerIdentityResponse",
        "GetCallerIdentityResult",
        "Account",
        "Arn",
        "UserId",
        "ResponseMetadata",
        "RequestId",
    ] {
        let member = format!("\"{key}\":");
        let mut spellings = vec![key.to_uppercase(), key.to_lowercase()];
        if key.contains('s') {
            spellings.push(key.replacen('s', "\u{17f}", 1));
        }
        for spelling in spellings {
            let instead = good.replacen(&member, &format!("\"{spelling}\":"), 1);
            assert_eq!(judged(&instead), Err(Refusal::StsJson), "{instead}");
            let beside = good.replacen(&member, &format!("\"{spelling}\":null,{member}"), 1);
            assert_eq!(judged(&beside), Err(Refusal::StsJson), "{beside}");
        }
        let twice = good.replacen(&member, &format!("{member}null,{member}"), 1);
        assert_eq!(judged(&twice), Err(Refusal::StsJson), "{twice}");
    }
}

#[test]
fn an_answer_of_another_partition_or_about_nobody_is_refused() {
    for (kind, user_ids) in [
        ("iam::111122223333:user/a", vec!["", " "]),
        ("iam::111122223333:root", vec![""]),
        ("sts::111122223333:federated-user/a", vec!["", "\\n"]),
        (
            "sts::111122223333:assumed-role/A/s",
            vec![
                "", ":", "AROA1:", ":s", " :s", "AROA1: ", "AROA1", "AROA1:s:",
            ],
        ),
        (
            "iam::111122223333:role/A",
            vec!["", "AROA1:", ":s", "AROA1"],
        ),
    ] {
        for user_id in user_ids {
            assert_eq!(
                answer(&format!("arn:aws:{kind}"), "111122223333", user_id),
                Err(Refusal::StsUserId),
                "{kind} {user_id}"
            );
        }
        for partition in ["aws-cn", "aws-us-gov", "aws-iso"] {
            assert_eq!(
                answer(
                    &format!("arn:{partition}:{kind}"),
                    "111122223333",
                    "AROA1:s"
                ),
                Err(Refusal::StsPartitionMismatch {
                    partition: Partition::Aws
                }),
                "{partition} {kind}"
            );
        }
    }
}
