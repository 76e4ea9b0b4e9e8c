//! Asking step by step finds what reading everything at once finds.

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::findings::Roles;
use eksauth_core::access::lockout::{
    ActingIdentity, CallerSession, Circumstances, IamPrincipals, Nodes, Rbac, assess, may_take_away,
};
use eksauth_core::aws_auth::read;

use super::cases::{acts, entry, ids_in, put_cluster};
use super::*;
use crate::fakes::FakeReviews;

const NAMES: [&str; 5] = ["ops", "admins", "viewer", "nodes", "ghost"];

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(all.len() as u64)).unwrap();
        all[index]
    }

    fn is(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

struct World {
    before: String,
    after: String,
    entries: Vec<AccessEntry>,
    rbac: RbacObjects,
    has_nodes: bool,
    acting: &'static str,
    may: Vec<&'static str>,
    protected: Option<String>,
    lockout_guard: LockoutGuard,
}

fn document(chance: &mut Chance) -> String {
    let mut text = String::new();
    for name in NAMES {
        if chance.is(60) {
            let group = chance.one_of(&[
                "system:masters",
                "viewers",
                "editors",
                "admins",
                "system:nodes",
            ]);
            let username = match chance.is(20) {
                true => "system:node:{{EC2PrivateDNSName}}",
                false => "somebody",
            };
            text.push_str(&entry(&arn(name), username, group));
        }
    }
    match text.as_str() {
        "" => "[]".to_owned(),
        _ => text,
    }
}

fn access_entry(chance: &mut Chance, name: &str) -> AccessEntry {
    let policy = |name: &str, namespaces: &[&str]| AccessPolicy {
        policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
        namespaces: namespaces.iter().map(ToString::to_string).collect(),
    };
    let policies = match chance.below(4) {
        0 => vec![policy("AmazonEKSClusterAdminPolicy", &[])],
        1 => vec![policy("AmazonEKSClusterAdminPolicy", &["default"])],
        2 => vec![policy("AmazonEKSViewPolicy", &[])],
        _ => Vec::new(),
    };
    AccessEntry {
        created_at: None,
        principal_arn: format!("arn:aws:iam::111122223333:role/people/{name}"),
        kind: "STANDARD".to_owned(),
        username: "by-entry".to_owned(),
        groups: vec![chance.one_of(&["admins", "viewers"]).to_owned()],
        policies,
    }
}

fn rbac(chance: &mut Chance) -> RbacObjects {
    let all = || vec!["*".to_owned()];
    let rule = |verbs: Vec<String>, groups: Vec<String>, resources: Vec<String>| PolicyRule {
        verbs,
        api_groups: groups,
        resources,
        resource_names: Vec::new(),
    };
    let role = |name: &str, rule| Role {
        name: name.to_owned(),
        rules: vec![rule],
        ..Role::default()
    };
    let binding = |is_of_cluster: bool, role: &str, group: &str| Binding {
        refers_to_cluster_role: is_of_cluster,
        role: role.to_owned(),
        subjects: vec![Subject::Group(group.to_owned())],
    };
    let edits = || {
        rule(
            vec!["get".to_owned(), "patch".to_owned()],
            vec![String::new()],
            vec!["configmaps".to_owned()],
        )
    };
    let mut objects = RbacObjects {
        cluster_roles: vec![
            role("all", rule(all(), all(), all())),
            role("edit", edits()),
        ],
        roles: vec![role("edit", edits())],
        ..RbacObjects::default()
    };
    if chance.is(40) {
        objects
            .cluster_role_bindings
            .push(binding(true, "all", "admins"));
    }
    if chance.is(40) {
        let is_of_cluster = chance.is(50);
        objects
            .role_bindings
            .push(binding(is_of_cluster, "edit", "editors"));
    }
    objects
}

fn world(seed: u64) -> World {
    let chance = &mut Chance(seed);
    let before = document(chance);
    let mut entries = Vec::new();
    for name in NAMES.into_iter().chain(["person"]) {
        if chance.is(25) {
            entries.push(access_entry(chance, name));
        }
    }
    World {
        after: document(chance),
        before,
        entries,
        rbac: rbac(chance),
        has_nodes: chance.is(50),
        acting: ["ops", "admins", "creator"][usize::try_from(chance.below(3)).unwrap()],
        may: match chance.below(3) {
            0 => Vec::new(),
            1 => vec!["patch configmaps"],
            _ => vec!["patch configmaps", "* *"],
        },
        protected: chance.is(30).then(|| arn("viewer")),
        lockout_guard: match chance.is(30) {
            true => LockoutGuard::Strict,
            false => LockoutGuard::Error,
        },
    }
}

/// Everything is read before anything is judged.
fn all_at_once(world: &World) -> Vec<String> {
    let view = |text: &str| ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        aws_auth: Knowledge::Known(read(&BTreeMap::from([(
            "mapRoles".to_owned(),
            text.to_owned(),
        )]))),
        access_entries: Knowledge::Known(world.entries.clone()),
    };
    let acting = Principal::from_arn(&arn(world.acting));
    let existing = ["ops", "admins", "viewer", "nodes", "person"].map(|name| (name.to_owned(), 0));
    let mut circumstances = Circumstances {
        cluster: "prod".to_owned(),
        partition: Some(Partition::Aws),
        running: vec![acting.clone()],
        acting: Some(ActingIdentity {
            principal: Some(acting),
            session: Some(CallerSession {
                account: ACCOUNT.to_owned(),
                session_name: "s1".to_owned(),
                ..CallerSession::default()
            }),
            is_admitted: Some(true),
            may_write: None,
            is_admin: Some(world.may.contains(&"* *")),
            ..ActingIdentity::default()
        }),
        protected: world
            .protected
            .iter()
            .map(|arn| Principal::from_arn(arn))
            .collect(),
        rbac: Rbac::from_objects(&world.rbac),
        nodes: if world.has_nodes {
            Nodes::Some
        } else {
            Nodes::None
        },
        iam: IamPrincipals {
            roles: Knowledge::Known(Roles::new("111122223333", existing)),
            ..IamPrincipals::default()
        },
        unread: match world.lockout_guard {
            LockoutGuard::Strict => eksauth_core::access::lockout::Unread::Against,
            _ => eksauth_core::access::lockout::Unread::Open,
        },
        ..Circumstances::default()
    };
    let (before, after) = (view(&world.before), view(&world.after));
    if !may_take_away(&before, &after) {
        return Vec::new();
    }
    // What the rules say that it may do the API server is not asked to confirm.
    let turns_on = assess(&before, &after, &circumstances).turns_on;
    if let (true, Some(acting)) = (turns_on.own_power, &mut circumstances.acting) {
        acting.may_write = Some(world.may.contains(&"patch configmaps"));
    }
    let found = assess(&before, &after, &circumstances);
    let errors = found.of_severity(Severity::Error);
    ids(if errors.is_empty() {
        found.of_severity(Severity::Warning)
    } else {
        errors
    })
}

