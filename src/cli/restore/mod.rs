//! `restore`: the copies of aws-auth that writes have left, what putting one back would change, and putting it back.
//!
//! It is put back by the same writer and under the same guard as any change: only the three sections, conditioned on the version that was
//! shown, and what stands there now is kept first. API actions: eks:DescribeCluster, sts:GetCallerIdentity, and in API modes those that list
//! access entries; in the cluster get and patch on `configmaps` `aws-auth`, list and create on `configmaps` in kube-system.

mod report;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

use eksauth_core::aws_auth::read;
use eksauth_provider::Client;
use eksauth_provider::access::cluster_access::{access_entries, authentication_mode};
use eksauth_provider::access::unauthorized::Unauthorized;
use eksauth_provider::aws_auth::recovery::{RecoveryCopy, copies};
use eksauth_provider::aws_auth::{
    ChangeError, ChangeRequest, Document, SectionReplacement, Writer,
};
use eksauth_provider::clusters::FoundCluster;
use eksauth_provider::ports::{ApiError, KubeApi};
use tf_provider::Diagnostics;
use tokio_util::sync::CancellationToken;

use crate::command::{Format, RestoreArguments};
use crate::difference::{Beside, access_changes, diff};
use crate::failure::{Failure, message, messages};
use crate::outcome::{Outcome, Verdict, done, warnings};
use crate::{input, session};
use report::{Difference, Listed};

/// Lists the copies, or shows one and puts it back.
///
/// # Errors
/// No credentials, no such cluster or copy, a file that is no ConfigMap, a cluster that lets the caller not in.
pub async fn run(arguments: &RestoreArguments) -> Result<Outcome, Failure> {
    let aws = session::beside_cluster(&arguments.aws, Some(&arguments.cluster));
    let client = session::connect_to_write(&aws, &arguments.protected).await?;
    let cluster = session::cluster(&client, &arguments.cluster).await?;
    let opened = OpenedCluster::open(&client, cluster).await?;
    match (&arguments.file, &arguments.name) {
        (None, None) => opened.list(arguments.output).await,
        (Some(file), _) => {
            let name = file.display().to_string();
            let copy = RecoveryCopy::from_manifest(&name, &input::text(file)?)
                .map_err(|error| Failure::new(format!("`{name}`: {error}")))?;
            opened.restore(arguments, &copy).await
        }
        (None, Some(name)) => {
            let copies = opened.copies().await?;
            let copy = copies.iter().find(|copy| copy.name == *name);
            let copy = copy.ok_or_else(|| missing(name, &copies))?;
            opened.restore(arguments, copy).await
        }
    }
}

fn missing(name: &str, copies: &[RecoveryCopy]) -> Failure {
    let names: Vec<&str> = copies.iter().map(|copy| copy.name.as_str()).collect();
    Failure::new(match names.as_slice() {
        [] => format!("there is no copy `{name}`, and no other one"),
        names => format!("there is no copy `{name}`; there are {}", names.join(", ")),
    })
}

/// A cluster with its aws-auth as it is now.
struct OpenedCluster<'a> {
    client: &'a Client,
    cluster: Arc<FoundCluster>,
    kube: Arc<dyn KubeApi>,
    writer: Arc<Writer>,
    beside: Beside,
    document: Arc<Document>,
}

