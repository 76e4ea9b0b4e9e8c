//! The Pod Identity associations of a cluster: which service accounts get a role by EKS itself.
//!
//! What surprises: the list names no roles, so each association of an account that is asked about is read by itself, a bounded number of them. What may
//! not be read is named and never taken for no association. API actions: `eks:ListPodIdentityAssociations`, `eks:DescribePodIdentityAssociation`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt, stream};

use crate::access::cluster_access::{PARALLEL_CALLS, unreadable};
use crate::clusters::FoundCluster;
use crate::ports::EksApi;
use crate::ports::eks::{ListedAssociation, PodIdentityAssociation};

/// Associations that are read one by one at most; a quota of EKS allows 5,000.
const MOST_READ: usize = 500;

/// A service account by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountName {
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name in there.
    pub(crate) name: String,
}

impl AccountName {
    /// The subject of its tokens.
    pub(crate) fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }
}

/// An association that is asked about.
struct Asked {
    account: AccountName,
    id: String,
}

/// What is known of an association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundAssociation {
    /// It was read.
    Read(Box<PodIdentityAssociation>),
    /// There is one; which role it gives could not be read, and why.
    Unread(String),
}

/// The associations of a cluster by account; an error is what could not be read, as a sentence's beginning.
pub(crate) type Associations = Result<BTreeMap<AccountName, FoundAssociation>, String>;

/// The associations of some accounts; of one namespace where that is named.
pub(crate) async fn read_associations(
    cluster: &FoundCluster,
    namespace: Option<&str>,
    accounts: &BTreeSet<AccountName>,
) -> Associations {
    let eks = cluster.eks();
    let name = cluster.reference.name.as_str();
    let listed = eks
        .list_pod_identity_associations(name, namespace)
        .await
        .map_err(|error| unreadable("the Pod Identity associations", &error))?;
    let asked = listed
        .into_iter()
        .filter(|listed| accounts.contains(&account_of(listed)));
    Ok(read_listed(cluster, asked.collect()).await)
}

/// What is known of associations that a list has named, but for those that are gone meanwhile.
pub(crate) async fn read_listed(
    cluster: &FoundCluster,
    listed: Vec<ListedAssociation>,
) -> BTreeMap<AccountName, FoundAssociation> {
    let asked = listed.into_iter().map(|listed| Asked {
        account: account_of(&listed),
        id: listed.id,
    });
    let name = cluster.cluster.name.as_str();
    read_each(cluster.eks(), name, asked.collect()).await
}

fn account_of(listed: &ListedAssociation) -> AccountName {
    AccountName {
        namespace: listed.namespace.clone(),
        name: listed.service_account.clone(),
    }
}

async fn read_each(
    eks: Arc<dyn EksApi>,
    cluster: &str,
    asked: Vec<Asked>,
) -> BTreeMap<AccountName, FoundAssociation> {
    let mut found = BTreeMap::new();
    let mut rest = asked.into_iter();
    // Whoever may not read the first one may hardly read another.
    let first = loop {
        let Some(Asked { account, id }) = rest.next() else {
            return found;
        };
        if let Some(first) = read_one(eks.as_ref(), cluster, &id).await {
            found.insert(account, first.clone());
            break first;
        }
    };
    let reason = match first {
        FoundAssociation::Unread(reason) => Some(reason),
        FoundAssociation::Read(_) if rest.len() >= MOST_READ => Some(format!(
            "the role of the association could not be read: there are more than {MOST_READ}, too many to read one by one; `namespace` makes them fewer"
        )),
        FoundAssociation::Read(_) => None,
    };
    if let Some(reason) = reason {
        let unread = |asked: Asked| (asked.account, FoundAssociation::Unread(reason.clone()));
        found.extend(rest.map(unread));
        return found;
    }
    let read = stream::iter(rest).map(|Asked { account, id }| {
        let eks = eks.clone();
        async move { Some((account, read_one(eks.as_ref(), cluster, &id).await?)) }
    });
    let read: Vec<_> = read.buffered(PARALLEL_CALLS).collect().await;
    found.extend(read.into_iter().flatten());
    found
}

/// `None`: it was deleted after the list.
async fn read_one(eks: &dyn EksApi, cluster: &str, id: &str) -> Option<FoundAssociation> {
    match eks.describe_pod_identity_association(cluster, id).await {
        Ok(found) => found.map(|found| FoundAssociation::Read(Box::new(found))),
        Err(error) => Some(FoundAssociation::Unread(unreadable(
            "the role of the association",
            &error,
        ))),
    }
}