/// A finding is told once for all whom it is about.
fn ids(findings: Vec<&Finding>) -> Vec<String> {
    let ids: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding.id != FindingId::ProtectedHasNone)
        .map(|finding| finding.id.to_string())
        .collect();
    ids.into_iter().collect()
}

/// Whatever is asked for step by step.
async fn step_by_step(world: &World) -> Vec<String> {
    let cloud = Arc::new(FakeCloud::default());
    put_cluster(&cloud);
    for name in ["ops", "admins", "viewer", "nodes", "person"] {
        make_role(&cloud.iam, ACCOUNT, "/people/", name);
    }
    acts(&cloud, Some(&arn(world.acting)), &world.may);
    cloud.kubernetes.set_reviews(FakeReviews {
        others: None,
        ..cloud.kubernetes.reviews()
    });
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(world.rbac.clone()),
        has_nodes: Some(world.has_nodes),
    });
    for entry in &world.entries {
        cloud.eks.admit(AccessEntry {
            policies: Vec::new(),
            ..entry.clone()
        });
        for policy in &entry.policies {
            cloud.eks.associate(&entry.principal_arn, policy.clone());
        }
    }
    let guard = ClusterGuard {
        mode: AuthenticationMode::ApiAndConfigMap,
        ..guard(
            &cloud,
            Settings {
                lockout_guard: world.lockout_guard,
                protected_principals: world.protected.iter().cloned().collect(),
                ..FakeCloud::settings()
            },
        )
    };
    let judged = judge(&guard, &world.before, &world.after).await;
    let said = judged.unwrap_or_else(|error| error);
    let ids: BTreeSet<String> = ids_in(&said)
        .into_iter()
        .filter(|id| id != "lockout.protected-without-access")
        .collect();
    ids.into_iter().collect()
}

#[tokio::test]
async fn step_by_step_finds_what_is_found_all_at_once() {
    for seed in 0..500 {
        let world = world(seed);
        let (expected, found) = (all_at_once(&world), step_by_step(&world).await);
        assert_eq!(
            found,
            expected,
            "seed {seed}\nbefore:\n{}after:\n{}entries: {:#?}\nrbac: {:?} {:?}\nacting: {} {:?}",
            world.before,
            world.after,
            world.entries,
            world.rbac.cluster_role_bindings,
            world.rbac.role_bindings,
            world.acting,
            world.may
        );
    }
}
