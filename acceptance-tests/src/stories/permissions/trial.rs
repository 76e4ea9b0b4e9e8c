//! One page's permissions on trial: a story is lived through with exactly what is required; then each right is taken away
//! alone, and the step of the story that asks for it is tried again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    bed::{
        audit::Request,
        authenticator::RESTRICTED,
        cloud::{Cloud, PROD},
        emulator as api,
        permissions::{KubernetesRight, Page, Rights},
        restricted::Restricted,
        tools::room,
        workspace::{Run, Workspace},
    },
    failure::{Failure, Outcome, expect, unframed},
};

/// What the names of the examples' roles and bindings begin with.
const ROLES: &str = "operators";
/// Where the examples have their service accounts.
const NAMESPACE: &str = "apps";

/// Requests for which EKS asks whether their caller may pass a role on, which is no request of its own.
const PASSING_A_ROLE_ON: [&str; 2] = [
    "eks:CreatePodIdentityAssociation",
    "eks:UpdatePodIdentityAssociation",
];

/// What one page's object is taken through.
pub(super) struct Trial {
    /// The page below `docs`, without its ending.
    pub page: &'static str,
    /// Files that every step needs, by name.
    pub files: Vec<(&'static str, String)>,
    /// In their order, each beginning where the one before ended.
    pub steps: Vec<Step>,
}

/// One run of Terraform.
pub(super) struct Step {
    /// What is done.
    pub name: &'static str,
    /// What others have done before, beside Terraform.
    pub before: fn(&Cloud) -> Outcome,
    /// The configuration.
    pub configuration: String,
    /// The run.
    pub act: Act,
    /// Whether the step is for whoever has what is used where granted too: what it asks is undecided otherwise.
    pub with_all: bool,
}

/// With which of the page's rights the story is lived through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Required,
    All,
}

/// What Terraform does in a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Apply, and a second plan that is empty.
    Apply,
    /// A plan; for what reaches no state.
    Plan,
    /// Destroy.
    Destroy,
}

impl Step {
    /// A step that begins with nothing done by others.
    pub(super) fn new(name: &'static str, act: Act, configuration: &str) -> Step {
        Step {
            name,
            before: |_| Ok(()),
            configuration: configuration.to_owned(),
            act,
            with_all: false,
        }
    }
}

/// Puts the page's permissions on trial.
///
/// # Errors
/// The story fails with what is required, or all that the page says wrongly of a single right.
pub(super) fn put_on_trial(cloud: &Cloud, trial: &Trial) -> Outcome {
    let path = room().join(format!("../docs/{}.md", trial.page));
    let text = fs::read_to_string(&path)
        .map_err(|error| Failure::from(error).during(&path.display().to_string()))?;
    judge(cloud, trial, &text)
}

/// Puts the permissions on trial that `text` prints.
///
/// # Errors
/// The same.
pub(super) fn judge(cloud: &Cloud, trial: &Trial, text: &str) -> Outcome {
    let judged = Page::parse(text)
        .and_then(|page| Bench::new(cloud, trial).and_then(|mut bench| bench.judge(&page)));
    judged.map_err(|failure| failure.during(trial.page))
}

struct Bench<'a> {
    cloud: &'a Cloud,
    trial: &'a Trial,
    workspace: Workspace<'a>,
    user: Restricted<'a>,
    /// How it was before each step.
    checkpoints: Vec<Checkpoint>,
}

/// What a step begins with, beside what IAM and EKS have, which the emulator remembers by the step's name.
struct Checkpoint {
    state: Option<Vec<u8>>,
    aws_auth: Option<BTreeMap<String, String>>,
    copies: Vec<Value>,
    accounts: Vec<Value>,
    rbac: Vec<Value>,
}

/// What a step asked for, whether it got it or not.
#[derive(Default)]
struct Asked {
    actions: BTreeSet<String>,
    requests: Vec<Request>,
    /// Those that were refused for want of a right.
    refused: BTreeSet<String>,
}

