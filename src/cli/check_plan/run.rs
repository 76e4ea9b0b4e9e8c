//! From the flags of `check-plan` to its report.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::ClusterState;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::Severity;
use eksauth_core::aws_auth::read;
use eksauth_core::document::{Content, Document, passed_over, read_documents};
use eksauth_provider::Client;
use eksauth_provider::access::cluster_access::cluster_access;
use eksauth_provider::access::lockout_guard::ClusterGuard;
use eksauth_provider::clusters::FoundCluster;
use eksauth_provider::config::{Acknowledgements, LOCKOUT_ACK_VARIABLE, LockoutGuard, Settings};

use super::entry_file::{self, EntryFile};
use super::guard_settings::{GuardSettings, Treatment};
use super::judgement::{Question, Source, prepare};
use super::place::{ClusterPlace, Places};
use super::plan_file::{MAKE_PLAN, PlanFile, PlanFileError};
use super::planned::{EntriesOfPlan, associated_before, goes_to_api, mode_before};
use super::report::{self, ClusterReport};
use crate::command::{CheckPlanArguments, FailOn, PlanFormat};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{input, session};

/// Judges a finished plan.
///
/// # Errors
/// A plan or file that cannot be read, no credentials, no such cluster.
pub async fn run(arguments: &CheckPlanArguments) -> Result<Outcome, Failure> {
    let meant = std::env::var(LOCKOUT_ACK_VARIABLE).unwrap_or_default();
    check(arguments, Acknowledgements::parse(&meant)).await
}

/// Why a file is no plan. What it holds instead comes first, and says itself how a plan is made where it is a configuration.
pub(super) fn no_plan(error: &PlanFileError, bytes: Vec<u8>) -> String {
    let found = match error {
        PlanFileError::Json(_) | PlanFileError::NoChanges => found_instead(bytes),
        _ => String::new(),
    };
    match found.strip_suffix("; ") {
        Some(found) if found.contains(MAKE_PLAN) => found.to_owned(),
        _ => format!("{found}{error}"),
    }
}

/// What a file holds that is no plan, as the other commands name it.
fn found_instead(bytes: Vec<u8>) -> String {
    match read_documents(bytes) {
        Ok(documents) => {
            let is_named = |document: &Document| {
                !matches!(document.content, Content::Broken(_) | Content::Unknown(_))
            };
            let named = passed_over(&documents, |document| !is_named(document));
            match named.is_empty() {
                true => String::new(),
                false => format!("{}; ", named.join("; ")),
            }
        }
        Err(error) => format!("{error}; "),
    }
}

/// The same with what is said to be meant.
pub(super) async fn check(
    arguments: &CheckPlanArguments,
    acknowledgements: Acknowledgements,
) -> Result<Outcome, Failure> {
    let bytes = input::plan(&arguments.plan)?;
    let plan = PlanFile::parse(&bytes).map_err(|error| {
        let reason = no_plan(&error, bytes);
        Failure::new(format!("`{}`: {reason}", arguments.plan.display()))
    })?;
    let question = Question {
        applying: principals(&arguments.apply_principals),
        protected: principals(&arguments.protected),
        acknowledgements,
        owns_kubernetes: arguments.clusters.len() == 1,
        ..Question::default()
    };
    let client = match &arguments.aws_auth {
        Some(_) => None,
        None => Some(session::connect(&arguments.aws, None).await?),
    };
    let mut reports = Vec::new();
    for cluster in &arguments.clusters {
        let checked = Checked {
            arguments,
            plan: &plan,
            cluster,
        };
        reports.push(match &client {
            Some(client) => checked.online(client, question.clone()).await?,
            None => checked.offline(question.clone()).await?,
        });
    }
    Ok(outcome(arguments, &reports))
}

fn outcome(arguments: &CheckPlanArguments, reports: &[ClusterReport]) -> Outcome {
    let text = match arguments.output {
        PlanFormat::Table => report::table(reports),
        PlanFormat::Markdown => report::markdown(reports),
        PlanFormat::Json => report::json(reports).to_string() + "\n",
        PlanFormat::Sarif => {
            let plan = arguments.plan.display().to_string();
            report::sarif(&plan, reports).to_string() + "\n"
        }
    };
    Outcome::new(text, verdict(arguments.fail_on, reports))
}

/// What was found counts before what could not be found out.
pub(super) fn verdict(fail_on: FailOn, reports: &[ClusterReport]) -> Verdict {
    let has = |severity| reports.iter().any(|report| report.count(severity) > 0);
    let fails = match fail_on {
        FailOn::Error => has(Severity::Error),
        FailOn::Warning => has(Severity::Error) || has(Severity::Warning),
        FailOn::Never => false,
    };
    match fail_on {
        _ if fails => Verdict::No,
        FailOn::Error | FailOn::Warning if reports.iter().any(|report| report.is_open) => {
            Verdict::Undetermined
        }
        FailOn::Error | FailOn::Warning | FailOn::Never => Verdict::Yes,
    }
}

fn principals(arns: &[String]) -> Vec<Principal> {
    arns.iter().map(|arn| Principal::from_arn(arn)).collect()
}

struct Checked<'a> {
    arguments: &'a CheckPlanArguments,
    plan: &'a PlanFile,
    cluster: &'a str,
}

