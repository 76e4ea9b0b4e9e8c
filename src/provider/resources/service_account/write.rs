//! Making and changing a service account: one server-side apply, which waits for the namespace.
//!
//! What was there before is looked at first, because an apply says of a field that another manager holds only that it conflicts, and of an account that
//! was there nothing at all.

use std::sync::Arc;
use std::time::Duration;

use tf_provider::resource::{Apply, Failed, Private, State};
use tf_provider::{Attr, Context, Diagnostics};

use super::diagnostics::About;
use super::schema::ServiceAccountModel;
use super::{about, claim_key, conflicts, diagnostics, failed, fields, uid, uid_part, with_uid};
use crate::attributes::timeouts::{Operation, Timeouts};
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::clusters::placement::Applying;
use crate::diagnostics::api_failure;
use crate::ports::service_account::{AccountFields, Applied, AppliedFields, ServiceAccount};
use crate::ports::{ApiError, ErrorKind, KubeApi};
use crate::session::cancellable_wait::{Cancelled, wait};
use crate::session::object_claim::{self, Origin};

/// How long a namespace is waited for where nothing is configured: it is more often a slip than one to come.
const NAMESPACE_FOR: Duration = Duration::from_secs(120);
/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// Makes the account of a plan, or goes on with the one that is there.
pub(super) async fn create(
    cx: &Context<Client>,
    apply: Apply<ServiceAccountModel>,
) -> Result<State<ServiceAccountModel>, Failed<ServiceAccountModel>> {
    let writing = Writing::begin(cx, &apply, Operation::Create).await?;
    let made = writing.make().await;
    if made.is_err() {
        object_claim::note_failed(cx, &claim_key(&writing.planned));
    }
    let Made { applied, origin } = made?;
    Ok(State {
        private: with_uid(Private::default(), &applied.account),
        model: ServiceAccountModel {
            adopted: Attr::Known(origin == Origin::Adopted),
            ..writing.planned
        },
    })
}

/// Changes what is held; an account that is gone meanwhile is made again.
pub(super) async fn update(
    cx: &Context<Client>,
    apply: Apply<ServiceAccountModel>,
) -> Result<State<ServiceAccountModel>, Failed<ServiceAccountModel>> {
    let writing = Writing::begin(cx, &apply, Operation::Update).await?;
    let before = apply.prior.as_ref().and_then(fields::expand);
    let before = before.unwrap_or_default();
    let found = writing.find().await?;
    writing.check_same(uid(&apply.private), found.as_ref())?;
    let applied = writing.put(found.as_ref()).await?;
    let private = if found.is_some() || applied.is_new {
        with_uid(apply.private, &applied.account)
    } else {
        // Somebody else has made it between look and apply: the next refresh finds by the uid that it is theirs.
        cx.add(diagnostics::adopted(&writing.about));
        apply.private
    };
    writing.note_what_stays(&applied.account, &before);
    Ok(State {
        private,
        model: writing.planned,
    })
}

/// An account on its way.
struct Writing<'a> {
    cx: &'a Context<Client>,
    cluster: Arc<FoundCluster>,
    kube: Arc<dyn KubeApi>,
    planned: ServiceAccountModel,
    wanted: AccountFields,
    about: About,
    operation: Operation,
}

/// What a create came to.
struct Made {
    applied: Applied,
    origin: Origin,
}

impl<'a> Writing<'a> {
    async fn begin(
        cx: &'a Context<Client>,
        apply: &Apply<ServiceAccountModel>,
        operation: Operation,
    ) -> Result<Self, Diagnostics> {
        let (config, planned) = (apply.config.placement(), apply.planned.placement());
        let applying = Applying {
            config: &config,
            planned: &planned,
            operation,
        };
        let cluster = applying.cluster(cx, cx.client.clusters()).await?;
        let reference = cluster.reference.to_string();
        let kube = cluster
            .kubernetes()
            .map_err(api_failure::failure("Cannot Reach Cluster", &reference))?;
        let planned = apply.planned.clone().placed(planned.in_cluster(&cluster));
        let wanted = fields::expand(&planned)
            .ok_or_else(|| api_failure::not_known_at_apply("service account"))?;
        Ok(Self {
            about: about(&planned, &cluster),
            cx,
            cluster,
            kube,
            planned,
            wanted,
            operation,
        })
    }

