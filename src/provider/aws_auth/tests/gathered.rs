use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::*;
use crate::aws_auth::SectionReplacement;
use crate::ports::Clock;
use crate::ports::cancellation::current;

#[tokio::test]
async fn twenty_concurrent_changes_are_one_write_in_a_stable_order() {
    let bed = Bed::lived_in();
    let mut requests: Vec<ChangeRequest> = (0..20)
        .map(|number| add(&format!("r{number:02}")))
        .collect();
    requests.reverse();
    let outcomes = apply(&bed, requests).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(bed.kube().count(Verb::Patch), 1);
    assert_eq!(bed.kube().count(Verb::Get), 1);
    let expected: Vec<String> = ["nodes", "admins"]
        .map(String::from)
        .into_iter()
        .chain((0..20).map(|number| format!("r{number:02}")))
        .collect();
    assert_eq!(arns(&bed), expected);
}

#[tokio::test]
async fn a_cancelled_change_leaves_the_batch_alone() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let writer = bed.writer(&client).await;
    let (kept, cancelled) = (CancellationToken::new(), CancellationToken::new());
    cancelled.cancel();
    let (one, two) = tokio::join!(
        writer.change(&kept, add("kept")),
        writer.change(&cancelled, add("cancelled")),
    );
    assert_eq!(errors(&[one, two]), ["", "Cancelled"]);
    assert_eq!(arns(&bed), ["nodes", "admins", "kept"]);
}

#[tokio::test]
async fn a_change_whose_caller_went_away_takes_nobody_with_it() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let writer = bed.writer(&client).await;
    let cancel = CancellationToken::new();
    let gone = writer.change(&cancel, add("gone"));
    let kept = writer.change(&cancel, add("kept"));
    // One poll puts it into the queue, then its caller is gone.
    let first = async {
        tokio::select! {
            biased;
            outcome = gone => panic!("answered at once: {outcome:?}"),
            () = std::future::ready(()) => {}
        }
    };
    let ((), outcome) = tokio::join!(first, kept);
    assert_eq!(errors(&[outcome]), [""]);
    assert!(arns(&bed).contains(&"kept".to_owned()));
}

#[tokio::test]
async fn one_refused_change_does_not_hold_its_companions() {
    let bed = Bed::lived_in();
    let stale = change("admins", role("admins", "someone"), role("admins", "else"));
    let outcomes = apply(&bed, vec![add("one"), stale, add("two")]).await;
    assert_eq!(errors(&outcomes), ["", "Entry Changed Meanwhile", ""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "one", "two"]);
}

#[tokio::test]
async fn what_the_server_refuses_is_tried_one_by_one() {
    let bed = Bed::lived_in();
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    let outcomes = apply(&bed, vec![add("bad"), add("good")]).await;
    assert_eq!(errors(&outcomes), ["Cannot Write aws-auth", ""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "good"]);
}

#[tokio::test]
async fn what_belongs_together_is_not_taken_apart() {
    let bed = Bed::new(&[(
        "mapRoles",
        &format!("{ROLES}- rolearn: {}\n  username: dev\n", role_arn("dev")),
    )]);
    for _ in 0..2 {
        bed.kube()
            .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    }
    let mut renamed = add("dev");
    renamed.upserts[0].entry = role("dev", "developer");
    let outcomes = apply(&bed, vec![add("bad"), renamed, remove(role("dev", "dev"))]).await;
    assert_eq!(errors(&outcomes), ["Cannot Write aws-auth", "", ""]);
    assert_eq!(arns(&bed), ["nodes", "admins", "dev"]);
    assert!(
        bed.kube()
            .history()
            .iter()
            .all(|data| data["mapRoles"].contains("role/dev")),
        "the entry was never missing"
    );

    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::Invalid));
    let mut again = add("dev");
    again.upserts[0].entry = role("dev", "dev");
    let outcomes = apply(&bed, vec![again, remove(role("dev", "developer"))]).await;
    assert_eq!(
        errors(&outcomes),
        ["Cannot Write aws-auth", "Cannot Write aws-auth"]
    );
    assert_eq!(arns(&bed), ["nodes", "admins", "dev"]);
}

#[tokio::test]
async fn a_section_under_binary_data_is_named() {
    let bed = Bed::lived_in();
    bed.kube().change(|map| {
        map.data.remove("mapRoles");
        map.binary_keys.push("mapRoles".to_owned());
    });
    let outcomes = apply(&bed, vec![add("dev")]).await;
    assert_eq!(errors(&outcomes), ["ConfigMap Cannot Be Changed"]);
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

/// Writers whose every write a guard of the test judges.
fn guarded_by(client: &Client, guard: Arc<dyn Guard>) -> Writers {
    let clusters = Arc::new(Clusters::new(client.session().clone()));
    Writers::new(clusters, move |_, _| GuardAndExplainer {
        guard: Some(guard.clone()),
        explainer: None,
        confirmation: None,
    })
}

#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<Vec<String>>>,
    /// What cancels the calls of the last judgement.
    cancel: Mutex<CancellationToken>,
}

#[async_trait]
impl Guard for Recorder {
    async fn judge(&self, proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        self.seen.lock().unwrap().push(proposal.resources.to_vec());
        *self.cancel.lock().unwrap() = current();
        assert!(proposal.before["mapRoles"].len() < proposal.after["mapRoles"].len());
        Err(Diagnostic::error("Refused By Guard", "because").into())
    }
}

