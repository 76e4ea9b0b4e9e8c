use super::*;

#[tokio::test]
async fn ten_megabytes_are_refused_before_they_are_read() {
    let bed = Bed::start(|_| {}).await;
    let mut announced = bed.connect().await.unwrap();
    announced
        .write_all(
            b"POST /authenticate HTTP/1.1\r\nhost: webhook\r\ncontent-length: 10485760\r\n\r\nxxx",
        )
        .await
        .unwrap();
    let mut bytes = Vec::new();
    let _ = announced.read_to_end(&mut bytes).await;
    assert_eq!(
        parsed(&bytes, "POST"),
        Some(got(413, TEXT, "the request is larger than 1 MiB\n"))
    );
    let mut stream = bed.connect().await.unwrap();
    stream
        .write_all(
            b"POST /authenticate HTTP/1.1\r\nhost: webhook\r\ntransfer-encoding: chunked\r\n\r\n",
        )
        .await
        .unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65536));
    let mut bytes = Vec::new();
    for _ in 0..17 {
        let _ = stream.write_all(chunk.as_bytes()).await;
    }
    let _ = stream.read_buf(&mut bytes).await;
    assert!(
        bytes.starts_with(b"HTTP/1.1 413"),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    let large = format!(
        r#"{{"spec":{{"audiences":["{}"],"token":"x"}}}}"#,
        "a".repeat(900_000)
    );
    assert_eq!(
        bed.call("POST", "/authenticate", &large).await,
        got(403, JSON, DENIED)
    );
    assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
}

#[tokio::test]
async fn hundreds_of_half_open_and_silent_clients_disturb_nobody() {
    let bed = Bed::start(|_| {}).await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(TcpStream::connect(bed.address).await.unwrap());
    }
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut stream = bed.connect().await.unwrap();
        stream
            .write_all(b"POST /authenticate HTTP/1.1\r\ncontent-length: 100\r\n\r\n{")
            .await
            .unwrap();
        silent.push(stream);
    }
    let garbage = TcpStream::connect(bed.address).await.unwrap();
    garbage.try_write(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    for _ in 0..20 {
        assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
    }
    drop((idle, silent, garbage));
    assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
}