    async fn make(&self) -> Result<Made, Diagnostics> {
        let key = claim_key(&self.planned).into_known().unwrap_or_default();
        let accounts = self.cx.client.service_accounts();
        let _turn = accounts.turn(&key).await;
        let found = self.find().await?;
        let handed_on = self.handed_on(&key, found.as_ref());
        if let (None, Some(account)) = (handed_on, &found) {
            let held = conflicts::with_other_configurations(account, &self.wanted);
            if !held.is_empty() {
                return Err(diagnostics::held_elsewhere(&self.about, &held).into());
            }
        }
        let applied = self.put(found.as_ref()).await?;
        if handed_on.is_some() && !self.cx.claims.is_shared() {
            accounts.note_taken_over(&applied.account.uid);
        }
        let origin = match handed_on {
            _ if applied.is_new => Origin::Made,
            Some(origin) => origin,
            None => Origin::Adopted,
        };
        if found.is_none() && !applied.is_new {
            self.cx.add(diagnostics::adopted(&self.about));
        }
        Ok(Made { applied, origin })
    }

    /// How the account came to the address that gives it up; `None` for one that no address of the configuration has.
    fn handed_on(&self, key: &str, found: Option<&ServiceAccount>) -> Option<Origin> {
        let origin = object_claim::given_up(self.cx, key)?;
        let account = found?;
        object_claim::is_part_given_up(self.cx, key, &uid_part(&account.uid)).then_some(origin)
    }

    /// Another account than the state's, or none where somebody else had made it, is not what the plan was about.
    fn check_same(
        &self,
        known: Option<&str>,
        found: Option<&ServiceAccount>,
    ) -> Result<(), Diagnostics> {
        let is_adopted = self.planned.adopted == Attr::Known(true);
        let is_same = match (known, found) {
            (Some(known), Some(account)) => account.uid == known,
            (Some(_), None) => !is_adopted,
            (None, _) => true,
        };
        match is_same {
            true => Ok(()),
            false => Err(diagnostics::another_meanwhile(&self.about, found.is_some()).into()),
        }
    }

