//! What the API server says: who is let in as whom, and what they may do.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    bed::cluster::{
        Cluster, WhoAmI,
        reviews::{Admission, Attempt},
    },
    failure::{Failure, Outcome},
};

use super::{
    aws_auth::Map,
    cast::{Cast, Person, Session},
    world::{Actor, World},
};

/// So often somebody is asked at most who may be answered in several ways: of two spellings the authenticator may take one in seven of eight times.
const SAMPLES: usize = 60;
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/// What somebody who is let in may do, as far as the guard is about it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Power {
    pub(super) everything: bool,
    /// Get and patch aws-auth.
    pub(super) writes: bool,
    /// Give itself everything.
    pub(super) may_take_it: bool,
}

/// One answer to somebody who comes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Login {
    pub(super) username: String,
    pub(super) groups: Vec<String>,
    pub(super) power: Power,
}

/// Every answer that was seen; none is a refusal.
pub(super) type Answers = BTreeSet<Option<Login>>;

/// Everybody of the cast who was asked, by ARN and session.
pub(super) type Truth = BTreeMap<(String, u8), Answers>;

const EVERYTHING: Attempt<'static> = Attempt {
    verb: "*",
    group: "*",
    resource: "*",
    namespace: "",
    name: "",
};
const READ: Attempt<'static> = Attempt {
    verb: "get",
    group: "",
    resource: "configmaps",
    namespace: "kube-system",
    name: "aws-auth",
};
const WRITE: Attempt<'static> = Attempt {
    verb: "patch",
    ..READ
};
const RBAC: &str = "rbac.authorization.k8s.io";
/// Ways to everything.
const ROADS: [Attempt<'static>; 4] = [
    Attempt {
        verb: "bind",
        group: RBAC,
        resource: "clusterroles",
        namespace: "",
        name: "cluster-admin",
    },
    Attempt {
        verb: "escalate",
        group: RBAC,
        resource: "clusterroles",
        namespace: "",
        name: "",
    },
    Attempt {
        verb: "impersonate",
        group: "",
        resource: "groups",
        namespace: "",
        name: "system:masters",
    },
    Attempt {
        verb: "create",
        group: RBAC,
        resource: "clusterrolebindings",
        namespace: "",
        name: "",
    },
];

