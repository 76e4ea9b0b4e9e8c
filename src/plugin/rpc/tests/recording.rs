//! Records sessions of the real Terraform for [`recorded`](super::recorded). Not a test by itself: run it by name with `--ignored` when
//! an answer changes on purpose, and read the difference.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use prost::Message;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server as Transport;
use tonic::{Request, Response, Status};

use crate::notebook::provider::Notebook;
use crate::proto::tfplugin6 as proto;
use crate::rpc::{Server, Service, service};

struct Recorder {
    server: Server<Notebook>,
    session: PathBuf,
    state: Mutex<Vec<Exchange>>,
}

#[derive(PartialEq)]
struct Exchange {
    rpc: &'static str,
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl Recorder {
    /// Keeps an exchange, unless Terraform asked the same before. An apply is kept always, because what follows depends on it.
    fn keep(&self, exchange: Exchange) {
        let mut state = self.state.lock().unwrap();
        if exchange.rpc != "apply_resource_change" && state.contains(&exchange) {
            return;
        }
        let name = format!("{:03}_{}", state.len() + 1, exchange.rpc);
        let path = self.session.join(name);
        std::fs::write(path.with_extension("request"), &exchange.request).unwrap();
        std::fs::write(path.with_extension("reply"), &exchange.reply).unwrap();
        state.push(exchange);
    }
}

macro_rules! recorder {
    ($($method:ident,)*) => {
        #[tonic::async_trait]
        impl Service for Recorder {
            $(async fn $method(
                &self,
                request: Request<proto::$method::Request>,
            ) -> Result<Response<proto::$method::Response>, Status> {
                let asked = request.get_ref().encode_to_vec();
                let response = self.server.$method(request).await?;
                self.keep(Exchange {
                    rpc: stringify!($method),
                    request: asked,
                    reply: response.get_ref().encode_to_vec(),
                });
                Ok(response)
            })*
        }
    };
}

each_rpc!(recorder);

/// Terraform in a folder of its own, attached to a recorder.
struct Session {
    folder: tempfile::TempDir,
    reattach: String,
}

impl Session {
    fn begin(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("notes");
        std::fs::create_dir(&notes).unwrap();
        let session = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/rpc")
            .join(name);
        std::fs::remove_dir_all(&session).ok();
        std::fs::create_dir_all(&session).unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let recorder = Recorder {
            server: Server::new(Notebook {
                folder: Some(notes),
            }),
            session,
            state: Mutex::default(),
        };
        tokio::spawn(
            Transport::builder()
                .add_service(service(recorder))
                .serve_with_incoming(UnixListenerStream::new(listener)),
        );
        let reattach = serde_json::json!({ "example/notebook": {
            "Protocol": "grpc", "ProtocolVersion": 6, "Pid": std::process::id(), "Test": true,
            "Addr": { "Network": "unix", "String": socket },
        }});
        Self {
            folder,
            reattach: reattach.to_string(),
        }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// Runs Terraform one step at a time; the code it must end with.
    async fn terraform(&self, code: i32, arguments: &[&str]) {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TF_REATTACH_PROVIDERS", &self.reattach)
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_LOG")
            .env_remove("TF_CLI_CONFIG_FILE")
            .stdin(Stdio::null());
        let arguments = arguments.join(" ");
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        assert_eq!(
            output.status.code(),
            Some(code),
            "terraform {arguments}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

const HEAD: &str = r#"
terraform {
  required_providers {
    notebook = { source = "example/notebook" }
  }
}
provider "notebook" {
  directory = "notes"
}
"#;

const LIFE: &str = r#"
ephemeral "notebook_password" "this" {
  length = 8
}
resource "notebook_note" "first" {
  name       = NAME
  text       = provider::notebook::join(" ", "hello", "world")
  tags       = ["x", "y"]
  weight     = 0.1
  extra      = { deep = [1, "two", true] }
  sections   = [{ heading = "One Two" }, { heading = "Three", level = 3 }]
  passphrase = ephemeral.notebook_password.this.result
  link {
    url = "one"
  }
}
resource "notebook_note" "second" {
  name   = "second"
  tags   = ["z", notebook_note.first.id]
  weight = 123456789012345678901234567890
  extra  = null
  dynamic "link" {
    for_each = toset([notebook_note.first.id])
    content {
      url = link.value
    }
  }
}
data "notebook_note" "first" {
  name = notebook_note.first.name
}
output "text" {
  value = data.notebook_note.first.text
}
"#;

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-parallelism=1", "-no-color"];
const PLAN: [&str; 4] = ["plan", "-detailed-exitcode", "-parallelism=1", "-no-color"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "records instead of testing; needs terraform"]
async fn record_life() {
    let session = Session::begin("life");
    session.write(
        "main.tf",
        &format!("{HEAD}{}", LIFE.replace("NAME", "\"first\"")),
    );
    session.terraform(0, &["init", "-no-color"]).await;
    session.terraform(0, &APPLY).await;
    session.terraform(0, &PLAN).await;
    let longer = LIFE
        .replace("NAME", "\"first\"")
        .replace("\"world\"", "\"wide\", \"world\"");
    session.write("main.tf", &format!("{HEAD}{longer}"));
    session.terraform(0, &APPLY).await;
    session.write(
        "main.tf",
        &format!("{HEAD}{}", LIFE.replace("NAME", "\"other\"")),
    );
    session.terraform(0, &APPLY).await;
    session.terraform(0, &PLAN).await;
    session
        .terraform(
            0,
            &["destroy", "-auto-approve", "-parallelism=1", "-no-color"],
        )
        .await;
}

const OLD_STATE: &str = r#"{
  "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "notes", "outputs": {},
  "resources": [{
    "mode": "managed", "type": "notebook_note", "name": "old",
    "provider": "provider[\"registry.terraform.io/example/notebook\"]",
    "instances": [{
      "schema_version": 0,
      "attributes": { "name": "old", "body": "was called body", "id": "note-old", "gone": true }
    }]
  }]
}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "records instead of testing; needs terraform"]
async fn record_takeover() {
    let session = Session::begin("takeover");
    let old =
        "resource \"notebook_note\" \"old\" {\n  name = \"old\"\n  text = \"was called body\"\n}\n";
    session.write("main.tf", &format!("{HEAD}{old}"));
    session.write("terraform.tfstate", OLD_STATE);
    session.terraform(0, &["init", "-no-color"]).await;
    session.terraform(0, &APPLY).await;
    session
        .terraform(0, &["state", "rm", "notebook_note.old"])
        .await;
    session
        .terraform(0, &["import", "-no-color", "notebook_note.old", "old"])
        .await;
    session.terraform(0, &PLAN).await;
    session
        .terraform(
            1,
            &["import", "-no-color", "notebook_note.absent", "absent"],
        )
        .await;
    let data = "resource \"terraform_data\" \"moved\" {\n  input = \"old\"\n}\n";
    session.write("main.tf", &format!("{HEAD}{data}"));
    session
        .terraform(0, &["state", "rm", "notebook_note.old"])
        .await;
    session.terraform(0, &APPLY).await;
    let moved = "moved {\n  from = terraform_data.moved\n  to   = notebook_note.old\n}\n";
    session.write("main.tf", &format!("{HEAD}{old}{moved}"));
    session.terraform(0, &APPLY).await;
    session.terraform(0, &PLAN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "records instead of testing; needs terraform"]
async fn record_refused() {
    let session = Session::begin("refused");
    let cases = [
        r#"resource "notebook_note" "a" { name = "a/b" }"#,
        "resource \"notebook_note\" \"a\" {\n  name = \"a\"\n  id = \"mine\"\n}",
        "resource \"notebook_note\" \"a\" {\n  name = \"a\"\n  pause = 1.5\n}",
        "resource \"notebook_note\" \"a\" {\n  name = \"a\"\n  sections = [{ heading = null }]\n}",
        r#"output "a" { value = provider::notebook::join("-", "a", "") }"#,
        r#"data "notebook_note" "a" { name = "absent" }"#,
        r#"resource "notebook_broken" "a" { promise = "panics in create" }"#,
        "resource \"notebook_broken\" \"a\" {\n  promise = \"plans another value\"\n  text = \"mine\"\n}",
        "resource \"notebook_broken\" \"a\" {\n  promise = \"applies another value\"\n  text = \"mine\"\n}",
        r#"resource "notebook_broken" "a" { promise = "leaves unknown" }"#,
    ];
    session.write("main.tf", HEAD);
    session.terraform(0, &["init", "-no-color"]).await;
    for case in cases {
        session.write("case.tf", case);
        session.terraform(1, &APPLY).await;
    }
}
