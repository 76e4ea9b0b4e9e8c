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

#[tokio::test]
async fn connections_above_the_limit_are_closed_and_those_that_are_open_go_on() {
    let bed = Bed::start(|arguments| arguments.max_connections = 3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = bed.connect().await.unwrap();
        let first = exchange(&mut stream, "GET", "/healthz", "").await;
        assert_eq!(first, Some(got(200, TEXT, "ok")));
        open.push(stream);
    }
    assert!(bed.connect().await.is_err());
    let body = review(&token("ROLE-Admin-eve"));
    for stream in &mut open {
        let answer = exchange(stream, "POST", "/authenticate", &body)
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
    }
    let page = exchange(&mut open[0], "GET", "/metrics", "")
        .await
        .unwrap()
        .body;
    assert!(page.contains("\neksauth_connections 3\n"), "{page}");
    assert!(
        page.contains("\neksauth_connections_refused_total 1\n"),
        "{page}"
    );
}
