use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use eksauth_provider::ports::ErrorKind;
use eksauth_provider::ports::iam::Role;
use futures_util::future::join_all;

use super::*;
use crate::test_clock::TestClock;

/// An account with numbered roles; pages hold `page_size` of them.
struct Account {
    roles: usize,
    page_size: usize,
    /// What the caller may not do, `iam:ListRoles`.
    denied: Vec<&'static str>,
    singles: AtomicUsize,
    pages: AtomicUsize,
}

impl Account {
    fn with(roles: usize, page_size: usize) -> Self {
        Self {
            roles,
            page_size,
            denied: Vec::new(),
            singles: AtomicUsize::new(0),
            pages: AtomicUsize::new(0),
        }
    }

    fn page(
        &self,
        action: &'static str,
        marker: Option<String>,
    ) -> Result<(Vec<usize>, Option<String>), ApiError> {
        self.pages.fetch_add(1, Ordering::SeqCst);
        if self.denied.contains(&action) {
            return Err(ApiError::new(ErrorKind::AccessDenied, action, "no"));
        }
        let start: usize = marker.map_or(0, |marker| marker.parse().unwrap());
        let end = (start + self.page_size).min(self.roles);
        Ok((
            (start..end).collect(),
            (end < self.roles).then(|| end.to_string()),
        ))
    }
}

