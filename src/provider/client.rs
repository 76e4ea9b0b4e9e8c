//! What ConfigureProvider makes: the session, and on it the registries that know clusters, writers and roles.
//!
//! It belongs to that one call and never to the process, because a reattached process serves several configurations. Nothing below knows it:
//! clusters, writers and the guard are given the session and the registries they need.

use std::sync::Arc;

use tf_provider::Diagnostics;

use crate::access::access_entry_listing::AccessEntryListing;
use crate::access::access_policies::AccessPolicies;
use crate::access::access_turn::AccessTurns;
use crate::access::associated_policies::AssociatedPolicies;
use crate::access::confirmation::ClusterConfirmation;
use crate::access::entry_guard::{EntryGuard, EntryGuards};
use crate::access::entry_principals::EntryPrincipals;
use crate::access::group_warnings::GroupWarnings;
use crate::access::lockout_guard::ClusterGuard;
use crate::access::makings::Makings;
use crate::access::mode_guard::{ModeGuard, ModeGuards};
use crate::access::namespaces::Namespaces;
use crate::access::permission_set::PermissionSets;
use crate::access::planned_identities::PlannedIdentities;
use crate::access::pod_identity_listing::PodIdentityListing;
use crate::access::rbac_guard::{RbacGuard, RbacGuards};
use crate::access::rbac_listing::RbacListing;
use crate::access::replaced_entries::ReplacedEntries;
use crate::access::role_listing::RoleListing;
use crate::access::role_trust::TrustReader;
use crate::access::service_account_listing::ServiceAccountListing;
use crate::access::unauthorized::Unauthorized;
use crate::aws_auth::{AccessConfirmation, Guard, GuardAndExplainer, Writers};
use crate::clusters::{Clusters, FoundCluster};
use crate::config::Settings;
use crate::ports::sts::CallerIdentity;
use crate::ports::{ApiError, Clock, Cloud, IamApi, KubeApi};
use crate::session::account_objects::AccountObjects;
use crate::session::{CallerAccount, Session};

/// One provider configuration at work.
pub struct Client {
    session: Arc<Session>,
    clusters: Arc<Clusters>,
    aws_auth: Writers,
    roles: Arc<RoleListing>,
    account_objects: AccountObjects,
    makings: Makings,
    planned: PlannedIdentities,
    service_accounts: ServiceAccountListing,
    pod_identity: PodIdentityListing,
    rbac_objects: RbacListing,
    namespaces: Namespaces,
    rbac_guards: RbacGuards,
    entry_guards: EntryGuards,
    access_entries: AccessEntryListing,
    access_policies: AccessPolicies,
    associated_policies: AssociatedPolicies,
    replaced_entries: ReplacedEntries,
    mode_guards: ModeGuards,
    group_warnings: GroupWarnings,
}

impl Client {
    /// A client. `cloud` is `None` while the provider block is not wholly known: then nothing is asked of anyone.
    pub fn new(settings: Settings, cloud: Option<Arc<dyn Cloud>>, clock: Arc<dyn Clock>) -> Self {
        let session = Arc::new(Session::new(settings, cloud, clock));
        let clusters = Arc::new(Clusters::new(session.clone()));
        let roles = Arc::new(RoleListing::new(session.clone()));
        let turns = Arc::new(AccessTurns::default());
        Self {
            aws_auth: Writers::new(
                clusters.clone(),
                guard_and_explainer(session.clone(), roles.clone(), turns.clone()),
            ),
            account_objects: AccountObjects::default(),
            makings: Makings::new(session.clone()),
            rbac_guards: RbacGuards::new(session.clone(), roles.clone(), turns.clone()),
            entry_guards: EntryGuards::new(session.clone(), roles.clone(), turns.clone()),
            access_entries: AccessEntryListing::new(session.clone()),
            access_policies: AccessPolicies::new(session.clone()),
            associated_policies: AssociatedPolicies::new(session.clone()),
            replaced_entries: ReplacedEntries::default(),
            mode_guards: ModeGuards::new(session.clone(), roles.clone(), turns),
            roles,
            planned: PlannedIdentities::default(),
            service_accounts: ServiceAccountListing::new(session.clone()),
            pod_identity: PodIdentityListing::new(session.clone()),
            rbac_objects: RbacListing::new(session.clone()),
            namespaces: Namespaces::new(session.clone()),
            group_warnings: GroupWarnings::new(session.clone()),
            clusters,
            session,
        }
    }