/// A connection on which a request is under way, because its body does not end.
async fn busy(bed: &Bed) -> TlsStream<TcpStream> {
    let mut stream = bed.connect().await.unwrap();
    assert!(
        exchange(&mut stream, "GET", "/healthz", "").await.is_some(),
        "the connection has a place"
    );
    let body = review(&token("ROLE-Admin-eve"));
    let head = format!(
        "POST /authenticate HTTP/1.1\r\nhost: webhook\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn connections_above_the_limit_are_closed_and_requests_that_are_under_way_go_on() {
    let bed = Bed::start(|arguments| arguments.max_connections = 3).await;
    let mut open = vec![busy(&bed).await, busy(&bed).await];
    let mut looking = bed.connect().await.unwrap();
    let mut page = String::new();
    let is_under_way = async {
        while !page.contains("\neksauth_requests_in_flight 2\n") {
            page = exchange(&mut looking, "GET", "/metrics", "")
                .await
                .unwrap()
                .body;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), is_under_way)
        .await
        .unwrap();
    assert!(page.contains("\neksauth_connections 3\n"), "{page}");
    // The one that only looks makes place, and then nobody does.
    open.push(busy(&bed).await);
    assert_eq!(until_closed(&mut looking).await, "");
    let refused = async { while bed.connect().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .unwrap();
    for stream in &mut open {
        let body = review(&token("ROLE-Admin-eve"));
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        while parsed(&bytes, "POST").is_none() {
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        }
        assert!(bytes.starts_with(b"HTTP/1.1 200 "));
    }
    let page = exchange(&mut open[0], "GET", "/metrics", "")
        .await
        .unwrap()
        .body;
    assert!(page.contains("\neksauth_connections 3\n"), "{page}");
    assert!(
        !page.contains("\neksauth_connections_refused_total 0\n"),
        "{page}"
    );
}

#[tokio::test]
async fn idle_http2_connections_that_asked_once_shut_nobody_out() {
    let bed = Bed::start(|arguments| arguments.max_connections = 3).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        let mut client =
            http2::Client::from_stream(bed.connect().await.unwrap(), http2::Kind::Usual).await;
        assert_eq!(client.get("/healthz").await.unwrap(), 200);
        idle.push(client);
    }
    for _ in 0..3 {
        assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
    }
}

/// What comes until the other side closes, which it has to.
async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes));
    // A connection may be ended without TLS's farewell.
    let _ = closed.await.expect("the server closes the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn bombs_of_json_are_answered_like_any_other_request() {
    let bed = Bed::start(|_| {}).await;
    let most = http::MAX_BODY_BYTES - 100;
    let fill = |part: &str| part.repeat(most / part.len());
    let no_review = got(400, TEXT, "expected a request body to be a TokenReview\n");
    let denied = got(403, JSON, DENIED);
    let around = |inner: String| format!(r#"{{"x":{inner},"spec":{{"token":"t"}}}}"#);
    let nested = format!("{}{}", "[".repeat(most / 2), "]".repeat(most / 2));
    for (what, body, answer) in [
        ("nested lists without an end", fill("["), &no_review),
        ("nested objects without an end", fill("{\"a\":"), &no_review),
        (
            "nested lists instead of a token",
            format!(r#"{{"spec":{{"token":{nested}}}}}"#),
            &no_review,
        ),
        ("nested lists beside a token", around(nested), &denied),
        ("a long list", around(format!("[{}1]", fill("1,"))), &denied),
        (
            "a list of huge numbers",
            around(format!("[{}1]", fill("1e999999,"))),
            &denied,
        ),
        ("a number of a million digits", around(fill("9")), &denied),
        (
            "one unknown key again and again",
            format!("{{{}\"a\":1}}", fill("\"a\":1,")),
            &denied,
        ),
        (
            "one known key again and again",
            format!("{{{}\"spec\":{{}}}}", fill("\"spec\":{},")),
            &no_review,
        ),
        (
            "many audiences",
            format!(r#"{{"spec":{{"audiences":[{}""]}}}}"#, fill("\"\",")),
            &denied,
        ),
        (
            "a token without an end",
            format!(r#"{{"spec":{{"token":"{}"}}}}"#, fill("a")),
            &denied,
        ),
        (
            "a key without an end",
            format!(r#"{{"{}":1}}"#, fill("k")),
            &denied,
        ),
    ] {
        assert!(body.len() <= http::MAX_BODY_BYTES, "{what}");
        assert_eq!(
            bed.call("POST", "/authenticate", &body).await,
            *answer,
            "{what}"
        );
    }
    assert_eq!(bed.review("ROLE-Admin-eve").await.status, 200);
    assert_eq!(bed.sts.asked(), 1);
}

#[tokio::test]
async fn tokens_of_odd_bytes_are_refused_and_told_on_one_clean_line() {
    let bed = Bed::start(|_| {}).await;
    let good = token("ROLE-Admin-eve");
    let escaped = |text: &str| serde_json::to_string(text).unwrap();
    let review_of = |token: &str| format!(r#"{{"spec":{{"token":{}}}}}"#, escaped(token));
    let url = |url: &str| review_of(&eksauth_core::token::encode(url));
    let sts = "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity";
    for (what, body) in [
        ("a NUL behind it", review_of(&format!("{good}\0"))),
        ("a NUL before it", review_of(&format!("\0{good}"))),
        ("a line feed", review_of(&format!("{good}\n"))),
        ("an escape", review_of("k8s-aws-v1.\u{1b}[2J")),
        (
            "letters outside ASCII",
            review_of("k8s-aws-v1.\u{202e}\u{feff}\u{212a}"),
        ),
        ("nothing", review_of("")),
        ("a NUL in the URL", url(&format!("{sts}\0"))),
        (
            "control characters in the host",
            url("https://sts\u{1b}]0;x\u{7}.eu-central-1.amazonaws.com/"),
        ),
        ("a line feed in the host", url("https://evil\r\nx: y/")),
    ] {
        assert_eq!(
            bed.call("POST", "/authenticate", &body).await,
            got(403, JSON, DENIED),
            "{what}"
        );
    }
    let no_review = got(400, TEXT, "expected a request body to be a TokenReview\n");
    let raw = "{\"spec\":{\"token\":\"k8s-aws-v1.\u{1}\"}}";
    assert_eq!(bed.call("POST", "/authenticate", raw).await, no_review);
    let mut stream = bed.connect().await.unwrap();
    let not_utf8 = b"{\"spec\":{\"token\":\"k8s-aws-v1.\xff\xfe\xc0\"}}";
    let head = format!(
        "POST /authenticate HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
        not_utf8.len()
    );
    stream
        .write_all(&[head.as_bytes(), not_utf8].concat())
        .await
        .unwrap();
    let mut bytes = Vec::new();
    while parsed(&bytes, "POST").is_none() {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    assert_eq!(parsed(&bytes, "POST"), Some(no_review));
    assert_eq!(
        (bed.sts.asked(), bed.review("ROLE-Admin-eve").await.status),
        (0, 200)
    );
    let log = bed.stopped().await;
    assert_eq!(
        log.lines()
            .filter(|line| line.contains("\"result\""))
            .count(),
        12,
        "{log}"
    );
    for line in log.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok()
                && !line.contains(char::is_control),
            "{line}"
        );
    }
}
