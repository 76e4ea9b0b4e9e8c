//! HTTP to the bed's own endpoints: JSON over one connection per request, no TLS.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;

use crate::failure::{Failure, Outcome};

/// Posts `body` to `path` at `port` of 127.0.0.1 and returns the JSON answer.
///
/// # Errors
/// A connection that fails, or an answer other than 200, with its text.
pub(crate) fn post(port: u16, path: &str, body: &Value) -> Outcome<Value> {
    let text = body.to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{text}",
        text.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return Err(Failure::new(format!("no answer from {path}")));
    };
    if head.split(' ').nth(1) != Some("200") {
        return Err(Failure::new(format!("{path} answered: {body}")));
    }
    Ok(serde_json::from_str(body)?)
}