/// Asks the API server, and remembers what names and groups may do: RBAC is the same in every world.
pub(super) struct Judge<'a> {
    pub(super) prod: &'a Cluster<'a>,
    pub(super) cast: &'a Cast,
    known: HashMap<(String, Vec<String>), Power>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(prod: &'a Cluster<'a>, cast: &'a Cast) -> Judge<'a> {
        Judge {
            prod,
            cast,
            known: HashMap::new(),
        }
    }

    /// Everybody whom a world's rules name before or after a change; `now` is what they are at this moment, as far as is known.
    pub(super) fn ask(&mut self, world: &World, maps: &[&Map], now: &[&Map]) -> Outcome<Truth> {
        let cast = self.cast;
        let mut truth = Truth::new();
        for person in cast
            .people
            .iter()
            .filter(|person| is_concerned(person, world, maps))
        {
            let answers = self.answers(person, world, now)?;
            truth.insert(
                (person.arn.clone(), session_number(person.session)),
                answers,
            );
        }
        Ok(truth)
    }

    fn answers(&mut self, person: &Person, world: &World, now: &[&Map]) -> Outcome<Answers> {
        let spellings = now.iter().map(|map| {
            let spellings: BTreeSet<&str> = map
                .items
                .iter()
                .filter(|item| item.arn.eq_ignore_ascii_case(&person.arn))
                .map(|item| item.arn.as_str())
                .collect();
            spellings.len()
        });
        let ways = spellings.max().unwrap_or_default();
        let has_entry = world.has_entry_of(&person.arn);
        let mut answers = Answers::new();
        for _ in 0..if ways > 1 { SAMPLES } else { 1 } {
            if answers.len() >= ways.max(1) {
                break;
            }
            answers.insert(match self.prod.admission(&person.identity)? {
                Admission::Refused => None,
                Admission::MayNotAsk => {
                    return Err(Failure::new(format!(
                        "{} may not ask who it is",
                        person.arn
                    )));
                }
                Admission::As { who, .. } => Some(self.login(person, who, has_entry)?),
            });
        }
        Ok(answers)
    }

    /// What somebody may do by an access policy is asked as itself, the rest of the names alone.
    fn login(&mut self, person: &Person, who: WhoAmI, has_entry: bool) -> Outcome<Login> {
        let WhoAmI {
            username,
            mut groups,
        } = who;
        groups.sort();
        let power = if has_entry {
            let prod = self.prod;
            power(|attempt| {
                Ok(prod
                    .may(&person.identity, attempt)?
                    .is_some_and(|decision| decision.allowed))
            })?
        } else {
            self.power_of(&username, &groups)?
        };
        Ok(Login {
            username,
            groups,
            power,
        })
    }

    fn power_of(&mut self, username: &str, groups: &[String]) -> Outcome<Power> {
        let name = (username.to_owned(), groups.to_vec());
        if let Some(known) = self.known.get(&name) {
            return Ok(*known);
        }
        let found = power(|attempt| self.review(username, groups, attempt))?;
        self.known.insert(name, found);
        Ok(found)
    }

    fn review(&self, username: &str, groups: &[String], attempt: &Attempt<'_>) -> Outcome<bool> {
        let mut groups = groups.to_vec();
        groups.push("system:authenticated".to_owned());
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {
            "user": username, "groups": groups, "resourceAttributes": {"verb": attempt.verb, "group": attempt.group,
                "resource": attempt.resource, "namespace": attempt.namespace, "name": attempt.name}}});
        let (_, answer) = self.prod.ask("POST", REVIEWS, Some(&review))?;
        answer
            .pointer("/status/allowed")
            .and_then(Value::as_bool)
            .ok_or_else(|| Failure::new(format!("no answer to an access review: {answer}")))
    }

    /// Waits until the API server takes the user of a mark for a name, or for nobody.
    pub(super) fn wait_for_mark(&self, user: &str, username: Option<&str>) -> Outcome {
        let identity = self.cast.mark(user)?;
        let began = Instant::now();
        loop {
            let admission = self.prod.admission(identity)?;
            let seen = admission.who().map(|who| who.username.as_str());
            if seen == username {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                return Err(Failure::new(format!(
                    "{} is {seen:?} and not {username:?}",
                    identity.arn
                )));
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn power(may: impl Fn(&Attempt<'_>) -> Outcome<bool>) -> Outcome<Power> {
    let everything = may(&EVERYTHING)?;
    let mut may_take_it = everything;
    for road in ROADS.iter() {
        may_take_it = may_take_it || may(road)?;
    }
    Ok(Power {
        everything,
        writes: everything || may(&READ)? && may(&WRITE)?,
        may_take_it,
    })
}

/// Whom some rule names; instances only where a name is a node's, a second session only where a name depends on it.
fn is_concerned(person: &Person, world: &World, maps: &[&Map]) -> bool {
    let account = person.arn.split(':').nth(4).unwrap_or_default();
    let is_listed = maps
        .iter()
        .any(|map| map.accounts.iter().any(|listed| listed == account));
    let is_asked =
        world.protected.contains(&person.arn) || world.actor_arn.as_ref() == Some(&person.arn);
    let is_named = maps.iter().any(|map| map.names(&person.arn)) || world.has_entry_of(&person.arn);
    let has_name_with = |part: &str| {
        maps.iter()
            .flat_map(|map| &map.items)
            .any(|item| item.arn.eq_ignore_ascii_case(&person.arn) && item.username.contains(part))
    };
    match person.session {
        Session::Alice | Session::User => is_listed || is_asked || is_named,
        Session::Bob => has_name_with("{{SessionName}}"),
        Session::Instance => has_name_with("system:node:") || world.has_entry_of(&person.arn),
    }
}

pub(super) fn session_number(session: Session) -> u8 {
    match session {
        Session::Alice | Session::User => 0,
        Session::Bob => 1,
        Session::Instance => 2,
    }
}

impl World {
    /// Who acts, as a truth has it: the name of a session that is made for Kubernetes alone is none of those that RBAC names.
    pub(super) fn actor_in(&self, truth: &Truth) -> Option<(String, u8)> {
        let arn = self.actor_arn.clone()?;
        let other = (arn.clone(), session_number(Session::Bob));
        let is_other = self.actor == Actor::KubernetesRole && truth.contains_key(&other);
        Some(if is_other {
            other
        } else {
            (arn, session_number(Session::Alice))
        })
    }

    pub(super) fn has_entry_of(&self, arn: &str) -> bool {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let kind = if arn.contains(":role/") {
            ":role/"
        } else {
            ":user/"
        };
        self.entries
            .iter()
            .filter_map(|entry| entry.get("principalArn")?.as_str())
            .any(|own| {
                own.contains(kind)
                    && own.split(':').nth(4) == arn.split(':').nth(4)
                    && own.rsplit('/').next() == Some(name)
            })
    }
}
