//! Roles, bindings and questions made by chance from few words, so that they often meet.

use serde_json::{Value, json};

use super::{role_ref, subject};
use crate::{
    bed::{cloud::ACCOUNT, cluster::Cluster},
    failure::{Outcome, expect},
};

pub(super) const NAMESPACES: [&str; 2] = ["apps", "web"];
const VERBS: [&str; 5] = ["get", "list", "create", "delete", "*"];
const API_GROUPS: [&str; 3] = ["", "apps", "*"];
const RESOURCES: [&str; 7] = [
    "pods",
    "pods/log",
    "deployments",
    "deployments/scale",
    "*/scale",
    "secrets",
    "*",
];
const NAMES: [&str; 2] = ["one", "two"];
const PATHS: [&str; 4] = ["/healthz", "/healthz/*", "/metrics", "*"];
const PEOPLE: [&str; 4] = ["ann", "bob", "cem", "dee"];
const GROUPS: [&str; 4] = ["rand-devs", "rand-ops", "rand-qa", "ann"];

/// A number after a number (xorshift): the same seed makes the same world.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let end = u64::try_from(end).unwrap_or(1).max(1);
        usize::try_from(self.0 % end).unwrap_or_default()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let index = self.below(words.len());
        words.get(index).copied().unwrap_or_default()
    }

    fn some_of<'a>(&mut self, words: &[&'a str]) -> Vec<&'a str> {
        let count = 1 + self.below(2);
        (0..count).map(|_| self.of(words)).collect()
    }
}

/// An object to make.
pub(super) struct Object {
    pub(super) kind: &'static str,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) rest: Value,
}

/// People with their groups, and the chance that made them.
pub(super) struct World {
    chance: Chance,
    /// By person.
    groups: Vec<(&'static str, Vec<&'static str>)>,
}

impl World {
    pub(super) fn new(seed: u64) -> World {
        let mut chance = Chance(seed);
        let groups = PEOPLE.map(|person| (person, chance.some_of(&GROUPS)));
        World {
            chance,
            groups: groups.into(),
        }
    }

    pub(super) fn map_roles(&self) -> String {
        let entry = |(person, groups): &(&str, Vec<&str>)| {
            let groups = groups.join(", ");
            format!(
                "- rolearn: arn:aws:iam::{ACCOUNT}:role/{person}\n  username: {person}\n  groups: [{groups}]\n"
            )
        };
        self.groups.iter().map(entry).collect()
    }

    /// Cluster roles, roles and bindings of them; some bindings name a role that is not there.
    pub(super) fn objects(&mut self) -> Vec<Object> {
        let mut objects = Vec::new();
        for index in 0..6 {
            let rules: Vec<Value> = (0..2).map(|_| self.rule(true)).collect();
            objects.push(object("ClusterRole", "", index, json!({"rules": rules})));
        }
        for namespace in NAMESPACES {
            for index in 0..4 {
                let rules: Vec<Value> = (0..2).map(|_| self.rule(false)).collect();
                objects.push(object("Role", namespace, index, json!({"rules": rules})));
            }
        }
        for index in 0..4 {
            let role = role_ref("ClusterRole", &format!("rand-{}", self.chance.below(7)));
            let rest = json!({"roleRef": role, "subjects": self.subjects()});
            objects.push(object("ClusterRoleBinding", "", index, rest));
        }
        for namespace in NAMESPACES {
            for index in 0..5 {
                let kind = self.chance.of(&["ClusterRole", "Role"]);
                let role = role_ref(kind, &format!("rand-{}", self.chance.below(5)));
                let rest = json!({"roleRef": role, "subjects": self.subjects()});
                objects.push(object("RoleBinding", namespace, index, rest));
            }
        }
        objects
    }

    fn rule(&mut self, is_of_cluster: bool) -> Value {
        let verbs = self.chance.some_of(&VERBS);
        if is_of_cluster && self.chance.one_in(3) {
            return json!({"verbs": verbs, "nonResourceURLs": self.chance.some_of(&PATHS)});
        }
        let mut rule = json!({
            "verbs": verbs,
            "apiGroups": self.chance.some_of(&API_GROUPS),
            "resources": self.chance.some_of(&RESOURCES),
        });
        if let (true, Some(rule)) = (self.chance.one_in(3), rule.as_object_mut()) {
            rule.insert("resourceNames".into(), json!(self.chance.some_of(&NAMES)));
        }
        rule
    }

    fn subjects(&mut self) -> Vec<Value> {
        let mut subjects = vec![subject("Group", self.chance.of(&GROUPS))];
        if self.chance.one_in(2) {
            subjects.push(subject("User", self.chance.of(&PEOPLE)));
        }
        subjects
    }

    /// Questions as the data source takes them.
    pub(super) fn questions(&mut self, count: usize) -> Vec<Value> {
        (0..count).map(|_| self.question()).collect()
    }

    fn question(&mut self) -> Value {
        let person = self.chance.of(&PEOPLE);
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/{person}");
        let verb = self.chance.of(&VERBS);
        if self.chance.one_in(6) {
            let path = self
                .chance
                .of(&["/healthz", "/healthz/etcd", "/metrics", "/other"]);
            return json!({"person": person, "arn": arn, "verb": verb, "resource": path, "namespace": null, "name": null});
        }
        let group = self.chance.of(&API_GROUPS);
        let object = self.chance.of(&["pods", "deployments", "secrets", "*"]);
        let subresource = match self.chance.below(4) {
            0 => "/scale",
            1 => "/log",
            _ => "",
        };
        let resource = match group {
            "" if object == "*" => "*.apps".to_owned(),
            "" => object.to_owned(),
            group => format!("{object}.{group}"),
        };
        let namespace = self.chance.of(&["apps", "web", ""]);
        let name = self.chance.of(&["one", "two", "", "", ""]);
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        json!({"person": person, "arn": arn, "verb": verb, "resource": format!("{resource}{subresource}"), "namespace": given(namespace), "name": given(name)})
    }

    /// What the API server says of the same question.
    pub(super) fn review(&self, prod: &Cluster<'_>, question: &Value) -> Outcome<bool> {
        let text = |name: &str| {
            question
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let person = text("person");
        let own = self.groups.iter().find(|(name, _)| *name == person);
        let mut groups: Vec<&str> = own.map(|(_, groups)| groups.clone()).unwrap_or_default();
        groups.push("system:authenticated");
        let resource = text("resource");
        let mut spec = json!({"user": person, "groups": groups});
        let (key, attributes) = match resource.starts_with('/') {
            true => (
                "nonResourceAttributes",
                json!({"verb": text("verb"), "path": resource}),
            ),
            false => {
                let (object, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                let (object, group) = object.split_once('.').unwrap_or((object, ""));
                let attributes = json!({"verb": text("verb"), "group": group, "resource": object, "subresource": subresource,
                    "namespace": text("namespace"), "name": text("name")});
                ("resourceAttributes", attributes)
            }
        };
        if let Some(spec) = spec.as_object_mut() {
            spec.insert(key.into(), attributes);
        }
        let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec});
        let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
        let (status, answer) = prod.ask("POST", path, Some(&review))?;
        expect(status == 201, format!("{status}: {answer}"))?;
        Ok(answer.pointer("/status/allowed") == Some(&json!(true)))
    }
}

fn object(kind: &'static str, namespace: &str, index: usize, rest: Value) -> Object {
    Object {
        kind,
        namespace: namespace.to_owned(),
        name: format!("rand-{index}"),
        rest,
    }
}
