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
use super::{about, claim_key, conflicts, diagnostics, failed, fields, with_uid};
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
    let known = found.as_ref().map(|_| &before);
    let applied = writing.put(found.as_ref(), known).await?;
    writing.note_what_stays(&applied.account, &before);
    Ok(State {
        private: with_uid(apply.private, &applied.account),
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
        let found = self.find().await?;
        let key = claim_key(&self.planned).into_known().unwrap_or_default();
        let handed_on = object_claim::given_up(self.cx, &key);
        let known = handed_on.map(|_| AccountFields::default());
        let applied = self.put(found.as_ref(), known.as_ref()).await?;
        let origin = match handed_on {
            Some(origin) => origin,
            None if applied.is_new => Origin::Made,
            None => {
                if found.is_some_and(|account| !account.own_fields().is_empty()) {
                    self.cx.add(diagnostics::adopted_from_us(&self.about));
                }
                Origin::Adopted
            }
        };
        Ok(Made { applied, origin })
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

    /// Applies what is wanted to the account that was found, or makes it. `known` is what a state knows of it.
    async fn put(
        &self,
        found: Option<&ServiceAccount>,
        known: Option<&AccountFields>,
    ) -> Result<Applied, Diagnostics> {
        if let Some(account) = found {
            self.check_conflicts(account, known.is_some())?;
        }
        let applied = AppliedFields {
            namespace: self.about.namespace.clone(),
            name: self.about.name.clone(),
            uid: found.map(|account| account.uid.clone()),
            fields: self.wanted.clone(),
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
            Err(Stopped::ByError(error)) => self.after_error(found, known.is_some(), error).await,
        }
    }

    fn check_conflicts(&self, account: &ServiceAccount, is_known: bool) -> Result<(), Diagnostics> {
        if self.adopts() {
            return Ok(());
        }
        let mut found = conflicts::with_others(account, &self.wanted);
        if !is_known {
            found.extend(conflicts::with_other_configurations(account, &self.wanted));
        }
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
            if waited >= limit {
                let told = diagnostics::no_namespace(&self.about, waited.as_secs());
                return Err(Stopped::Told(told.into()));
            }
            tracing::info!(namespace = %self.about.namespace, waited_seconds = waited.as_secs(), "waiting for the namespace");
            let waiting = wait(clock.as_ref(), &self.cx.cancel, INTERVAL).await;
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
        is_known: bool,
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
            self.check_conflicts(&now, is_known)?;
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
