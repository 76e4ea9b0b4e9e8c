//! The answer to a list, read object by object as it arrives: neither the answer nor more than one of its objects is ever in memory as a whole.
//!
//! What surprises: the objects are cut out by their brackets alone. What is left, the answer with a number for each object, is parsed at the end, so that
//! an answer that is no JSON is told as one.

use http::Request;
use kube::api::ListParams;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};

use eksauth_provider::ports::ApiError;

use super::client::{KubeClient, Receiver};
use super::failure::Operation;

/// Stands for an object in what is left of an answer.
const PLACEHOLDER: u8 = b'0';

/// One page of a list.
#[derive(Debug)]
pub(super) struct ListPage<Kept> {
    /// What was kept of the objects.
    pub(super) items: Vec<Kept>,
    /// What asks for the next page; `None` after the last.
    pub(super) continuation: Option<String>,
}

impl KubeClient {
    /// One page; each object is read as far as `Read` says and becomes what `keep` makes of it.
    ///
    /// # Errors
    /// The API server refuses or does not answer, or the answer is no list of such objects.
    pub(super) async fn list_page<Read: DeserializeOwned, Kept: Send>(
        &self,
        operation: &Operation,
        request: &Request<Vec<u8>>,
        keep: impl Fn(Read) -> Kept + Copy + Send + Sync,
    ) -> Result<ListPage<Kept>, ApiError> {
        let reader =
            || ListReader::new(move |object: &[u8]| Ok(keep(serde_json::from_slice(object)?)));
        let answer = self.send_to(operation, request, reader).await?;
        operation.understood(answer.body.end())
    }

    /// All pages of a collection.
    ///
    /// # Errors
    /// As of a page.
    pub(super) async fn list_all<Read: DeserializeOwned, Kept: Send>(
        &self,
        operation: &Operation,
        (path, mut params): (&str, ListParams),
        keep: impl Fn(Read) -> Kept + Copy + Send + Sync,
    ) -> Result<Vec<Kept>, ApiError> {
        let mut all = Vec::new();
        loop {
            let list = kube::core::Request::new(path);
            let request = operation.request(list.list(&params))?;
            let page = self.list_page(operation, &request, keep).await?;
            all.extend(page.items);
            match page.continuation {
                Some(token) => params = params.continue_token(&token),
                None => return Ok(all),
            }
        }
    }
}

/// Reads one answer.
struct ListReader<Kept, Keep> {
    pieces: Pieces,
    keep: Keep,
    kept: Vec<Kept>,
    /// The first object that could not be read; nothing is read after it.
    failure: Option<serde_json::Error>,
}

impl<Kept, Keep: Fn(&[u8]) -> Result<Kept, serde_json::Error>> ListReader<Kept, Keep> {
    fn new(keep: Keep) -> Self {
        Self {
            pieces: Pieces::default(),
            keep,
            kept: Vec::new(),
            failure: None,
        }
    }

    fn end(self) -> Result<ListPage<Kept>, serde_json::Error> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let frame: Frame = serde_json::from_slice(&self.pieces.frame)?;
        if frame.items.unwrap_or_default().len() != self.kept.len() {
            return Err(serde_json::Error::custom("an item is no object"));
        }
        Ok(ListPage {
            items: self.kept,
            continuation: frame.metadata.continues.filter(|token| !token.is_empty()),
        })
    }
}

impl<Kept: Send, Keep> Receiver for ListReader<Kept, Keep>
where
    Keep: Fn(&[u8]) -> Result<Kept, serde_json::Error> + Send,
{
    fn take(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while self.failure.is_none() && !rest.is_empty() {
            let is_object;
            (rest, is_object) = self.pieces.advance(rest);
            if !is_object {
                continue;
            }
            match (self.keep)(&self.pieces.object) {
                Ok(kept) => self.kept.push(kept),
                Err(failure) => self.failure = Some(failure),
            }
            self.pieces.object.clear();
        }
    }
}

/// An answer without its objects.
#[derive(Deserialize)]
struct Frame {
    #[serde(default)]
    metadata: Position,
    /// `null` is what Go writes for no objects. An answer without the member is no list.
    #[serde(deserialize_with = "Option::deserialize")]
    items: Option<Vec<u8>>,
}

#[derive(Default, Deserialize)]
struct Position {
    #[serde(default, rename = "continue")]
    continues: Option<String>,
}

/// An answer cut into its objects and what is around them.
#[derive(Default)]
struct Pieces {
    /// What was around the objects so far.
    frame: Vec<u8>,
    /// The object that is being read.
    object: Vec<u8>,
    depth: usize,
    is_in_items: bool,
    is_in_text: bool,
    is_escaped: bool,
}

