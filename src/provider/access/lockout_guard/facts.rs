//! What the guard reads, each for itself: who acts once somebody would lose something, all else where a judgement turns on it. Everything is read once
//! for all who ask within a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::findings::Roles;
use eksauth_core::access::lockout::{KubernetesUser, Nodes, Power, Rbac};
use tokio::sync::Mutex;

use super::ClusterGuard;
use super::rbac_reading::{Lists, RbacReading};
use crate::access::caller_check::{ActingConnection, CallerCheck};
use crate::access::cluster_access::unreadable;
use crate::ports::ApiError;
use crate::session::recent::{Asked, Recent};

/// A network without a way to IAM is common beside private clusters.
const LONGEST: Duration = Duration::from_secs(15);

/// More users than this are not asked for one by one.
const MOST_REVIEWED: usize = 4;

/// What is read once somebody would lose something.
pub(super) struct Facts {
    pub(super) caller: CallerCheck,
    pub(super) running: Vec<Principal>,
}

impl Facts {
    /// Who runs this step; it is among those who apply.
    pub(super) fn you(&self) -> Option<&str> {
        let principal = self.caller.acting.principal.as_ref()?;
        Some(&principal.arn)
    }

    /// How whoever runs this step enters where no entry lets it in: the API server admits it at this moment.
    pub(super) fn enters_by(&self, mode: AuthenticationMode) -> Option<&'static str> {
        let is_admitted = self.caller.acting.is_admitted == Some(true);
        is_admitted.then_some(match mode {
            AuthenticationMode::ConfigMap => "access as the cluster's creator",
            _ => "access that no entry gives",
        })
    }
}

/// What is read where a judgement turns on it.
#[derive(Default)]
pub(super) struct LaterFacts {
    nodes: Recent<Result<bool, ApiError>>,
    may_write: Recent<Option<bool>>,
    is_admin: Recent<Option<bool>>,
    anew: Recent<Result<Option<Principal>, String>>,
    roles: Recent<Knowledge<Roles>>,
    users: Mutex<BTreeMap<String, Arc<Recent<Knowledge<bool>>>>>,
    rbac_of_cluster: Recent<Lists>,
    rbac_of_kube_system: Recent<Lists>,
    reviewed: Mutex<BTreeMap<KubernetesUser, Arc<ReviewedPower>>>,
    /// Who enters, as a plan goes on with it.
    pub(super) view: Recent<ClusterView>,
}

impl LaterFacts {
    /// What RBAC decides is read anew.
    pub(super) async fn forget_rbac(&self) {
        self.rbac_of_cluster.forget().await;
        self.rbac_of_kube_system.forget().await;
        self.may_write.forget().await;
        self.is_admin.forget().await;
        self.reviewed.lock().await.clear();
    }
}

type ReviewedPower = Recent<Result<Power, ApiError>>;

/// RBAC as far as it could be read.
pub(super) struct ReadRbac {
    pub(super) rbac: Rbac,
    pub(super) unread: Vec<String>,
}

impl From<RbacReading> for ReadRbac {
    fn from(read: RbacReading) -> Self {
        Self {
            rbac: Rbac::from_objects(&read.objects),
            unread: read.unread,
        }
    }
}

