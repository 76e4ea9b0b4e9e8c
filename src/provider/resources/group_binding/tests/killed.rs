//! An apply that is killed before Terraform has its answer.

use std::future::Future;
use std::task::Poll;

use tf_provider::claims::Claims;

use super::*;

const ELSEWHERE: &str = "Role Or Binding Belongs To Another Configuration";
const LEFT: &str = "Left By An Apply That Was Killed";

/// Runs until something is so, and no further.
async fn killed_once<F: Future>(running: F, is_so: impl Fn() -> bool) {
    let mut running = std::pin::pin!(running);
    std::future::poll_fn(|cx| {
        if is_so() || running.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    assert!(is_so());
}

fn bound(role: &str) -> Json {
    json!({"name": "dev", "cluster_role": role, "groups": ["developers"]})
}

struct Killed {
    bed: Bed,
    folder: tempfile::TempDir,
    state: Stored<GroupBindingModel>,
}

impl Killed {
    /// `view` becomes what is wanted; both bindings are there when it ends.
    async fn in_the_overlap(wanted: Json) -> Self {
        let bed = Bed::new();
        for role in ["view", "edit", "admin"] {
            bed.kube()
                .put_rbac_object("kube-apiserver", &cluster_role(role), reads_pods());
        }
        let folder = tempfile::tempdir().unwrap();
        let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
        let state = walk().create(bound("view")).await.unwrap();
        walk().plan_update(&state, wanted.clone()).await.unwrap();
        let apply = walk();
        killed_once(apply.update(&state, wanted), || bindings(&bed).len() == 2).await;
        Self { bed, folder, state }
    }

    fn walk(&self) -> Harness<GroupBindingResource> {
        let claims = Claims::in_folder(self.folder.path());
        self.bed.step().with_claims(claims)
    }
}

fn bindings(bed: &Bed) -> Vec<String> {
    let keys = bed.kube().rbac_keys().into_iter();
    let bindings = keys.filter(|key| !key.kind.is_role());
    let objects = bindings.filter_map(|key| bed.kube().rbac_object_now(&key));
    let roles = objects.filter_map(|object| object.fields.role_ref);
    roles.map(|role| role.name).collect()
}

#[tokio::test]
async fn the_next_apply_goes_on_where_it_was_killed() {
    let renamed = with(bound("view"), json!({"name": "devs"}));
    let own = with(config(), json!({"name": "devs"}));
    for wanted in [bound("edit"), renamed, own] {
        let killed = Killed::in_the_overlap(wanted.clone()).await;
        let plan = killed.walk();
        let read = plan.read(&killed.state).await.unwrap().unwrap();
        let planned = plan.plan_update(&read, wanted.clone()).await.unwrap();
        assert_eq!(planned.action, Action::Update);
        assert_eq!(titles(&plan.take_warnings()), [LEFT]);
        let made = killed.walk().update(&read, wanted).await.unwrap();
        assert_eq!(made.model.adopted, Attr::Known(false));
        assert_eq!(bindings(&killed.bed).len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_wanted_any_more_goes() {
    for next in [bound("view"), bound("admin")] {
        let killed = Killed::in_the_overlap(bound("edit")).await;
        // One plan that nobody applies.
        killed
            .walk()
            .plan_update(&killed.state, next.clone())
            .await
            .unwrap();
        let plan = killed.walk();
        let planned = plan.plan_update(&killed.state, next.clone()).await.unwrap();
        assert_eq!(planned.action, Action::Update);
        let made = killed
            .walk()
            .update(&killed.state, next.clone())
            .await
            .unwrap();
        assert_eq!(
            bindings(&killed.bed),
            [next["cluster_role"].as_str().unwrap()]
        );
        assert_eq!(made.model.adopted, Attr::Known(false));
    }
}

#[tokio::test]
async fn a_removal_takes_what_was_left() {
    let killed = Killed::in_the_overlap(bound("edit")).await;
    let removal = killed.walk().plan_delete(&killed.state).await.unwrap();
    killed.walk().apply(removal).await.unwrap();
    assert_eq!(bindings(&killed.bed), Vec::<String>::new());
}

#[tokio::test]
async fn a_create_that_was_killed_goes_on() {
    let (bed, folder) = (Bed::new(), tempfile::tempdir().unwrap());
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    let config = with(config(), json!({"namespaces": ["a", "zzz"]}));
    walk().plan_create(config.clone()).await.unwrap();
    let is_begun = || !bed.kube().rbac_keys().is_empty();
    killed_once(walk().create(config.clone()), is_begun).await;
    bed.kube().make_namespace("zzz");
    let plan = walk();
    plan.plan_create(config.clone()).await.unwrap();
    assert_eq!(titles(&plan.take_warnings()), Vec::<&str>::new());
    let made = walk().create(config).await.unwrap();
    assert_eq!(made.model.adopted, Attr::Known(false));
}

/// A state that is lost after the answer is no run that was killed: others may have what it had by now.
#[tokio::test]
async fn what_was_answered_is_not_taken_by_a_new_address() {
    let (bed, folder) = (Bed::new(), tempfile::tempdir().unwrap());
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    walk().create(config()).await.unwrap();
    let refused = walk().create(config()).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), [ELSEWHERE]);
    assert!(
        text(&refused).contains("`kubectl delete clusterrole dev`"),
        "{}",
        text(&refused)
    );
}