    /// Settings, clients, clock and caller.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The clusters that this configuration can name.
    pub fn clusters(&self) -> &Clusters {
        &self.clusters
    }

    /// Who writes aws-auth, one per cluster.
    pub fn aws_auth(&self) -> &Writers {
        &self.aws_auth
    }

    /// The roles of the accounts that clusters are in.
    pub fn roles(&self) -> &Arc<RoleListing> {
        &self.roles
    }

    /// What this plan will make of roles and OIDC providers.
    pub(crate) fn planned(&self) -> &PlannedIdentities {
        &self.planned
    }

    /// The service accounts of clusters.
    pub(crate) fn service_accounts(&self) -> &ServiceAccountListing {
        &self.service_accounts
    }

    /// The Pod Identity associations of clusters.
    pub(crate) fn pod_identity(&self) -> &PodIdentityListing {
        &self.pod_identity
    }

    /// The roles and bindings of clusters.
    pub(crate) fn rbac_objects(&self) -> &RbacListing {
        &self.rbac_objects
    }

    /// The namespaces of clusters.
    pub(crate) fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// What this plan says of groups.
    pub(crate) fn group_warnings(&self) -> &GroupWarnings {
        &self.group_warnings
    }

    /// Who judges changes of a cluster's roles and bindings.
    pub(crate) fn rbac_guard(
        &self,
        cluster: &FoundCluster,
        kube: &Arc<dyn KubeApi>,
    ) -> Arc<RbacGuard> {
        self.rbac_guards.of_cluster(cluster, kube)
    }

    /// Who judges steps of a cluster's authentication mode.
    pub(crate) fn mode_guard(&self, cluster: &FoundCluster) -> ModeGuard {
        self.mode_guards.of_cluster(cluster)
    }

    /// Who judges changes of a cluster's access entries.
    pub(crate) fn entry_guard(&self, cluster: &FoundCluster) -> Arc<EntryGuard> {
        self.entry_guards.of_cluster(cluster)
    }

    /// The roles and users of the account that a cluster is in, as its access entries name them.
    pub(crate) fn entry_principals<'a>(&'a self, cluster: &'a FoundCluster) -> EntryPrincipals<'a> {
        EntryPrincipals {
            session: &self.session,
            roles: &self.roles,
            cluster,
        }
    }

    /// The policies of access entries.
    pub(crate) fn associated_policies(&self) -> &AssociatedPolicies {
        &self.associated_policies
    }

    /// The access entries that this apply has removed to make them again.
    pub(crate) fn replaced_entries(&self) -> &ReplacedEntries {
        &self.replaced_entries
    }

    /// Who has an access entry.
    pub(crate) fn access_entry_listing(&self) -> &AccessEntryListing {
        &self.access_entries
    }

    /// The access policies that there are.
    pub(crate) fn access_policies(&self) -> &AccessPolicies {
        &self.access_policies
    }

    /// Whether roles let service accounts of a cluster in.
    pub(crate) fn role_trust<'a>(&'a self, cluster: &'a FoundCluster) -> TrustReader<'a> {
        TrustReader {
            session: &self.session,
            planned: &self.planned,
            cluster,
        }
    }

    /// Why a cluster's API server refuses a call, as a practitioner reads it.
    pub(crate) fn unauthorized(&self, cluster: &FoundCluster) -> Unauthorized {
        Unauthorized::new(self.session.clone(), cluster)
    }