impl Asked {
    fn has(&self, right: &KubernetesRight) -> bool {
        // A patch that makes what it patches takes the right to make it too.
        let verb = |request: &Request| match (request.verb.as_str(), request.status) {
            ("patch", 201) => right.verb == "patch" || right.verb == "create",
            (verb, _) => verb == right.verb,
        };
        let is_it = |request: &Request| {
            verb(request)
                && request.resource == right.resource
                && right.name.as_ref().is_none_or(|name| *name == request.name)
        };
        self.requests.iter().any(is_it)
    }
}

impl<'a> Bench<'a> {
    fn new(cloud: &'a Cloud, trial: &'a Trial) -> Outcome<Bench<'a>> {
        cloud.cluster(PROD)?.ensure_namespace(NAMESPACE)?;
        let user = Restricted::new(cloud)?;
        let mut workspace = Workspace::new(cloud)?;
        workspace.act_as(user.identity());
        // Some examples map the only administrator of the cluster, and destroy takes it away.
        workspace.set("EKSAUTH_LOCKOUT_ACK", "prod:destroy");
        for (name, text) in &trial.files {
            workspace.file(name, text)?;
        }
        Ok(Bench {
            cloud,
            trial,
            workspace,
            user,
            checkpoints: Vec::new(),
        })
    }

    fn judge(&mut self, page: &Page) -> Outcome {
        let required = self.cloud.rights(&page.required)?;
        let where_granted = self.cloud.rights(&page.where_granted)?;
        self.user.allow_blocks(&[&page.required])?;
        let with_required = self.live_through(Pass::Required)?;
        let all = required.and(&where_granted);
        self.restore(0)?;
        self.user
            .allow_blocks(&[&page.required, &page.where_granted])?;
        let with_all = self.live_through(Pass::All)?;
        let refused: BTreeSet<&String> = with_all.iter().flat_map(|asked| &asked.refused).collect();
        let mut wrong: Vec<String> = refused
            .iter()
            .map(|what| {
                format!(
                    "`{}` is refused to whoever has all that is printed",
                    what.trim_end()
                )
            })
            .collect();
        for right in each(&required) {
            let rest = right.taken_from(&required);
            wrong.extend(self.is_missed(&steps_that_ask(&with_required, &right), &right, &rest)?);
        }
        let in_both = |right: &Right<'_>| right.taken_from(&required) != required;
        for right in each(&where_granted) {
            // What is required too is printed again, because each part is for itself.
            if in_both(&right) {
                continue;
            }
            let mut steps = steps_that_ask(&with_required, &right);
            steps.extend(steps_that_ask(&with_all, &right));
            let rest = right.taken_from(&all);
            if let Some(step) = steps.first() {
                wrong.extend(self.is_not_missed(*step, &right, &rest)?);
            }
        }
        expect(wrong.is_empty(), wrong.join("\n"))
    }

    /// Every step that is for this pass, each of which has to succeed; what each asked for.
    fn live_through(&mut self, pass: Pass) -> Outcome<Vec<Asked>> {
        let mut asked_for = Vec::new();
        for (number, step) in self.trial.steps.iter().enumerate() {
            let in_this = |failure: Failure| failure.during(step.name);
            // The second pass begins where the first one did, with what others have done before the first step.
            if pass == Pass::Required || number > 0 {
                (step.before)(self.cloud).map_err(in_this)?;
            }
            if pass == Pass::Required {
                self.checkpoints.push(self.checkpoint(step)?);
            }
            asked_for.push(match step.with_all && pass == Pass::Required {
                true => Asked::default(),
                false => self.live_through_one(step, pass).map_err(in_this)?,
            });
        }
        Ok(asked_for)
    }

    fn live_through_one(&self, step: &Step, pass: Pass) -> Outcome<Asked> {
        let audit = self.cloud.with_control_plane(PROD, |plane| plane.audit())?;
        self.cloud.emulator().control("reset-log", &json!({}))?;
        self.run(step)?.succeeded()?;
        if pass == Pass::Required && step.act == Act::Apply {
            self.workspace.expect_empty_plan()?;
        }
        let asked = self.cloud.emulator().asked()?;
        let requests: Vec<Request> = audit
            .requests()?
            .into_iter()
            .filter(|request| request.user == RESTRICTED)
            .collect();
        let action = |one: &api::Asked| format!("{}:{}", one.service, one.action);
        let denied = asked
            .iter()
            .filter(|one| one.error.starts_with("AccessDenied"));
        let forbidden = requests.iter().filter(|request| request.status == 403);
        let refused = denied
            .map(action)
            .chain(forbidden.map(|one| format!("{} {}/{}", one.verb, one.resource, one.name)));
        let mut actions: BTreeSet<String> = asked.iter().map(action).collect();
        if PASSING_A_ROLE_ON
            .iter()
            .any(|passing| actions.contains(*passing))
        {
            actions.insert("iam:PassRole".to_owned());
        }
        Ok(Asked {
            actions,
            refused: refused.collect(),
            requests,
        })
    }

    fn run(&self, step: &Step) -> Outcome<Run> {
        self.workspace.file("main.tf", &step.configuration)?;
        match step.act {
            Act::Apply => self.workspace.try_apply(),
            Act::Plan => self.workspace.run(&["plan", "-no-color", "-input=false"]),
            Act::Destroy => {
                self.workspace
                    .run(&["destroy", "-no-color", "-input=false", "-auto-approve"])
            }
        }
    }

    /// What is wrong with a required right: no step fails without it, or the first that does says no word of it.
    fn is_missed(
        &mut self,
        steps: &[usize],
        right: &Right<'_>,
        rest: &Rights,
    ) -> Outcome<Option<String>> {
        for step in steps {
            let run = self.try_again(*step, rest)?;
            let message = unframed(&run.errors);
            if run.code == Some(0) {
                continue;
            }
            let named = right.as_messages_name_it();
            // A list of the whole cluster has no object behind its kind.
            let is_named = [' ', '`']
                .iter()
                .any(|end| message.contains(&format!("{named}{end}")));
            let name = self.name(*step);
            return Ok((!is_named).then(|| {
                format!(
                    "without {right} `{name}` fails and does not name it:\n{}",
                    run.errors
                )
            }));
        }
        let asking: Vec<&str> = steps.iter().map(|step| self.name(*step)).collect();
        Ok(Some(format!(
            "{right} is required, and no step fails without it; asked for by {asking:?}"
        )))
    }

    /// What is wrong with a right that is used where granted: the step fails without it.
    fn is_not_missed(
        &mut self,
        step: usize,
        right: &Right<'_>,
        rest: &Rights,
    ) -> Outcome<Option<String>> {
        let run = self.try_again(step, rest)?;
        let name = self.name(step);
        Ok((run.code != Some(0)).then(|| {
            format!(
                "without {right} `{name}` fails, so it is required:\n{}",
                run.errors
            )
        }))
    }

    fn name(&self, step: usize) -> &'static str {
        self.trial.steps.get(step).map_or("", |step| step.name)
    }

    fn try_again(&mut self, number: usize, rights: &Rights) -> Outcome<Run> {
        self.restore(number)?;
        self.user.allow(rights)?;
        let Some(step) = self.trial.steps.get(number) else {
            return Err(Failure::new(format!("there is no step {number}")));
        };
        self.run(step)
    }

    fn checkpoint(&self, step: &Step) -> Outcome<Checkpoint> {
        let prod = self.cloud.cluster(PROD)?;
        self.cloud
            .emulator()
            .control("remember", &json!({"name": step.name}))?;
        Ok(Checkpoint {
            state: fs::read(self.workspace.path().join("terraform.tfstate")).ok(),
            aws_auth: prod.aws_auth()?,
            copies: prod.copies()?,
            accounts: prod.service_accounts(NAMESPACE)?,
            rbac: prod.rbac_objects(ROLES)?,
        })
    }

    fn restore(&self, number: usize) -> Outcome {
        let (Some(step), Some(checkpoint)) =
            (self.trial.steps.get(number), self.checkpoints.get(number))
        else {
            return Err(Failure::new(format!("there is no step {number}")));
        };
        let prod = self.cloud.cluster(PROD)?;
        self.cloud
            .emulator()
            .control("recall", &json!({"name": step.name}))?;
        if prod.aws_auth()? != checkpoint.aws_auth {
            match &checkpoint.aws_auth {
                Some(data) => prod.put_aws_auth(data)?,
                None => prod.delete_aws_auth()?,
            }
        }
        prod.put_copies(&checkpoint.copies)?;
        let mut renewed = prod.put_service_accounts(NAMESPACE, &checkpoint.accounts)?;
        renewed.extend(prod.put_rbac_objects(ROLES, &checkpoint.rbac)?);
        let state = self.workspace.path().join("terraform.tfstate");
        match &checkpoint.state {
            Some(bytes) => fs::write(state, with_ids(bytes, &renewed)?)?,
            None if state.exists() => fs::remove_file(state)?,
            None => {}
        }
        Ok(())
    }
}