fn details(number: usize) -> RoleDetails {
    RoleDetails {
        role: Role {
            name: format!("role-{number}"),
            arn: format!("arn:aws:iam::111122223333:role/role-{number}"),
            unique_id: format!("AROA{number}"),
            path: "/".to_owned(),
            assume_role_policy: "{}".to_owned(),
            description: format!("number {number}"),
            max_session_duration: 7200,
            permissions_boundary: None,
            tags: BTreeMap::new(),
            created_at: 0,
        },
        attached_policies: BTreeSet::from(["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()]),
        inline_policies: Some(BTreeMap::from([("one".to_owned(), "{}".to_owned())])),
    }
}

fn skipped(number: usize) -> RoleDetails {
    RoleDetails {
        inline_policies: None,
        ..details(number)
    }
}

#[async_trait]
impl RoleSource for Account {
    async fn single(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError> {
        self.singles.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let number: usize = name.strip_prefix("role-").unwrap().parse().unwrap();
        let found = (number < self.roles).then(|| details(number));
        Ok(found.map(|found| RoleDetails {
            inline_policies: found
                .inline_policies
                .filter(|_| inline_policies == InlinePolicies::Read),
            ..found
        }))
    }

    async fn details_page(&self, marker: Option<String>) -> Result<Page<RoleDetails>, ApiError> {
        tokio::task::yield_now().await;
        let (numbers, next) = self.page("iam:GetAccountAuthorizationDetails", marker)?;
        let half = |number| {
            let whole = details(number);
            RoleDetails {
                role: Role {
                    description: String::new(),
                    max_session_duration: 3600,
                    ..whole.role
                },
                ..whole
            }
        };
        Ok(Page {
            items: numbers.into_iter().map(half).collect(),
            next,
        })
    }

    async fn listing_page(&self, marker: Option<String>) -> Result<Page<Listing>, ApiError> {
        tokio::task::yield_now().await;
        let (numbers, next) = self.page("iam:ListRoles", marker)?;
        let listing = |number| Listing {
            unique_id: format!("AROA{number}"),
            description: format!("number {number}"),
            max_session_duration: 7200,
        };
        Ok(Page {
            items: numbers.into_iter().map(listing).collect(),
            next,
        })
    }
}

fn reader(account: Account) -> (Arc<RoleReader<Account>>, Arc<TestClock>) {
    let clock = Arc::new(TestClock::new());
    (
        Arc::new(RoleReader::new(
            account,
            Arc::clone(&clock) as Arc<dyn Clock>,
        )),
        clock,
    )
}

/// Reads roles as Terraform does, ten at a time.
async fn refresh(
    reader: &RoleReader<Account>,
    numbers: impl Iterator<Item = usize>,
) -> Vec<RoleDetails> {
    let mut found = Vec::new();
    let numbers: Vec<usize> = numbers.collect();
    for ten in numbers.chunks(10) {
        let reads = ten.iter().map(|number| async move {
            reader
                .read(&format!("role-{number}"), InlinePolicies::Skip)
                .await
        });
        found.extend(
            join_all(reads)
                .await
                .into_iter()
                .map(|read| read.unwrap().unwrap()),
        );
    }
    found
}

fn calls(reader: &RoleReader<Account>) -> (usize, usize) {
    (
        reader.source().singles.load(Ordering::SeqCst),
        reader.source().pages.load(Ordering::SeqCst),
    )
}

#[tokio::test]
async fn a_refresh_of_a_hundred_roles_takes_three_single_reads_and_two_pages() {
    let (reader, _) = reader(Account::with(100, 1000));
    let found = refresh(&reader, 0..100).await;
    assert_eq!(found, (0..100).map(skipped).collect::<Vec<_>>());
    assert_eq!(calls(&reader), (3, 2));
}

#[tokio::test]
async fn one_role_is_read_singly() {
    let (reader, _) = reader(Account::with(100, 1000));
    assert_eq!(
        reader.read("role-7", InlinePolicies::Read).await,
        Ok(Some(details(7)))
    );
    assert_eq!(calls(&reader), (1, 0));
}

#[tokio::test]
async fn reads_that_come_far_apart_are_never_gathered() {
    let (reader, clock) = reader(Account::with(100, 1000));
    for number in 0..20 {
        assert_eq!(
            reader
                .read(&format!("role-{number}"), InlinePolicies::Skip)
                .await,
            Ok(Some(skipped(number)))
        );
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(calls(&reader), (20, 0));
}

#[tokio::test]
async fn inline_policies_come_with_a_snapshot_where_they_are_wanted() {
    let (reader, _) = reader(Account::with(100, 1000));
    refresh(&reader, 0..10).await;
    assert_eq!(
        reader.read("role-50", InlinePolicies::Read).await,
        Ok(Some(details(50)))
    );
    assert_eq!(calls(&reader), (3, 2));
}

#[tokio::test]
async fn a_role_that_is_in_no_list_is_read_singly() {
    let (reader, _) = reader(Account::with(20, 1000));
    refresh(&reader, 0..10).await;
    assert_eq!(reader.read("role-99", InlinePolicies::Skip).await, Ok(None));
    assert_eq!(calls(&reader), (4, 2));
}

#[tokio::test]
async fn a_role_that_was_written_is_read_singly_from_then_on() {
    let (reader, _) = reader(Account::with(20, 1000));
    refresh(&reader, 0..10).await;
    reader.written("role-5");
    assert_eq!(
        reader.read("role-5", InlinePolicies::Skip).await,
        Ok(Some(skipped(5)))
    );
    assert_eq!(calls(&reader), (4, 2));
}

#[tokio::test]
async fn a_snapshot_answers_for_five_seconds() {
    let (reader, clock) = reader(Account::with(20, 1000));
    refresh(&reader, 0..10).await;
    clock.advance(Duration::from_secs(5));
    reader.read("role-11", InlinePolicies::Skip).await.unwrap();
    assert_eq!(calls(&reader), (3, 2));
    clock.advance(Duration::from_secs(1));
    reader.read("role-12", InlinePolicies::Skip).await.unwrap();
    assert_eq!(calls(&reader), (4, 2));
}

#[tokio::test]
async fn a_caller_who_may_not_list_reads_singly_and_asks_once() {
    let lists = ["iam:GetAccountAuthorizationDetails", "iam:ListRoles"];
    for denied in [&lists[..1], &lists[1..], &lists[..]] {
        let (reader, clock) = reader(Account {
            denied: denied.to_vec(),
            ..Account::with(100, 1000)
        });
        let found = refresh(&reader, 0..100).await;
        assert_eq!(found.len(), 100, "without {denied:?}");
        clock.advance(Duration::from_secs(10));
        refresh(&reader, 0..10).await;
        let (singles, pages) = calls(&reader);
        // The list that is granted may have been asked for before the other's refusal came.
        assert_eq!((singles, pages <= 2), (110, true), "without {denied:?}");
    }
}

#[tokio::test]
async fn a_huge_account_is_not_paged_endlessly_for_a_few_roles() {
    let (reader, _) = reader(Account::with(5000, 100));
    let found = refresh(&reader, 4000..4010).await;
    assert_eq!(found, (4000..4010).map(skipped).collect::<Vec<_>>());
    let (singles, pages) = calls(&reader);
    assert_eq!(singles, 10);
    assert!(pages <= 14, "{pages} pages for 7 gathered reads");
}

#[tokio::test]
async fn roles_on_later_pages_are_found_while_paging_is_worth_it() {
    let (reader, _) = reader(Account::with(300, 100));
    let found = refresh(&reader, 0..300).await;
    assert_eq!(found, (0..300).map(skipped).collect::<Vec<_>>());
    assert_eq!(calls(&reader), (3, 6));
}

#[tokio::test]
async fn a_read_that_is_cancelled_leaves_the_others_their_snapshot() {
    let (reader, _) = reader(Account::with(100, 1000));
    refresh(&reader, 0..3).await;
    {
        let first = reader.read("role-3", InlinePolicies::Skip);
        let first = std::pin::pin!(first);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::future::Future::poll(first, &mut context).is_pending());
    }
    assert_eq!(
        reader.read("role-4", InlinePolicies::Skip).await,
        Ok(Some(skipped(4)))
    );
    assert_eq!(calls(&reader), (3, 2));
}