impl ClusterGuard {
    fn connection(&self) -> ActingConnection<'_> {
        ActingConnection {
            kube: self.kube.as_ref(),
            access: &self.access,
            session: &self.session,
        }
    }

    pub(super) async fn read_facts(&self) -> Facts {
        let applies = self.settings().apply_principal_arns.iter();
        let mut running: Vec<Principal> = applies.map(|arn| Principal::from_arn(arn)).collect();
        let caller = self.connection().check().await;
        running.extend(caller.acting.principal.clone());
        Facts { caller, running }
    }

    pub(super) async fn nodes(&self, unread: &mut Vec<String>) -> Nodes {
        let clock = self.session.clock().as_ref();
        let read = || self.kube.has_nodes();
        match self.later.nodes.get(clock, read).await.as_ref() {
            Ok(true) => Nodes::Some,
            Ok(false) => Nodes::None,
            Err(error) => {
                unread.push(unreadable("the nodes", error));
                Nodes::Unreadable
            }
        }
    }

    /// A plan is judged by one reading of RBAC, however many changes it has; a write by one of this moment.
    fn rbac_is_asked_for(&self) -> Asked {
        match self.turn.plan().is_over() {
            true => Asked::AtPlan,
            false => Asked::ThroughoutPlan,
        }
    }

    /// Every list of RBAC that is judged, as it was read last. What this configuration has changed since is read anew.
    pub(super) async fn rbac_lists(&self) -> Lists {
        self.forget_changed_rbac().await;
        let (asked, clock) = (self.rbac_is_asked_for(), self.session.clock().as_ref());
        let read = || Lists::of_kube_system(self.kube.as_ref());
        let of_kube_system = self.later.rbac_of_kube_system.get_for(asked, clock, read);
        let (of_cluster, of_kube_system) = tokio::join!(self.lists_of_cluster(), of_kube_system);
        let lists = of_cluster.as_ref().clone();
        lists.with_kube_system(of_kube_system.as_ref().clone())
    }

    /// What RBAC gives in the whole cluster, which decides who is an administrator.
    pub(super) async fn rbac_of_cluster(&self) -> ReadRbac {
        let of_cluster = self.lists_of_cluster().await;
        let lists = of_cluster.as_ref().clone();
        lists.completed(self.kube.as_ref(), &[]).await.into()
    }

    /// The same and what it gives in kube-system, which decides too who may write aws-auth. What could be read counts, whatever could not.
    pub(super) async fn all_of_rbac(&self) -> ReadRbac {
        let lists = self.rbac_lists().await;
        lists.completed(self.kube.as_ref(), &[]).await.into()
    }

    async fn lists_of_cluster(&self) -> Arc<Lists> {
        let (asked, clock) = (self.rbac_is_asked_for(), self.session.clock().as_ref());
        let read = || Lists::of_cluster(self.kube.as_ref());
        let last = &self.later.rbac_of_cluster;
        last.get_for(asked, clock, read).await
    }

    pub(super) async fn may_write(&self) -> Option<bool> {
        let clock = self.session.clock().as_ref();
        let connection = self.connection();
        let read = || connection.may_write();
        *self.later.may_write.get(clock, read).await
    }

    pub(super) async fn is_admin(&self) -> Option<bool> {
        let clock = self.session.clock().as_ref();
        let connection = self.connection();
        let read = || connection.is_admin();
        *self.later.is_admin.get(clock, read).await
    }

    /// Whether the API server admits whoever acts as the same principal by a token that it has not seen.
    ///
    /// # Errors
    /// Why that could not be found out.
    pub(super) async fn is_admitted_anew(&self, principal: &Principal) -> Result<bool, String> {
        let clock = self.session.clock().as_ref();
        let connection = self.connection();
        let read = || connection.identify_anew();
        let anew = self.later.anew.get(clock, read).await;
        let found = anew.as_ref().as_ref().map_err(Clone::clone)?;
        Ok(found.as_ref() == Some(principal))
    }

    pub(super) async fn roles(&self) -> Knowledge<Roles> {
        let clock = self.session.clock().as_ref();
        let read = || self.read_roles();
        self.later.roles.get(clock, read).await.as_ref().clone()
    }

    /// The roles of the cluster's account, or why they cannot be listed in time.
    async fn read_roles(&self) -> Knowledge<Roles> {
        let credentials = &self.role_listing_credentials;
        let listed = tokio::select! {
            biased;
            listed = self.roles.under(credentials, "/") => listed,
            () = self.session.clock().sleep(LONGEST) => {
                return Knowledge::Unreadable("IAM did not answer in time".to_owned());
            }
        };
        match listed {
            Ok(roles) => {
                let facts = roles
                    .iter()
                    .map(|role| (role.name.clone(), role.created_at));
                Knowledge::Known(Roles::new(&self.account, facts))
            }
            Err(error) => Knowledge::Unreadable(unreadable("the roles of IAM", &error)),
        }
    }

    /// Whether a user of the cluster's account exists, or why that cannot be told.
    pub(super) async fn has_user(&self, user: &Principal) -> Knowledge<bool> {
        let slot = {
            let mut slots = self.later.users.lock().await;
            slots.entry(user.arn.clone()).or_default().clone()
        };
        let clock = self.session.clock().as_ref();
        slot.get(clock, || self.read_user(user))
            .await
            .as_ref()
            .clone()
    }

    /// A name is one user's, whatever the path; a user of that name under another path is somebody else.
    async fn read_user(&self, user: &Principal) -> Knowledge<bool> {
        let name = user.arn.rsplit('/').next().unwrap_or_default();
        let found = tokio::select! {
            biased;
            found = self.roles.user_arn(&self.role_listing_credentials, name) => found,
            () = self.session.clock().sleep(LONGEST) => {
                return Knowledge::Unreadable("IAM did not answer in time".to_owned());
            }
        };
        match found {
            Ok(found) => Knowledge::Known(found.is_some_and(|arn| arn == user.arn)),
            Err(error) => {
                let what = format!("the user `{name}` of IAM");
                Knowledge::Unreadable(unreadable(&what, &error))
            }
        }
    }

    /// What single users may do, as far as the API server says it; once it does not, nobody else is asked for. Too many are left alone.
    pub(super) async fn review(&self, users: &[KubernetesUser]) -> BTreeMap<KubernetesUser, Power> {
        let mut reviewed = BTreeMap::new();
        if users.len() > MOST_REVIEWED {
            return reviewed;
        }
        let clock = self.session.clock().as_ref();
        let connection = self.connection();
        for user in users {
            let slot = {
                let mut slots = self.later.reviewed.lock().await;
                slots.entry(user.clone()).or_default().clone()
            };
            match *slot.get(clock, || connection.power_of(user)).await {
                Ok(power) => reviewed.insert(user.clone(), power),
                Err(_) => break,
            };
        }
        reviewed
    }
}