/// A state whose private facts are about the objects that were made again.
fn with_ids(state: &[u8], renewed: &BTreeMap<String, String>) -> Outcome<Vec<u8>> {
    let mut state: Value = serde_json::from_slice(state)?;
    let instances = state
        .pointer_mut("/resources")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(|resource| resource.get_mut("instances")?.as_array_mut())
        .flatten();
    for private in instances.filter_map(|instance| instance.get_mut("private")) {
        let bytes = STANDARD
            .decode(private.as_str().unwrap_or_default())
            .map_err(|error| Failure::new(error.to_string()))?;
        let mut facts = String::from_utf8_lossy(&bytes).into_owned();
        for (before, now) in renewed {
            facts = facts.replace(before, now);
        }
        *private = json!(STANDARD.encode(facts));
    }
    Ok(serde_json::to_vec(&state)?)
}

fn steps_that_ask(asked_for: &[Asked], right: &Right<'_>) -> Vec<usize> {
    let asking = asked_for
        .iter()
        .enumerate()
        .filter(|(_, asked)| right.is_in(asked));
    asking.map(|(step, _)| step).collect()
}

/// One right, of either kind.
enum Right<'r> {
    Aws(&'r str),
    Kubernetes(&'r KubernetesRight),
}

fn each(rights: &Rights) -> Vec<Right<'_>> {
    let aws = rights.actions().into_iter().map(Right::Aws);
    aws.chain(rights.kubernetes.iter().map(Right::Kubernetes))
        .collect()
}

impl Right<'_> {
    fn is_in(&self, asked: &Asked) -> bool {
        match self {
            Right::Aws(action) => asked.actions.contains(*action),
            Right::Kubernetes(right) => asked.has(right),
        }
    }

    fn taken_from(&self, rights: &Rights) -> Rights {
        match self {
            Right::Aws(action) => rights.without_action(action),
            Right::Kubernetes(right) => rights.without(right),
        }
    }

    /// The permission in the words of the provider's messages.
    fn as_messages_name_it(&self) -> String {
        match self {
            Right::Aws(action) => format!("needs the permission `{action}"),
            Right::Kubernetes(right) => {
                format!("needs the permission `{} {}", right.verb, right.resource)
            }
        }
    }
}

impl std::fmt::Display for Right<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Right::Aws(action) => write!(f, "`{action}`"),
            Right::Kubernetes(right) => {
                let name = right
                    .name
                    .as_ref()
                    .map_or(String::new(), |name| format!("/{name}"));
                write!(f, "`{} {}{name}`", right.verb, right.resource)
            }
        }
    }
}