    async fn find(&self) -> Result<Option<ServiceAccount>, Diagnostics> {
        let found = self
            .kube
            .service_account(&self.about.namespace, &self.about.name);
        match found.await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.failed("Cannot Read Service Account", &error).await),
        }
    }

    fn adopts(&self) -> bool {
        self.planned.on_conflict == Attr::Known("adopt".to_owned())
    }

    /// Applies what is wanted to the account that was found, or makes it.
    async fn put(&self, found: Option<&ServiceAccount>) -> Result<Applied, Diagnostics> {
        if let Some(account) = found {
            self.check_conflicts(account)?;
        }
        let applied = AppliedFields {
            namespace: self.about.namespace.clone(),
            name: self.about.name.clone(),
            uid: found.map(|account| account.uid.clone()),
            fields: conflicts::as_sent(&self.wanted, found),
            is_forced: self.adopts(),
        };
        let done = self.apply_once_namespace_is_there(&applied).await;
        self.cx
            .client
            .service_accounts()
            .forget(&self.cluster)
            .await;
        match done {
            Ok(done) => Ok(done),
            Err(Stopped::Told(told)) => Err(told),
            Err(Stopped::ByError(error)) => self.after_error(found, error).await,
        }
    }

    fn check_conflicts(&self, account: &ServiceAccount) -> Result<(), Diagnostics> {
        if self.adopts() {
            return Ok(());
        }
        let found = conflicts::with_others(account, &self.wanted);
        match found.is_empty() {
            true => Ok(()),
            false => Err(diagnostics::conflict(&self.about, &found).into()),
        }
    }

    async fn apply_once_namespace_is_there(
        &self,
        applied: &AppliedFields,
    ) -> Result<Applied, Stopped> {
        let clock = self.cx.client.clock();
        let limit = self.namespace_limit();
        let began = clock.now();
        loop {
            let error = match self.kube.apply_service_account(applied).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if error.kind != ErrorKind::NotFound {
                return Err(Stopped::ByError(error));
            }
            let waited = clock.now().duration_since(began).unwrap_or_default();
            let left = limit.saturating_sub(waited);
            if left.is_zero() {
                let told = diagnostics::no_namespace(&self.about, waited.as_secs());
                return Err(Stopped::Told(told.into()));
            }
            tracing::info!(namespace = %self.about.namespace, waited_seconds = waited.as_secs(), "waiting for the namespace");
            let waiting = wait(clock.as_ref(), &self.cx.cancel, INTERVAL.min(left)).await;
            waiting
                .map_err(|Cancelled| Stopped::Told(diagnostics::cancelled(&self.about).into()))?;
        }
    }

    fn namespace_limit(&self) -> Duration {
        let timeouts = self.planned.timeouts.as_ref();
        let is_set = timeouts.is_some_and(|timeouts| match self.operation {
            Operation::Create => timeouts.create.is_known(),
            Operation::Update | Operation::Delete => timeouts.update.is_known(),
        });
        match is_set {
            true => Timeouts::or_default(timeouts, self.operation),
            false => NAMESPACE_FOR,
        }
    }

    /// What a failed apply means, by what is there now: done after all, held by somebody, or changed meanwhile.
    async fn after_error(
        &self,
        found: Option<&ServiceAccount>,
        error: ApiError,
    ) -> Result<Applied, Diagnostics> {
        let title = match self.operation {
            Operation::Create => "Cannot Create Service Account",
            Operation::Update | Operation::Delete => "Cannot Change Service Account",
        };
        let is_conflict = error.kind == ErrorKind::Conflict;
        if !is_conflict && !error.may_have_been_carried_out() {
            return Err(self.failed(title, &error).await);
        }
        // A second failure here is less telling than the first, which is reported.
        let now = self.find().await.ok().flatten();
        let Some(now) = now else {
            return Err(match is_conflict {
                true => diagnostics::changed_meanwhile(&self.about, &error).into(),
                false => self.failed(title, &error).await,
            });
        };
        if is_conflict {
            self.check_conflicts(&now)?;
            return Err(diagnostics::changed_meanwhile(&self.about, &error).into());
        }
        let wanted = self.wanted.values();
        let is_done = now.own_fields().into_iter().eq(wanted.keys().cloned())
            && wanted
                .iter()
                .all(|(field, value)| now.fields.values().get(field) == Some(value));
        match is_done {
            true => Ok(Applied {
                is_new: found.is_none() && now.is_own_alone(),
                account: now,
            }),
            false => Err(self.failed(title, &error).await),
        }
    }

    /// What was held before and is not wanted any more went with the apply, unless others hold it too: then it is theirs.
    fn note_what_stays(&self, account: &ServiceAccount, before: &AccountFields) {
        let left = conflicts::left_behind(account, before, &self.wanted);
        if !left.is_empty() {
            self.cx.add(diagnostics::stays(&self.about, &left));
        }
    }

    async fn failed(&self, title: &str, error: &ApiError) -> Diagnostics {
        failed(self.cx, &self.cluster, title, (&self.about, error)).await
    }
}

/// Why an apply came to nothing.
enum Stopped {
    /// It was told already.
    Told(Diagnostics),
    /// The call failed.
    ByError(ApiError),
}
