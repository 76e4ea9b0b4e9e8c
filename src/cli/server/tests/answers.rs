use super::*;

#[tokio::test]
async fn answers_are_those_of_the_webhook_byte_for_byte() {
    let bed = Bed::start(|_| {}).await;
    let mapped = "{\"metadata\":{},\"spec\":{},\"status\":{\"authenticated\":true,\"user\":{\"extra\":{\"accessKeyId\":[\"ROLE-Admin-eve@x\"],\
        \"arn\":[\"arn:aws:sts::111122223333:assumed-role/Admin/eve@x\"],\"canonicalArn\":[\"arn:aws:iam::111122223333:role/Admin\"],\
        \"principalId\":[\"AROAEXAMPLE\"],\"sessionName\":[\"eve@x\"],\"sigs.k8s.io/aws-iam-authenticator/principalId\":[\"AROAEXAMPLE\"]},\
        \"groups\":[\"system:masters\"],\"uid\":\"aws-iam-authenticator:111122223333:AROAEXAMPLE\",\"username\":\"admin:eve-x\"}}}\n";
    assert_eq!(bed.review("ROLE-Admin-eve@x").await, got(200, JSON, mapped));
    assert_eq!(bed.review("USER-eve").await, got(403, JSON, DENIED));
    assert_eq!(bed.review("DENY").await, got(403, JSON, DENIED));
    assert_eq!(bed.review("BREAK").await, got(403, JSON, DENIED));
    assert_eq!(bed.review("THROTTLE").await, got(429, JSON, DENIED));
    assert_eq!(bed.sts.asked(), 5);
    let bad_token = bed.call("POST", "/authenticate", &review("nonsense")).await;
    assert_eq!(bad_token, got(403, JSON, DENIED));
    let no_review = "expected a request body to be a TokenReview\n";
    assert_eq!(
        bed.call("POST", "/authenticate", "[]").await,
        got(400, TEXT, no_review)
    );
    assert_eq!(
        bed.call("GET", "/authenticate", "").await,
        got(405, TEXT, "expected POST\n")
    );
    assert_eq!(
        bed.call("HEAD", "/authenticate", "").await,
        got(405, TEXT, "")
    );
    assert_eq!(bed.call("GET", "/healthz", "").await, got(200, TEXT, "ok"));
    assert_eq!(
        bed.call("GET", "/", "").await,
        got(404, TEXT, "404 page not found\n")
    );
    assert_eq!(bed.sts.asked(), 5);
}