impl<'a> OpenedCluster<'a> {
    async fn open(
        client: &'a Client,
        cluster: Arc<FoundCluster>,
    ) -> Result<OpenedCluster<'a>, Failure> {
        let kube = cluster.kubernetes()?;
        let writer = client.aws_auth().writer(&cluster)?;
        let document = writer
            .document_or_reason()
            .await
            .map_err(Diagnostics::from)?;
        Ok(OpenedCluster {
            beside: Beside {
                mode: authentication_mode(&cluster),
                access_entries: access_entries(&cluster).await,
            },
            writer,
            document,
            client,
            cluster,
            kube,
        })
    }

    fn name(&self) -> &str {
        &self.cluster.reference.name
    }

    async fn copies(&self) -> Result<Vec<RecoveryCopy>, Failure> {
        match copies(self.kube.as_ref()).await {
            Ok(copies) => Ok(copies),
            Err(error) => {
                Err(shut_out(self.client, &self.cluster, "the copies of aws-auth", &error).await)
            }
        }
    }

    async fn list(&self, format: Format) -> Result<Outcome, Failure> {
        // The newest is the one that is wanted most often.
        let copies = self.copies().await?;
        let listed: Vec<Listed> = copies
            .into_iter()
            .rev()
            .map(|copy| Listed {
                difference: self.difference(&copy),
                copy,
            })
            .collect();
        let text = match format {
            Format::Table => report::list(self.name(), &listed),
            Format::Json => report::list_json(self.name(), &listed).to_string() + "\n",
        };
        Ok(Outcome::new(text, Verdict::Yes))
    }

    fn difference(&self, copy: &RecoveryCopy) -> Difference {
        let now = self.document.data();
        let after = restored(now, &copy.data);
        Difference {
            text: diff(now, &after),
            comparisons: access_changes(&self.beside, now, &after),
        }
    }

    async fn restore(
        &self,
        arguments: &RestoreArguments,
        copy: &RecoveryCopy,
    ) -> Result<Outcome, Failure> {
        check_readable(copy)?;
        let difference = self.difference(copy);
        let text = |outcome: &str, reason: Option<&Diagnostics>| match arguments.output {
            Format::Table => report::restore(copy, &difference, outcome, reason),
            Format::Json => {
                report::restore_json(copy, &difference, outcome, reason).to_string() + "\n"
            }
        };
        if difference.text.is_empty() {
            return Ok(Outcome::new(text(report::SAME, None), Verdict::Yes));
        }
        let refused = |reasons| Outcome::new(text(report::REFUSED, Some(&reasons)), Verdict::No);
        // The writer judges again what it writes.
        let request = self.request(copy);
        let planned = self.writer.planned_change(&self.document, &request).await;
        let remarks = match planned {
            Ok(planned) => planned.remarks,
            Err(ChangeError::Refused(reasons)) => return Ok(refused(reasons)),
            Err(ChangeError::Failed(reasons)) => return Err(reasons.into()),
        };
        let question = report::restore(copy, &difference, report::ASKED, Some(&remarks));
        if !arguments.yes && !confirmed(&question, &mut AtTerminal)? {
            return Ok(Outcome::new(
                text(report::NOT_CONFIRMED, Some(&remarks)),
                Verdict::No,
            ));
        }
        let cancel = CancellationToken::new();
        match self.writer.try_change(&cancel, request).await {
            Ok(written) => {
                let answer = text(report::DONE, Some(&remarks)) + &self.last_line(arguments.output);
                let mut outcome = Outcome::new(answer, Verdict::Yes);
                // The guard's remarks are in the answer already.
                outcome.warning = warnings(messages(&written.notes));
                Ok(outcome)
            }
            Err(ChangeError::Refused(reasons)) => Ok(refused(reasons)),
            Err(ChangeError::Failed(reasons)) => Err(reasons.into()),
        }
    }

    /// For people: that it was put back, and which copy undoes that.
    fn last_line(&self, format: Format) -> String {
        match format {
            Format::Table => done("put back", self.writer.kept_copy(&self.document).as_ref()),
            Format::Json => String::new(),
        }
    }

    fn request(&self, copy: &RecoveryCopy) -> ChangeRequest {
        let texts = SectionReplacement::between(self.document.data(), &copy.data);
        ChangeRequest::replace_sections("restore", &copy.name, texts)
    }
}

/// `data` with the copy's sections; other keys stay as they are.
fn restored(
    now: &BTreeMap<String, String>,
    copy: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    SectionReplacement::apply(now, &SectionReplacement::between(now, copy))
}

/// A copy of a document that did not parse would let nobody in.
fn check_readable(copy: &RecoveryCopy) -> Result<(), Failure> {
    let reading = read(&copy.data);
    let unparsed = reading.unparsed_sections();
    match unparsed.first() {
        None => Ok(()),
        Some(section) => {
            let problem = reading
                .problems
                .iter()
                .find(|problem| problem.section == *section);
            let place = problem.map(ToString::to_string).unwrap_or_default();
            Err(Failure::new(format!(
                "`{}` has a section that does not parse, so the cluster would read it as empty: {place}. Choose another copy, or mend it in a file \
                 and give that with --file",
                copy.name
            )))
        }
    }
}

/// Why the cluster answers nothing, with the ways in that are left.
async fn shut_out(
    client: &Client,
    cluster: &FoundCluster,
    what: &str,
    error: &ApiError,
) -> Failure {
    let about = format!("{what} of cluster `{}`", cluster.reference.name);
    let explainer = Unauthorized::new(client.session().clone(), cluster);
    let shown = explainer.explain("Cannot Read", &about, error).await;
    Failure::new(message(&shown))
}

/// Who is asked.
trait Person {
    /// Whether anybody is there.
    fn is_there(&self) -> bool;

    /// Shows a text and waits for a line.
    fn answer(&mut self, text: &str) -> std::io::Result<String>;
}

/// Whoever sits at the terminal. The question goes where it does not mix with the answer.
struct AtTerminal;

impl Person for AtTerminal {
    fn is_there(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    fn answer(&mut self, text: &str) -> std::io::Result<String> {
        let mut stderr = std::io::stderr().lock();
        stderr.write_all(text.as_bytes())?;
        stderr.flush()?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Ok(line)
    }
}

fn confirmed(question: &str, person: &mut dyn Person) -> Result<bool, Failure> {
    if !person.is_there() {
        return Ok(false);
    }
    let line = person
        .answer(&format!("{question}Put it back? Only `yes` does: "))
        .map_err(|error| Failure::read("the terminal", &error))?;
    Ok(line.trim() == "yes")
}