impl Checked<'_> {
    async fn online(&self, client: &Client, question: Question) -> Result<ClusterReport, Failure> {
        let found = session::cluster(client, self.cluster).await?;
        let caller = client.identity().await;
        let question = Question {
            cluster: ClusterPlace {
                name: found.reference.name.clone(),
                region: Some(found.reference.region.clone()),
                account: Some(found.account.clone()),
            },
            caller: caller
                .ok()
                .and_then(|caller| session::principal(&caller).ok()),
            ..question
        };
        let protected = question.protected.clone();
        let before = cluster_access(&found).await;
        let prepared = prepare(self.plan, before, question);
        let guard = guard(client, &found, &prepared.settings, &protected)?;
        Ok(prepared.judge(Source::Cluster(&guard)).await)
    }

    async fn offline(&self, question: Question) -> Result<ClusterReport, Failure> {
        let named = ClusterPlace::parse(self.cluster);
        let cluster = ClusterPlace {
            region: named.region.or(self.arguments.aws.region.clone()),
            ..named
        };
        let Files {
            view,
            file,
            cluster,
        } = self.files(cluster)?;
        let question = Question {
            cluster,
            ..question
        };
        let mut prepared = prepare(self.plan, view, question);
        prepared.leave_open_a_name_of_no_object();
        let source = Source::Files {
            without_policies: &file.without_policies,
        };
        Ok(prepared.judge(source).await)
    }

    /// The access from files. With access entries both count, without them aws-auth alone.
    fn files(&self, cluster: ClusterPlace) -> Result<Files, Failure> {
        let data = match &self.arguments.aws_auth {
            Some(file) => input::config_map(file)?,
            None => {
                return Err(Failure::new(
                    "give --aws-auth, or credentials to read the cluster",
                ));
            }
        };
        let (mode, file) = match &self.arguments.access_entries {
            None => (self.mode_without_entry_file(&cluster), EntryFile::default()),
            Some(path) => (
                AuthenticationMode::ApiAndConfigMap,
                entry_file::parse(&input::access_entries(path)?, &cluster)?,
            ),
        };
        let cluster = ClusterPlace {
            region: cluster
                .region
                .or(file.place.as_ref().and_then(|place| place.region.clone())),
            account: cluster
                .account
                .or(file.place.as_ref().and_then(|place| place.account.clone())),
            name: cluster.name,
        };
        let changed = EntriesOfPlan::of(self.plan, &Places::new(self.plan, &cluster));
        let ignores_aws_auth = goes_to_api(self.plan, &Places::new(self.plan, &cluster));
        let is_missing = self.arguments.access_entries.is_none()
            && mode.reads_access_entries()
            && (changed == EntriesOfPlan::Changed || ignores_aws_auth);
        let access_entries = match file.is_cut {
            true => Knowledge::Unreadable(
                "the list of access entries in the file is cut (`nextToken`)".to_owned(),
            ),
            false if is_missing && ignores_aws_auth => Knowledge::Unreadable(
                "with mode API access entries alone count, and the cluster's are not given (`--access-entries`)"
                    .to_owned(),
            ),
            false if is_missing => Knowledge::Unreadable(
                "the plan changes access entries, and the cluster's are not given (`--access-entries`)"
                    .to_owned(),
            ),
            false => Knowledge::Known(file.entries.clone()),
        };
        let state = ClusterState {
            view: ClusterView {
                mode,
                aws_auth: Knowledge::Known(read(&data)),
                access_entries,
            },
            rbac: None,
        };
        // What the plan's own state knows of policies need not be in the file.
        let known = match file.without_policies.is_empty() {
            true => Vec::new(),
            false => associated_before(self.plan, &Places::new(self.plan, &cluster)),
        };
        Ok(Files {
            view: state.after(&known).view,
            file,
            cluster,
        })
    }
}

impl Checked<'_> {
    /// Without a file of them the plan itself may show that access entries count.
    fn mode_without_entry_file(&self, cluster: &ClusterPlace) -> AuthenticationMode {
        let places = Places::new(self.plan, cluster);
        let has_entries = EntriesOfPlan::of(self.plan, &places) != EntriesOfPlan::None;
        let is_told = mode_before(self.plan, &places) == Some(AuthenticationMode::ConfigMap);
        // EKS goes there from no other mode.
        let goes_to_api = goes_to_api(self.plan, &places);
        match goes_to_api || has_entries && !is_told {
            true => AuthenticationMode::ApiAndConfigMap,
            false => AuthenticationMode::ConfigMap,
        }
    }
}

struct Files {
    view: ClusterView,
    file: EntryFile,
    cluster: ClusterPlace,
}

/// The guard of the cluster with the settings that the plan's provider has.
fn guard(
    client: &Client,
    found: &FoundCluster,
    settings: &GuardSettings,
    protected: &[Principal],
) -> Result<ClusterGuard, Failure> {
    let protected: BTreeSet<&str> = settings
        .protected
        .iter()
        .chain(protected)
        .map(|principal| principal.arn.as_str())
        .collect();
    let settings = Settings {
        lockout_guard: match settings.treatment {
            Treatment::Strict => LockoutGuard::Strict,
            Treatment::Refuses | Treatment::Lenient => LockoutGuard::Error,
        },
        confirm_access: settings.confirms && settings.treatment != Treatment::Lenient,
        protected_principals: protected.into_iter().map(str::to_owned).collect(),
        ..client.settings().clone()
    };
    let judging = Client::new(settings, client.cloud().cloned(), client.clock().clone());
    ClusterGuard::new(
        judging.session().clone(),
        found,
        found.kubernetes()?,
        judging.roles().clone(),
    )
    .ok_or_else(|| Failure::new("the lock-out guard is off"))
}
