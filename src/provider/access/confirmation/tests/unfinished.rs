//! What a run leaves behind that ends in the middle of a write.

use super::*;
use crate::ports::RequestVerb;

const NOTE: &str = ".terraform/eksauth-recovery/unconfirmed.prod.eu-central-1.json";

pub(super) fn notes(bed: &Bed) -> Vec<String> {
    let files = bed.cloud.files.all();
    files
        .keys()
        .map(|path| path.display().to_string())
        .collect()
}

#[tokio::test]
async fn a_write_is_noted_while_it_is_watched() {
    let bed = bed();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (files, noted) = (bed.cloud.files.clone(), seen.clone());
    bed.cloud.connections.answer(move |kube| {
        noted.lock().unwrap().push(files.all());
        match names_admins(kube) {
            true => FakeAnswer::admin("admin"),
            false => FakeAnswer::Fails(ErrorKind::Unauthorized),
        }
    });
    let outcome = ask(&bed, settings(), remove_own()).await;
    assert!(outcome.is_err());
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let text = seen[1].get(Path::new(NOTE)).unwrap();
    assert!(
        text.starts_with(
            "{\"begun_at\":\"2025-01-01T00:00:01Z\",\"copy\":{\"ConfigMap\":\"aws-auth-recovery-"
        ),
        "{text}"
    );
    assert_eq!(notes(&bed), Vec::<String>::new());
    // Where it stands the note goes too.
    let bed = self::bed();
    bed.cloud.connections.answer(|_| FakeAnswer::admin("admin"));
    assert!(ask(&bed, settings(), remove_own()).await.is_ok());
    assert_eq!(notes(&bed), Vec::<String>::new());
}

const LEFT: &str =
    r#"{"begun_at":"2025-01-01T00:00:00Z","copy":{"ConfigMap":"aws-auth-recovery-1"}}"#;

#[tokio::test]
async fn the_next_run_tells_once_what_a_killed_one_left() {
    let bed = bed();
    bed.cloud.files.put(NOTE, LEFT);
    let client = bed.cloud.client(settings());
    let writer = bed.writer(&client).await;
    let note = writer.unfinished().await.unwrap();
    assert_eq!(note.summary, "An Earlier Write Was Not Confirmed");
    for part in [
        "at 2025-01-01T00:00:00Z",
        "You are still admitted",
        "restore aws-auth-recovery-1 --cluster prod --region eu-central-1",
    ] {
        assert!(note.detail.contains(part), "{part}: {}", note.detail);
    }
    assert_eq!(writer.unfinished().await, None);
    assert_eq!(notes(&bed), Vec::<String>::new());
}

#[tokio::test]
async fn a_refusal_after_a_killed_run_tells_of_it_each_time() {
    let bed = bed();
    bed.cloud.files.put(NOTE, LEFT);
    let client = bed.cloud.client(settings());
    let writer = bed.writer(&client).await;
    let error = ApiError::from_api_server(
        ErrorKind::Unauthorized,
        RequestVerb::Get,
        "configmaps",
        "no",
    );
    for _ in 0..2 {
        let told = writer
            .explain("Cannot Read aws-auth", "aws-auth", &error)
            .await;
        assert!(
            told.detail
                .contains("and could not see whether you keep your access")
                && told.detail.contains("restore aws-auth-recovery-1"),
            "{}",
            told.detail
        );
    }
    let error =
        ApiError::from_api_server(ErrorKind::Unreachable, RequestVerb::Get, "configmaps", "no");
    let told = writer
        .explain("Cannot Read aws-auth", "aws-auth", &error)
        .await;
    assert!(!told.detail.contains("aws-auth-recovery-1"));
}

#[tokio::test]
async fn a_write_that_met_another_leaves_no_note() {
    let bed = bed();
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    assert!(ask(&bed, settings(), remove_own()).await.is_err());
    assert_eq!(notes(&bed), Vec::<String>::new());
}
