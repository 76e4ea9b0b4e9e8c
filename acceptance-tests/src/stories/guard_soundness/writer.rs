//! The provider's own writer, in a process of its own that makes one change after another.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use serde_json::{Map, Value, json};

use crate::{
    bed::{
        cloud::{Cloud, PROD, REGION},
        identity::Identity,
        provider_under_test::built_provider,
    },
    failure::{Failure, Outcome},
};

const PROGRAM: &str = "guarded_writer";

/// The running program.
pub(super) struct Writer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// As whom a change is made.
#[derive(Clone)]
pub(super) enum Acts {
    /// With AWS credentials.
    As(Identity),
    /// The same, and as a role on Kubernetes.
    AsRole(Identity, String),
    /// With the administrator's certificate.
    ByCertificate(Identity),
}

/// A change to make.
pub(super) struct Order<'a> {
    pub(super) acts: &'a Acts,
    pub(super) guard: &'a str,
    pub(super) protected: &'a [String],
    pub(super) applies_later: &'a [String],
    pub(super) acknowledgements: &'a str,
    pub(super) changes: Vec<Value>,
}

/// What became of one of its parts.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) is_written: bool,
    pub(super) said: String,
}

impl Made {
    /// Whether the guard refused it, and nothing else. Of several that are written together one says why, and the others name it.
    pub(super) fn is_refused_by_the_guard(&self) -> bool {
        let words = ["lockout.", "is refused because of what it does to access"];
        !self.is_written && words.iter().any(|word| self.said.contains(word))
    }
}

impl Writer {
    /// Starts the program, which is built where it is missing.
    pub(super) fn start(cloud: &Cloud) -> Outcome<Writer> {
        let mut child = cloud
            .plain(&program()?)
            .env("AWS_ENDPOINT_URL", cloud.emulator().url())
            .env("AWS_REGION", REGION)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::new("the writer has no pipes"));
        };
        Ok(Writer {
            child,
            input,
            output: BufReader::new(output),
        })
    }

    /// Makes a change: what became of each of its parts, in their order.
    pub(super) fn make(&mut self, cloud: &Cloud, order: Order<'_>) -> Outcome<Vec<Made>> {
        let mut request = keys(cloud, order.acts)?;
        for (name, value) in [
            ("cluster", json!(PROD)),
            ("region", json!(REGION)),
            ("guard", json!(order.guard)),
            ("protected_principals", json!(order.protected)),
            ("apply_principal_arns", json!(order.applies_later)),
            ("acknowledgements", json!(order.acknowledgements)),
            ("changes", json!(order.changes)),
        ] {
            request.insert(name.to_owned(), value);
        }
        writeln!(self.input, "{}", Value::Object(request))?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|error| Failure::new(format!("the writer answers `{line}`: {error}")))?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            return Err(Failure::new(format!("the writer fails: {error}")));
        }
        let answers = answer.get("answers").and_then(Value::as_array);
        Ok(answers.into_iter().flatten().map(made).collect())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It ends when its input does; a story that failed has told why.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn made(answer: &Value) -> Made {
    let said = answer.get("said").and_then(Value::as_array);
    let texts = said.into_iter().flatten().map(|one| {
        let part = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
        format!("{}\n{}\n", part("summary"), part("detail"))
    });
    Made {
        is_written: answer.get("is_written") == Some(&json!(true)),
        said: texts.collect(),
    }
}

fn keys(cloud: &Cloud, acts: &Acts) -> Outcome<Map<String, Value>> {
    let (Acts::As(identity) | Acts::AsRole(identity, _) | Acts::ByCertificate(identity)) = acts;
    let mut keys = identity.keys();
    match acts {
        Acts::As(_) => {}
        Acts::AsRole(_, role) => {
            keys.insert("kubernetes_role_arn".to_owned(), json!(role));
        }
        Acts::ByCertificate(_) => {
            for (name, file) in [
                ("client_certificate", "administrator.crt"),
                ("client_key", "administrator.key"),
            ] {
                let text = fs::read_to_string(cloud.folder().join(file))?;
                keys.insert(name.to_owned(), json!(text));
            }
        }
    }
    Ok(keys)
}

/// The program beside the provider.
fn program() -> Outcome<PathBuf> {
    let provider = built_provider()?;
    let folder = provider.parent().map(PathBuf::from).unwrap_or_default();
    let program = folder.join("examples").join(PROGRAM);
    if program.is_file() {
        return Ok(program);
    }
    let text = format!(
        "there is no {}; run cargo build --example {PROGRAM} first",
        program.display()
    );
    Err(Failure::new(text))
}