    /// The roles of permission sets.
    pub(crate) fn permission_sets(&self) -> PermissionSets<'_> {
        PermissionSets {
            clusters: &self.clusters,
            roles: &self.roles,
        }
    }

    /// What this run has seen of the account's objects.
    pub(crate) fn account_objects(&self) -> &AccountObjects {
        &self.account_objects
    }

    /// What was made of access in this apply.
    pub(crate) fn makings(&self) -> &Makings {
        &self.makings
    }

    /// [`Session::settings`].
    pub fn settings(&self) -> &Settings {
        self.session.settings()
    }

    /// [`Session::cloud`].
    pub fn cloud(&self) -> Option<&Arc<dyn Cloud>> {
        self.session.cloud()
    }

    /// [`Session::clock`].
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.session.clock()
    }

    /// [`Session::identity`].
    ///
    /// # Errors
    /// As there.
    pub async fn identity(&self) -> Result<CallerIdentity, ApiError> {
        self.session.identity().await
    }

    /// [`Session::identity_or_failure`].
    ///
    /// # Errors
    /// As there.
    pub async fn identity_or_failure(&self) -> Result<CallerIdentity, Diagnostics> {
        self.session.identity_or_failure().await
    }

    /// [`Session::caller_account`].
    ///
    /// # Errors
    /// As there.
    pub async fn caller_account(&self) -> Result<CallerAccount, Diagnostics> {
        self.session.caller_account().await
    }

    /// [`Session::check_account`].
    ///
    /// # Errors
    /// As there.
    pub async fn check_account(&self, arn: &str) -> Result<(), Diagnostics> {
        self.session.check_account(arn).await
    }

    /// [`Session::check_account_of_import`].
    ///
    /// # Errors
    /// As there.
    pub async fn check_account_of_import(&self, arn: &str) -> Result<(), Diagnostics> {
        self.session.check_account_of_import(arn).await
    }

    /// [`Session::admitted`].
    ///
    /// # Errors
    /// As there.
    pub async fn admitted(&self) -> Result<&Arc<dyn Cloud>, ApiError> {
        self.session.admitted().await
    }

    /// [`Session::iam`].
    ///
    /// # Errors
    /// As there.
    pub async fn iam(&self) -> Result<Arc<dyn IamApi>, ApiError> {
        self.session.iam().await
    }
}

impl AsRef<Session> for Client {
    fn as_ref(&self) -> &Session {
        &self.session
    }
}

impl AsRef<Settings> for Client {
    fn as_ref(&self) -> &Settings {
        self.session.settings()
    }
}

/// Who judges and confirms the writes of a cluster, unless the provider block turns the guard off, and who explains the API server's refusals.
fn guard_and_explainer(
    session: Arc<Session>,
    roles: Arc<RoleListing>,
    turns: Arc<AccessTurns>,
) -> impl Fn(&FoundCluster, &Arc<dyn KubeApi>) -> GuardAndExplainer {
    move |cluster, kube| {
        let guard = ClusterGuard::new(session.clone(), cluster, kube.clone(), roles.clone());
        let turn = turns.of_cluster(&cluster.reference);
        let guard = guard.map(|guard| Arc::new(guard.taking_turns(turn)));
        let explainer = Arc::new(Unauthorized::new(session.clone(), cluster));
        let confirmation =
            ClusterConfirmation::new(session.clone(), cluster, guard.clone(), explainer.clone());
        let confirmation = confirmation.map(Arc::new);
        GuardAndExplainer {
            guard: guard.map(|guard| guard as Arc<dyn Guard>),
            explainer: Some(match &confirmation {
                Some(confirmation) => confirmation.clone(),
                None => explainer,
            }),
            confirmation: confirmation.map(|one| one as Arc<dyn AccessConfirmation>),
        }
    }
}
