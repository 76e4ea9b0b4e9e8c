//! An STS on 127.0.0.1 for tests: it vouches for whom the token's access key id names, and remembers how often it was asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use eksauth_core::token::encode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::command::StsArguments;

/// A moment at which [`token`]s are valid: 2026-06-01T12:00:00Z.
pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_780_315_200)
}

/// A well-formed token five minutes before noon, whose access key id says what the stub is to answer.
pub(crate) fn token(access_key_id: &str) -> String {
    encode(&format!(
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential={access_key_id}%2F20260601%2Feu-central-1%2Fsts%2Faws4_request&X-Amz-Date=20260601T115500Z\
         &X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=5ec2e7"
    ))
}

/// The stub; it ends with the runtime of its test.
pub(crate) struct StubSts {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl StubSts {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&counter)));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn arguments(&self) -> StsArguments {
        StsArguments {
            sts_connect: Some(format!("http://{}", self.address)),
            sts_ca: None,
        }
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<AtomicUsize>) {
    let mut buffer = Vec::new();
    loop {
        while !buffer.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await {
                Ok(count) if count > 0 => buffer.extend_from_slice(&chunk[..count]),
                _ => return,
            }
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let request = String::from_utf8_lossy(&buffer).into_owned();
        buffer.clear();
        let Some((status, body)) = answer(&request) else {
            return;
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Status and body for an access key id: `ROLE-name-session`, `USER-name`, `DENY`, `THROTTLE`; none breaks the connection.
fn answer(request: &str) -> Option<(u16, String)> {
    let id = request
        .split_once("X-Amz-Credential=")?
        .1
        .split_once("%2F")?
        .0;
    let identity = |arn: &str, user_id: &str| {
        format!(
            r#"{{"GetCallerIdentityResponse":{{"GetCallerIdentityResult":{{"Account":"111122223333","Arn":"{arn}","UserId":"{user_id}"}},"ResponseMetadata":{{}}}}}}"#
        )
    };
    let parts: Vec<&str> = id.splitn(3, '-').collect();
    match parts.as_slice() {
        ["ROLE", name, session] => Some((
            200,
            identity(
                &format!("arn:aws:sts::111122223333:assumed-role/{name}/{session}"),
                &format!("AROAEXAMPLE:{session}"),
            ),
        )),
        ["USER", name] => Some((
            200,
            identity(
                &format!("arn:aws:iam::111122223333:user/{name}"),
                "AIDAEXAMPLE",
            ),
        )),
        ["DENY"] => Some((403, "SignatureDoesNotMatch".to_owned())),
        ["THROTTLE"] => Some((400, "<Code>Throttling</Code>".to_owned())),
        _ => None,
    }
}