#[tokio::test]
async fn the_guard_sees_the_whole_batch_before_a_byte_is_written() {
    let bed = Bed::lived_in();
    let guard = Arc::new(Recorder::default());
    let client = bed.client();
    let writers = guarded_by(&client, guard.clone());
    let cluster = bed.cluster(&client).await;
    let writer = writers.writer(&cluster).unwrap();
    let cancel = CancellationToken::new();
    // The writer's own task hears what cancels the operations that wait for it.
    let is_cancelled = || guard.cancel.lock().unwrap().is_cancelled();
    let outcomes =
        join_all([add("b"), add("a")].map(|request| writer.change(&cancel, request))).await;
    assert_eq!(errors(&outcomes), ["Refused By Guard", "Refused By Guard"]);
    let texts: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            outcome
                .as_ref()
                .unwrap_err()
                .iter()
                .map(|said| said.detail.as_str())
                .collect()
        })
        .collect();
    // In the order of the batch, whoever came first.
    assert_eq!(
        texts,
        [
            format!(
                "`eksauth_aws_auth_role` with `{}` is refused together with `eksauth_aws_auth_role` with `{}`, whose error says why. Nothing of either was written.",
                role_arn("b"),
                role_arn("a")
            ),
            "because".to_owned()
        ]
    );
    let label = |name: &str| format!("`eksauth_aws_auth_role` with `{}`", role_arn(name));
    assert_eq!(*guard.seen.lock().unwrap(), [vec![label("a"), label("b")]]);
    assert_eq!(bed.kube().count(Verb::Patch), 0);
    assert!(!is_cancelled());
    cancel.cancel();
    assert!(is_cancelled());
}

struct Remarker;

#[async_trait]
impl Guard for Remarker {
    async fn judge(&self, _proposal: Proposal<'_>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostic::warning("Somebody Would Lose Access", "dev").into())
    }
}

#[tokio::test]
async fn a_remark_on_a_write_is_made_once_by_one_who_changed_something() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let writers = guarded_by(&client, Arc::new(Remarker));
    let cluster = bed.cluster(&client).await;
    let writer = writers.writer(&cluster).unwrap();
    let cancel = CancellationToken::new();
    let requests = [remove(role("a-gone", "gone")), add("b"), add("c")];
    let outcomes = join_all(requests.map(|request| writer.change(&cancel, request))).await;
    let count = |of: fn(&ChangeOutcome) -> &Diagnostics| -> Vec<usize> {
        let counts = outcomes.iter().map(|outcome| outcome.as_ref().unwrap());
        counts.map(|outcome| of(outcome).iter().count()).collect()
    };
    assert_eq!(count(|outcome| &outcome.remarks), [0, 1, 0]);
    assert_eq!(
        count(|outcome| &outcome.notes),
        [0, 0, 0],
        "what the guard says is told apart, whatever its words"
    );
}

#[tokio::test]
async fn a_remark_on_a_section_that_becomes_another_text_is_made_too() {
    let bed = Bed::lived_in();
    let client = bed.client();
    let writers = guarded_by(&client, Arc::new(Remarker));
    let cluster = bed.cluster(&client).await;
    let writer = writers.writer(&cluster).unwrap();
    let document = writer.document().await.unwrap();
    let texts = SectionReplacement::between(document.data(), &BTreeMap::new());
    let request = ChangeRequest::replace_sections("restore", "a copy", texts);
    let outcome = writer
        .change(&CancellationToken::new(), request)
        .await
        .unwrap();
    assert_eq!(outcome.remarks.iter().count(), 1);
}

/// Waiting that ends as soon as everybody waits.
struct PausedClock;

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[tokio::test(start_paused = true)]
async fn entries_created_ten_at_a_time_are_written_ten_at_a_time() {
    let bed = Bed::lived_in();
    let client = Arc::new(Client::new(
        Bed::settings(),
        Some(bed.cloud.clone()),
        Arc::new(PausedClock),
    ));
    let writer = bed.writer(&client).await;
    let cancel = CancellationToken::new();
    let workers = (0..10u64).map(|worker| {
        let (writer, cancel) = (&writer, &cancel);
        async move {
            for number in 0..30 {
                // What Terraform itself needs between two resources.
                tokio::time::sleep(Duration::from_millis(1 + (worker * 7 + number * 3) % 20)).await;
                let outcome = writer
                    .change(cancel, add(&format!("w{worker}n{number}")))
                    .await;
                assert!(outcome.is_ok(), "{outcome:?}");
            }
        }
    });
    join_all(workers).await;
    assert_eq!(arns(&bed).len(), 302);
    let writes = bed.kube().count(Verb::Patch);
    assert!(writes <= 33, "{writes} writes for 300 entries");
}

#[tokio::test(start_paused = true)]
async fn a_terraform_that_comes_back_slowly_and_one_by_one_is_waited_for() {
    for (workers, most) in [(10, 40), (100, 25)] {
        let bed = Bed::lived_in();
        let client = Arc::new(Client::new(
            Bed::settings(),
            Some(bed.cloud.clone()),
            Arc::new(PausedClock),
        ));
        let writer = bed.writer(&client).await;
        let (cancel, desk) = (CancellationToken::new(), tokio::sync::Mutex::new(()));
        let work = (0..workers).map(|worker| {
            let (writer, cancel, desk) = (&writer, &cancel, &desk);
            async move {
                for number in 0..300 / workers {
                    {
                        // Terraform notes one result after the other.
                        let _turn = desk.lock().await;
                        tokio::time::sleep(Duration::from_millis(60)).await;
                    }
                    let request = add(&format!("w{worker}n{number}"));
                    let outcome = writer.change(cancel, request).await;
                    assert!(outcome.is_ok(), "{outcome:?}");
                }
            }
        });
        join_all(work).await;
        assert_eq!(arns(&bed).len(), 302);
        let writes = bed.kube().count(Verb::Patch);
        assert!(
            writes <= most,
            "{writes} writes for 300 entries in {workers} workers"
        );
    }
}