impl Pieces {
    /// Takes bytes up to the end of an object, if there is one; gives what is left, and whether an object has ended.
    fn advance<'a>(&mut self, bytes: &'a [u8]) -> (&'a [u8], bool) {
        let mut taken = 0;
        let mut has_ended = false;
        // Where the bytes that were not copied yet begin, and where they go.
        let mut from = 0;
        let mut is_in_object = self.is_in_object();
        for byte in bytes {
            taken += 1;
            if self.is_in_text {
                self.follow_text(*byte);
                continue;
            }
            match byte {
                b'"' => self.is_in_text = true,
                b'{' | b'[' => {
                    if self.is_in_items && self.depth == 2 {
                        self.copy(bytes.get(from..taken - 1), false);
                        (from, is_in_object) = (taken - 1, true);
                    } else if self.depth == 1 && *byte == b'[' {
                        self.copy(bytes.get(from..taken - 1), false);
                        from = taken - 1;
                        self.is_in_items = ends_with_items(&self.frame);
                    }
                    self.depth += 1;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if is_in_object && self.depth == 2 {
                        has_ended = true;
                        break;
                    }
                    self.is_in_items &= self.depth > 1;
                }
                _ => {}
            }
        }
        self.copy(bytes.get(from..taken), is_in_object);
        if has_ended {
            self.frame.push(PLACEHOLDER);
        }
        (bytes.get(taken..).unwrap_or_default(), has_ended)
    }

    fn is_in_object(&self) -> bool {
        self.is_in_items && self.depth > 2
    }

    fn follow_text(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = true,
            b'"' => self.is_in_text = false,
            _ => {}
        }
    }

    fn copy(&mut self, bytes: Option<&[u8]>, is_in_object: bool) {
        let into = match is_in_object {
            true => &mut self.object,
            false => &mut self.frame,
        };
        into.extend_from_slice(bytes.unwrap_or_default());
    }
}

/// Whether the member `items` comes next.
fn ends_with_items(frame: &[u8]) -> bool {
    let key = frame.trim_ascii_end().strip_suffix(b":");
    key.is_some_and(|key| key.trim_ascii_end().ends_with(b"\"items\""))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The answer in pieces of a size.
    fn read(answer: &str, size: usize) -> Result<ListPage<Value>, serde_json::Error> {
        let mut reader = ListReader::new(|object: &[u8]| serde_json::from_slice(object));
        for piece in answer.as_bytes().chunks(size) {
            reader.take(piece);
        }
        reader.end()
    }

    #[test]
    fn every_object_is_read_however_the_answer_is_cut() {
        let items = json!([
            {"metadata": {"name": "a", "annotations": {"k": "{[\"]}\\", "items": "[{\"items\":["}}, "items": [1, [2, {}]]},
            {},
            {"name": "\\\"items\":[{"},
        ]);
        let answers = [
            json!({"kind": "List", "metadata": {"continue": "next", "items": [{"no": 1}]}, "items": items}).to_string(),
            format!("{{\"items\" :\n[ {} ] ,\"others\":[{{\"no\":2}}], \"metadata\":{{\"continue\":\"next\"}}}}", {
                let texts: Vec<String> = items.as_array().unwrap().iter().map(|item| format!("{item:#}")).collect();
                texts.join(" ,\n")
            }),
        ];
        for answer in answers {
            for size in 1..answer.len() {
                let page = read(&answer, size).unwrap();
                assert_eq!(json!(page.items), items, "{size}");
                assert_eq!(page.continuation.as_deref(), Some("next"));
            }
        }
    }

    #[test]
    fn an_answer_without_objects_is_an_empty_page() {
        for answer in [
            r#"{"items":[]}"#,
            r#"{"items":null,"metadata":{}}"#,
            r#"{"metadata":{"continue":""},"items":[ ]}"#,
        ] {
            let page = read(answer, 3).unwrap();
            assert_eq!(page.items, [] as [Value; 0], "{answer}");
            assert_eq!(page.continuation, None);
        }
    }

    #[test]
    fn what_is_no_list_or_ends_early_is_no_answer() {
        for answer in [
            "",
            "<html>",
            "{}",
            r#"{"items":[7]}"#,
            r#"{"items":[{"a":1}"#,
            r#"{"items":[{"a":1},"#,
            r#"{"items":[{"a":1}{"b":2}]}"#,
            r#"{"items":[{"a":1},]}"#,
            r#"{"items":["a"]}"#,
            r#"{"items":[{"a"}]}"#,
            r#"{"items":{"a":1}}"#,
            r#"{"items":[{"a":1}]}}"#,
            r#"{"items":[{"a":1}]"#,
            r#"{"items":[{"a":"#,
        ] {
            assert!(read(answer, 4).is_err(), "{answer}");
        }
    }
}
