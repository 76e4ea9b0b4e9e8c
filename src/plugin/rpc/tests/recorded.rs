//! What the real Terraform asked, asked again: the answers must be those it was content with.
//!
//! `testdata/rpc/README.md` says how the requests were recorded.

use std::path::{Path, PathBuf};

use prost::Message;
use tonic::Request;

use crate::notebook::provider::Notebook;
use crate::proto::tfplugin6 as proto;
use crate::rpc::{Server, Service};

fn sessions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rpc")
}

/// The requests of a session in their order: `012_plan_resource_change.request`.
fn requests(session: &Path) -> Vec<PathBuf> {
    let mut requests: Vec<PathBuf> = std::fs::read_dir(session)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "request")
        })
        .collect();
    requests.sort();
    requests
}

macro_rules! dispatcher {
    ($($method:ident,)*) => {
        async fn compare(server: &Server<Notebook>, rpc: &str, request: &Path) {
            let asked = std::fs::read(request).unwrap();
            let golden = std::fs::read(request.with_extension("reply")).unwrap();
            match rpc {
                $(stringify!($method) => {
                    let asked = proto::$method::Request::decode(asked.as_slice()).unwrap();
                    let golden = proto::$method::Response::decode(golden.as_slice()).unwrap();
                    let answer = server.$method(Request::new(asked)).await.unwrap().into_inner();
                    assert_eq!(answer, golden, "{}", request.display());
                })*
                other => panic!("there is no RPC `{other}`"),
            }
        }
    };
}

each_rpc!(dispatcher);

async fn replay(session: &str) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(Notebook {
        folder: Some(folder.path().to_owned()),
    });
    let requests = requests(&sessions().join(session));
    assert!(!requests.is_empty(), "the session `{session}` is empty");
    let mut validated: Option<PathBuf> = None;
    for request in requests {
        let name = request.file_stem().unwrap().to_str().unwrap().to_owned();
        let (_, rpc) = name.split_once('_').unwrap();
        if rpc == "configure_provider" {
            // Terraform validates the block each time, and the recorder keeps what is asked again only once.
            compare(
                &server,
                "validate_provider_config",
                validated.as_ref().unwrap(),
            )
            .await;
        }
        compare(&server, rpc, &request).await;
        if rpc == "validate_provider_config" {
            validated = Some(request);
        }
    }
}

#[tokio::test]
async fn the_life_of_notes_is_answered_as_recorded() {
    replay("life").await;
}

#[tokio::test]
async fn imports_moves_and_old_states_are_answered_as_recorded() {
    replay("takeover").await;
}

#[tokio::test]
async fn wrong_configurations_are_refused_as_recorded() {
    replay("refused").await;
}
