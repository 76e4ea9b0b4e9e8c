//! Every text that aws-auth has while a story goes on, as the API server tells a watcher.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use serde_json::{Deserializer, Value};

use crate::{
    bed::{
        cloud::Cloud,
        cluster::Cluster,
        process::{Lifetime, Server},
    },
    failure::{Failure, Outcome, expect},
};

/// A watch that goes on until the value goes.
pub(super) struct Watched {
    watch: Server,
    log: PathBuf,
}

impl Watched {
    /// Begins to watch aws-auth, which is there.
    pub(super) fn start(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Watched> {
        let folder = cloud.folder();
        let mut command = Command::new(&cloud.tools().kubectl);
        command
            .arg(format!("--kubeconfig={}", prod.kubeconfig().display()))
            .args(["get", "configmap", "aws-auth", "-n", "kube-system"])
            .args(["--watch", "--output-watch-events", "-o", "json"]);
        let watch = Server::start("watch", &command, folder, Lifetime::WithUs)?;
        let mut watched = Watched {
            watch,
            log: folder.join("watch.log"),
        };
        watched.wait_for_newest(prod)?;
        Ok(watched)
    }

    /// Fails unless the object was always there and every one of its texts had all of `parts`.
    pub(super) fn expect_always(self, prod: &Cluster<'_>, parts: &[&str]) -> Outcome {
        for text in self.texts(prod)? {
            for part in parts {
                expect(
                    text.contains(part),
                    format!("`{part}` was missing for a moment: {text}"),
                )?;
            }
        }
        Ok(())
    }

    /// Every text that the object had, each section in JSON; fails unless it was always there.
    pub(super) fn texts(mut self, prod: &Cluster<'_>) -> Outcome<Vec<String>> {
        self.wait_for_newest(prod)?;
        let mut texts = Vec::new();
        for event in events(&self.log)? {
            let kind = event.get("type").and_then(Value::as_str);
            expect(
                matches!(kind, Some("ADDED" | "MODIFIED")),
                format!("aws-auth was {kind:?}"),
            )?;
            texts.push(
                event
                    .pointer("/object/data")
                    .map(Value::to_string)
                    .unwrap_or_default(),
            );
        }
        Ok(texts)
    }

    /// Waits until the watcher has heard of the object as it is now.
    fn wait_for_newest(&mut self, prod: &Cluster<'_>) -> Outcome {
        let object = prod
            .aws_auth_object()?
            .ok_or_else(|| Failure::new("there is no aws-auth"))?;
        let newest = object.pointer("/metadata/resourceVersion").cloned();
        let log = self.log.clone();
        self.watch.wait_until(Duration::from_secs(30), || {
            let events = events(&log).unwrap_or_default();
            let last = events
                .last()
                .and_then(|event| event.pointer("/object/metadata/resourceVersion"));
            last == newest.as_ref()
        })
    }
}

/// What was told so far; an event that is still being written does not count yet.
fn events(log: &PathBuf) -> Outcome<Vec<Value>> {
    let text = fs::read_to_string(log)?;
    Ok(Deserializer::from_str(&text)
        .into_iter::<Value>()
        .map_while(Result::ok)
        .collect())
}