#[tokio::test]
async fn a_scrubbed_account_and_a_reserved_prefix_are_kept() {
    let bed =
        Bed::start(|arguments| arguments.scrubbed_accounts.push("111122223333".to_owned())).await;
    let scrubbed = "{\"metadata\":{},\"spec\":{},\"status\":{\"authenticated\":true,\"user\":{\"groups\":[\"system:masters\"],\
        \"uid\":\"aws-iam-authenticator:administrative:admin:eve\",\"username\":\"admin:eve\"}}}\n";
    assert_eq!(bed.review("ROLE-Admin-eve").await, got(200, JSON, scrubbed));
    let log = bed.stopped().await;
    assert!(!log.contains("assumed-role"), "{log}");
    let bed = Bed::start(|arguments| arguments.reserved_prefixes.push("admin:".to_owned())).await;
    assert_eq!(bed.review("ROLE-Admin-eve").await, got(403, JSON, DENIED));
    let log = bed.stopped().await;
    assert!(
        log.contains(r#""reason":"username.reserved_prefix""#),
        "{log}"
    );
}

/// Backends with a mapping whose name is what the caller has none of.
fn nameless(arguments: &mut ServerArguments) {
    let write = |name: &str, text: &str| {
        let path = arguments.state_dir.join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    arguments.config = write(
        "config.yaml",
        "server:\n  mapRoles:\n  - {roleARN: 'arn:aws:iam::111122223333:role/Mounted', username: '', groups: [system:masters]}\n  \
         - {roleARN: 'arn:aws:iam::111122223333:role/teams/Path', username: path}\n",
    );
    arguments.dynamic_file = write(
        "dynamic.json",
        r#"{"mapRoles":[{"rolearn":"arn:aws:iam::111122223333:role/Dynamic","username":" ","groups":["system:masters"]}]}"#,
    );
    arguments.aws_auth = write(
        "aws-auth.yaml",
        "kind: ConfigMap\ndata:\n  mapRoles: |\n    - {rolearn: 'arn:aws:iam::111122223333:role/Admin', username: yes, groups: [system:masters]}\n  \
         mapUsers: |\n    - {userarn: 'arn:aws:iam::111122223333:user/eve', username: 'u:{{SessionName}}', groups: [system:masters]}\n",
    );
    arguments.backend_mode = vec![
        BackendName::MountedFile,
        BackendName::DynamicFile,
        BackendName::EksConfigMap,
    ];
}

#[tokio::test]
async fn nobody_gets_in_without_a_name_whatever_the_backend() {
    let bed = Bed::start(nameless).await;
    for caller in [
        "ROLE-Mounted-a",
        "ROLE-Dynamic-a",
        "ROLE-Admin-a",
        "USER-eve",
    ] {
        assert_eq!(bed.review(caller).await.status, 403, "{caller}");
    }
    let log = bed.stopped().await;
    assert_eq!(
        log.matches(r#""reason":"username.empty""#).count(),
        3,
        "{log}"
    );
    assert_eq!(
        log.matches(r#""reason":"template.empty_session_name""#)
            .count(),
        1,
        "{log}"
    );
    for said in [
        "mapRoles[0]: error: the entry has no user name",
        "(lockout.rolearn_has_path)",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
}

#[tokio::test]
async fn only_one_plain_review_is_judged() {
    let bed = Bed::start(|_| {}).await;
    let token = token("ROLE-Admin-eve");
    let status = async |body: String| bed.call("POST", "/authenticate", &body).await.status;
    let review = |key: &str| format!(r#"{{"kind":"TokenReview","{key}":{{"token":"{token}"}}}}"#);
    assert_eq!(status(review("spec")).await, 200);
    assert_eq!(status(review("spec") + " \n").await, 200);
    for body in [
        review("SPEC"),
        review("spec") + "x",
        review("spec") + &review("spec"),
        review("spec").replace("TokenReview", "Other"),
        format!("\u{feff}{}", review("spec")),
    ] {
        assert_eq!(status(body).await, 400);
    }
    for path in ["/", "/authenticate/", "//authenticate", "/AUTHENTICATE"] {
        assert_eq!(
            bed.call("POST", path, &review("spec")).await.status,
            404,
            "{path}"
        );
    }
    assert_eq!(bed.call("GET", "/healthz", "").await.body, "ok");
}

#[tokio::test]
async fn logs_and_metrics_tell_what_happened_and_no_secret() {
    let bed = Bed::start(|_| {}).await;
    let secret = token("DENY");
    bed.review("ROLE-Admin-eve").await;
    bed.review("DENY").await;
    let evil = eksauth_core::token::encode("https://evil\u{1b}[2J.example/?X-Amz-Signature=5ec2e7");
    bed.call("POST", "/authenticate", &review(&evil)).await;
    bed.call("POST", "/authenticate", &"k8s-aws-v1.".repeat(1000))
        .await;
    // A URL without its question mark is all host.
    let broken = "https://sts.eu-central-1.amazonaws.com&X-Amz-Credential=a&X-Amz-Signature=5ec2e7";
    for url in [broken, &broken.replace('&', "%26"), &broken.to_lowercase()] {
        let body = review(&eksauth_core::token::encode(url));
        bed.call("POST", "/authenticate", &body).await;
    }
    let inner = eksauth_core::token::encode(&"a".repeat(60));
    let twice = eksauth_core::token::encode(&format!("https://{inner}.example/"));
    bed.call("POST", "/authenticate", &review(&twice)).await;
    bed.call("k8s-aws-v1.secret", "/authenticate", "").await;
    let metrics = bed.call("GET", "/metrics", "").await.body;
    for line in [
        "eksauth_requests_total{result=\"success\"} 1",
        "eksauth_requests_total{result=\"sts_error\"} 1",
        "eksauth_requests_total{result=\"invalid_token\"} 5",
        "eksauth_requests_total{result=\"malformed_request\"} 2",
        "eksauth_sts_latency_seconds_count 2",
        "eksauth_requests_in_flight 0",
        "eksauth_mappings 1",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\n{metrics}");
    }
    let log = bed.stopped().await;
    let log_lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line.get("result").is_some())
        .collect();
    let field = |index: usize, name: &str| {
        log_lines[index][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        field(0, "arn"),
        "arn:aws:sts::111122223333:assumed-role/Admin/eve"
    );
    assert_eq!(field(0, "username"), "admin:eve");
    assert_eq!(field(0, "time"), "2026-06-01T12:00:00.000Z");
    assert_eq!(
        (field(1, "reason"), field(1, "detail")),
        (
            "sts.status".to_owned(),
            "STS refused the token with status 403".to_owned()
        )
    );
    assert_eq!(field(2, "result"), "invalid_token");
    for secret in [
        secret.as_str(),
        "k8s-aws-v1",
        "X-Amz",
        "x-amz",
        "5ec2e7",
        "SignatureDoesNotMatch",
        "\u{1b}",
    ] {
        assert!(
            !log.contains(secret) && !metrics.contains(secret),
            "{secret}\n{log}\n{metrics}"
        );
    }
}
