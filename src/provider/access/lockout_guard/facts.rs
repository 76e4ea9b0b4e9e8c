//! What the guard reads, and when: who acts and what RBAC says once somebody would lose something; nodes, IAM's roles and single access entries only
//! where the judgement turns on them. Everything is read once for all who ask within a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::access::findings::Roles;
use eksauth_core::access::lockout::{
    Circumstances, IamPrincipals, KubernetesUser, Nodes, Power, Rbac, TurnsOn,
};
use tokio::sync::Mutex;

use super::ClusterGuard;
use crate::access::caller_check::{ActingConnection, CallerCheck};
use crate::access::cluster_access::{read_access_entry, unreadable};
use crate::ports::ApiError;
use crate::session::recent::Recent;

/// A network without a way to IAM is common beside private clusters.
const LONGEST: Duration = Duration::from_secs(15);
/// More principals than this are not asked for one by one.
const MOST_DESCRIBED: usize = 8;

/// More users than this are not asked for one by one.
const MOST_REVIEWED: usize = 4;

/// What is read once somebody would lose something.
pub(super) struct Facts {
    pub(super) caller: CallerCheck,
    pub(super) running: Vec<Principal>,
    pub(super) rbac: Rbac,
    pub(super) unread: Vec<String>,
}

impl Facts {
    /// Who runs this step; it is among those who apply.
    pub(super) fn you(&self) -> Option<&str> {
        let principal = self.caller.acting.principal.as_ref()?;
        Some(&principal.arn)
    }
}

/// What is read where a judgement turns on it.
#[derive(Default)]
pub(super) struct LaterFacts {
    nodes: Recent<Result<bool, ApiError>>,
    is_admin: Recent<Option<bool>>,
    roles: Recent<Knowledge<Roles>>,
    described: Mutex<BTreeMap<Principal, Arc<DescribedEntry>>>,
    reviewed: Mutex<BTreeMap<KubernetesUser, Arc<ReviewedPower>>>,
}

type DescribedEntry = Recent<Result<Option<AccessEntry>, ApiError>>;

type ReviewedPower = Recent<Result<Power, ApiError>>;

impl ClusterGuard {
    pub(super) fn connection(&self) -> ActingConnection<'_> {
        ActingConnection {
            kube: self.kube.as_ref(),
            access: &self.access,
            session: &self.session,
        }
    }

    pub(super) async fn read_facts(&self) -> Facts {
        let mut unread = Vec::new();
        let mut running: Vec<Principal> = self
            .settings()
            .apply_principal_arns
            .iter()
            .map(|arn| Principal::from_arn(arn))
            .collect();
        let connection = self.connection();
        let (caller, objects) = tokio::join!(connection.check(), self.kube.rbac_objects());
        running.extend(caller.acting.principal.clone());
        unread.extend(caller.unread.clone());
        let rbac = match objects {
            Ok(objects) => Rbac::from_objects(&objects),
            Err(error) => {
                unread.push(unreadable("RBAC", &error));
                Rbac::default()
            }
        };
        Facts {
            caller,
            running,
            rbac,
            unread,
        }
    }

    /// Adds what a judgement turns on.
    pub(super) async fn add_later_facts(
        &self,
        circumstances: &mut Circumstances,
        turns_on: TurnsOn,
        unread: &mut Vec<String>,
    ) {
        if turns_on.nodes {
            circumstances.nodes = self.nodes(unread).await;
        }
        if turns_on.admins {
            let (is_admin, roles) = tokio::join!(self.is_admin(), self.roles());
            if let Some(acting) = &mut circumstances.acting {
                acting.is_admin = is_admin;
            }
            circumstances.iam = IamPrincipals {
                roles,
                ..IamPrincipals::default()
            };
        }
    }

    async fn nodes(&self, unread: &mut Vec<String>) -> Nodes {
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

    async fn is_admin(&self) -> Option<bool> {
        let clock = self.session.clock().as_ref();
        let connection = self.connection();
        *self
            .later
            .is_admin
            .get(clock, || connection.is_admin())
            .await
    }

    async fn roles(&self) -> Knowledge<Roles> {
        let clock = self.session.clock().as_ref();
        let read = || self.read_roles();
        self.later.roles.get(clock, read).await.as_ref().clone()
    }

    /// The roles of the cluster's account, for a reason that can be read where they cannot be listed in time.
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

    /// An access entry has the role's path, which its canonical ARN lacks; where IAM does not list it the canonical ARN is asked for.
    async fn arn_with_path(&self, principal: &Principal) -> String {
        let listed = self.roles.under(&self.role_listing_credentials, "/").await;
        let roles = listed.unwrap_or_default();
        roles
            .iter()
            .find(|role| Principal::from_arn(&role.arn) == *principal)
            .map_or_else(|| principal.arn.clone(), |role| role.arn.clone())
    }

    /// The access entries of single principals, as far as they are described; too many are left alone.
    pub(super) async fn describe(
        &self,
        principals: &[Principal],
    ) -> BTreeMap<Principal, Option<AccessEntry>> {
        if principals.len() > MOST_DESCRIBED {
            return BTreeMap::new();
        }
        let clock = self.session.clock().as_ref();
        let mut described = BTreeMap::new();
        for principal in principals {
            let slot = {
                let mut slots = self.later.described.lock().await;
                slots.entry(principal.clone()).or_default().clone()
            };
            let arn = self.arn_with_path(principal).await;
            let read = || read_access_entry(self.eks.clone(), &self.cluster, arn);
            if let Ok(entry) = slot.get(clock, read).await.as_ref() {
                described.insert(principal.clone(), entry.clone());
            }
        }
        described
    }
}
