use super::*;
use crate::command::AwsArguments;
use crate::stub_sts::{StubSts, noon, token as stub_token};

fn arguments(token: &str, sts: &StubSts) -> VerifyArguments {
    VerifyArguments {
        token: Some(token.to_owned()),
        cluster_id: Some("prod".to_owned()),
        cluster: None,
        aws_auth: None,
        partition: None,
        offline: false,
        output: Format::Table,
        sts: sts.arguments(),
        aws: AwsArguments {
            region: Some("eu-central-1".to_owned()),
            profile: None,
        },
    }
}

async fn answer(arguments: &VerifyArguments) -> (String, Verdict) {
    let outcome = judged(arguments, noon()).await.unwrap();
    (outcome.text, outcome.verdict)
}

fn aws_auth() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "kind: ConfigMap\ndata:\n  mapRoles: |\n    - rolearn: arn:aws:iam::111122223333:role/Admin\n      username: admin:{{SessionName}}\n      groups: [system:masters]\n",
    )
    .unwrap();
    file
}

#[tokio::test]
async fn a_good_token_is_told_with_what_the_map_makes_of_it() {
    let (sts, map) = (StubSts::start().await, aws_auth());
    let with_map = VerifyArguments {
        aws_auth: Some(map.path().to_owned()),
        ..arguments(&stub_token("ROLE-Admin-eve@x"), &sts)
    };
    let (text, verdict) = answer(&with_map).await;
    assert_eq!(
        (text.as_str(), verdict),
        (
            "accepted\n\
             \x20 identity   arn:aws:sts::111122223333:assumed-role/Admin/eve@x\n\
             \x20 canonical  arn:aws:iam::111122223333:role/Admin\n\
             \x20 user id    AROAEXAMPLE\n\
             \x20 session    eve@x                                               chosen by the caller\n\
             \x20 user       admin:eve-x                                         as the cluster sees it\n\
             \x20 in groups  system:masters\n\
             \x20 username   admin:{{SessionName}}                               from aws-auth mapRoles[0], line 1\n\
             \x20 groups     system:masters, system:authenticated\n\
             \x20 may        do everything\n",
            Verdict::Yes
        )
    );
    let unmapped = VerifyArguments {
        token: Some(stub_token("USER-eve")),
        ..with_map
    };
    let (text, verdict) = answer(&unmapped).await;
    assert!(
        text.starts_with("refused\n  identity  arn:aws:iam::111122223333:user/eve\n"),
        "{text}"
    );
    assert_eq!(verdict, Verdict::No);
}

#[tokio::test]
async fn a_refusal_names_the_rule_and_never_the_token() {
    let sts = StubSts::start().await;
    let foreign = eksauth_core::token::encode(
        "https://sts.evil.example/?Action=GetCallerIdentity&X-Amz-Signature=5ec2e7",
    );
    // A URL without its question mark is all host.
    let all_host = eksauth_core::token::encode(
        "https://sts.evil.example&Action=GetCallerIdentity&X-Amz-Signature=5ec2e7",
    );
    for (token, told, verdict) in [
        (foreign, "host.not_allowed", Verdict::No),
        (all_host, "host.not_allowed", Verdict::No),
        (stub_token("DENY"), "sts.status", Verdict::No),
        (
            stub_token("THROTTLE"),
            "sts.throttling",
            Verdict::Undetermined,
        ),
        (stub_token("BREAK"), "sts.transport", Verdict::Undetermined),
        (
            "eyJhbGciOiJub25lIn0.e30.".to_owned(),
            "token.prefix",
            Verdict::No,
        ),
    ] {
        let arguments = arguments(&token, &sts);
        let (text, given) = answer(&arguments).await;
        let headline = match verdict {
            Verdict::Undetermined => "could not find out",
            Verdict::Yes | Verdict::No => "refused",
        };
        assert!(text.starts_with(&format!("{headline}  {told}: ")), "{text}");
        assert_eq!(given, verdict, "{told}");
        let json = VerifyArguments {
            output: Format::Json,
            ..arguments
        };
        let all = text + &answer(&json).await.0;
        for secret in [token.as_str(), "5ec2e7", "X-Amz"] {
            assert!(!all.contains(secret), "{all}");
        }
    }
}

#[tokio::test]
async fn offline_nobody_is_asked() {
    let sts = StubSts::start().await;
    let offline = VerifyArguments {
        offline: true,
        output: Format::Json,
        ..arguments(&stub_token("DENY"), &sts)
    };
    assert_eq!(
        answer(&offline).await,
        (
            "{\"accepted\":null,\"well_formed\":true}\n".to_owned(),
            Verdict::Yes
        )
    );
    assert_eq!(sts.asked(), 0);
}

#[tokio::test]
async fn a_credential_as_get_token_prints_it_is_a_token_too() {
    let sts = StubSts::start().await;
    let credential = format!(
        r#"{{"kind":"ExecCredential","status":{{"token":"{}"}}}}"#,
        stub_token("USER-eve")
    );
    let (text, verdict) = answer(&arguments(&credential, &sts)).await;
    assert_eq!(
        (text.as_str(), verdict),
        (
            "accepted\n  identity  arn:aws:iam::111122223333:user/eve\n  user id   AIDAEXAMPLE\n",
            Verdict::Yes
        )
    );
    assert!(token(Some("{}")).is_err());
}

#[test]
fn a_token_is_read_in_the_encodings_that_shells_write() {
    let utf16: Vec<u8> = "k8s-aws-v1.abc\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [
        b"k8s-aws-v1.abc\r\n".to_vec(),
        b"\xef\xbb\xbfk8s-aws-v1.abc\r\n".to_vec(),
        [b"\xff\xfe".as_slice(), &utf16].concat(),
    ] {
        assert_eq!(of_bytes(bytes).unwrap(), "k8s-aws-v1.abc\r\n");
    }
    assert!(of_bytes(b"\r\n".to_vec()).is_err());
    assert!(of_bytes(Vec::new()).is_err());
}

#[test]
fn what_a_terminal_would_act_on_is_escaped() {
    assert_eq!(printable("a\u{1b}[2J".to_owned()), "a\\u{1b}[2J");
    assert_eq!(printable("plain".to_owned()), "plain");
}

#[test]
fn what_is_no_token_at_all_is_an_error_and_no_refusal() {
    let file = aws_auth();
    let name = file.path().to_str().unwrap();
    for text in ["", " ", "\n", name] {
        let failure = token(Some(text)).unwrap_err().to_string();
        assert_eq!(
            failure, "this is no token; give a file by standard input: verify … < FILE",
            "{text:?}"
        );
    }
    // What might be a token, or was meant to be one, is judged as one.
    for text in ["k8s-aws-v1.x", "eyJhbGciOiJub25lIn0.e30.", "no-such-file"] {
        assert_eq!(token(Some(text)).unwrap(), text);
    }
}
