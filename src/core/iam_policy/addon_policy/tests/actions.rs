//! Every action exists, and every statement names resources and conditions that its actions take.
//!
//! The tables are `actions.tsv` and `resource_types.tsv` in `testdata/addon_policy`, which `actions.py` beside them makes from the service
//! authorization reference.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::iam_policy::policy_document::{Element, Statement};

/// What the reference says of one action.
struct Action {
    /// Its resource types; none: it takes only `*`.
    types: Vec<ResourceType>,
    /// Condition keys that it takes whatever the resource.
    keys: Vec<String>,
}

struct ResourceType {
    name: String,
    is_required: bool,
    /// The ARN with `${…}` in it.
    arn: String,
    keys: Vec<String>,
}

fn lines(file: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(testdata().join(file)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn listed(column: &str) -> Vec<String> {
    let parts = column.split(',').filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// `actions.tsv` has action, resource types (`*` marks the required) and condition keys; `resource_types.tsv` has type, ARN and condition keys.
fn table() -> BTreeMap<String, Action> {
    let types: BTreeMap<String, Vec<String>> = lines("resource_types.tsv")
        .into_iter()
        .map(|columns| (columns[0].clone(), columns))
        .collect();
    let resource_type = |service: &str, marked: &String| {
        let name = marked.trim_end_matches('*');
        let columns = &types[&format!("{service}:{name}")];
        ResourceType {
            name: name.to_owned(),
            is_required: marked.ends_with('*'),
            arn: columns[1].clone(),
            keys: listed(&columns[2]),
        }
    };
    let action = |columns: Vec<String>| {
        let (service, _) = columns[0].split_once(':').unwrap();
        let types = listed(&columns[1]);
        let action = Action {
            types: types
                .iter()
                .map(|name| resource_type(service, name))
                .collect(),
            keys: listed(&columns[2]),
        };
        (columns[0].clone(), action)
    };
    let mut table: BTreeMap<String, Action> =
        lines("actions.tsv").into_iter().map(action).collect();
    for (action, name) in BEYOND_THE_REFERENCE {
        let (service, _) = action.split_once(':').unwrap();
        let added = resource_type(service, &(*name).to_owned());
        table.get_mut(*action).unwrap().types.push(added);
    }
    table
}

/// Resource types that a service checks though the reference does not list them. Source: EC2 user guide, tagging of Spot Instance requests.
const BEYOND_THE_REFERENCE: &[(&str, &str)] = &[("ec2:RunInstances", "spot-instances-request")];

fn values(element: &Element<String>) -> &[String] {
    match element {
        Element::Only(values) => values,
        Element::AllBut(_) => panic!("{element:?}"),
    }
}

fn resources(statement: &Statement) -> &[String] {
    values(statement.resource.as_ref().unwrap())
}

/// A text with `*` and, for `${…}`, `*` that does not reach over a `/` in names of buckets.
fn pattern(arn: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = arn;
    while let Some(character) = rest.chars().next() {
        if let Some((name, after)) = rest
            .strip_prefix("${")
            .and_then(|rest| rest.split_once('}'))
        {
            parts.push(match name {
                "BucketName" => Part::Segment,
                _ => Part::Any,
            });
            rest = after;
            continue;
        }
        parts.push(match character {
            '*' => Part::Any,
            character => Part::Character(character),
        });
        rest = &rest[character.len_utf8()..];
    }
    parts
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Character(char),
    /// Any text.
    Any,
    /// Any text without `/`.
    Segment,
}

/// Whether some text matches both.
fn meet(one: &[Part], other: &[Part]) -> bool {
    let passes = |wide: Part, narrow: Part| match (wide, narrow) {
        (Part::Segment, Part::Character(character)) => character != '/',
        _ => true,
    };
    match (one.first().copied(), other.first().copied()) {
        (None, None) => true,
        (Some(Part::Character(a)), Some(Part::Character(b))) => {
            a == b && meet(&one[1..], &other[1..])
        }
        (Some(wide @ (Part::Any | Part::Segment)), next) => {
            meet(&one[1..], other)
                || next.is_some_and(|narrow| passes(wide, narrow) && meet(one, &other[1..]))
        }
        (next, Some(wide @ (Part::Any | Part::Segment))) => {
            meet(one, &other[1..])
                || next.is_some_and(|narrow| passes(wide, narrow) && meet(&one[1..], other))
        }
        _ => false,
    }
}

/// IAM compares the six parts of an ARN one by one: no `*` reaches over the first five colons.
fn is_of_type(resource: &str, of_type: &ResourceType) -> bool {
    let parts = |arn: &str| -> Vec<Vec<Part>> { arn.splitn(6, ':').map(pattern).collect() };
    let (one, other) = (parts(resource), parts(&of_type.arn));
    let is_same = one.len() == other.len();
    resource == "*" || (is_same && one.iter().zip(&other).all(|(one, other)| meet(one, other)))
}

/// Keys that every request has, or whose presence does not depend on the service.
const EVERYWHERE: [&str; 1] = ["aws:RequestedRegion"];

fn is_key(key: &str, known: &str) -> bool {
    let fixed = known.split(['$', '<']).next().unwrap();
    match fixed.len() < known.len() || known.ends_with("/tag-key") {
        true => key.starts_with(fixed.trim_end_matches("tag-key")) && key.len() > fixed.len(),
        false => key.eq_ignore_ascii_case(known),
    }
}

/// Everything that the reference has against a statement.
fn faults(statement: &Statement, table: &BTreeMap<String, Action>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut unused: BTreeSet<&String> = resources(statement)
        .iter()
        .filter(|resource| *resource != "*")
        .collect();
    for action in values(&statement.action) {
        let Some(known) = table.get(action) else {
            faults.push(format!("{action} is no action"));
            continue;
        };
        let used: Vec<&ResourceType> = known
            .types
            .iter()
            .filter(|of_type| {
                resources(statement)
                    .iter()
                    .any(|resource| is_of_type(resource, of_type))
            })
            .collect();
        unused.retain(|resource| !used.iter().any(|of_type| is_of_type(resource, of_type)));
        if used.is_empty() && resources(statement) != ["*"] {
            faults.push(format!("{action} takes none of {:?}", resources(statement)));
        }
        for condition in &statement.conditions {
            let mut keys = known
                .keys
                .iter()
                .chain(used.iter().flat_map(|of_type| &of_type.keys));
            let is_known = keys.any(|known| is_key(&condition.key, known))
                || EVERYWHERE.contains(&condition.key.as_str());
            if !is_known {
                faults.push(format!("{action} does not know {}", condition.key));
            }
        }
    }
    faults.extend(
        unused
            .into_iter()
            .map(|resource| format!("no action takes {resource}")),
    );
    faults
}

/// Required resource types of an action that no statement names.
fn uncovered(statements: &[Statement], table: &BTreeMap<String, Action>) -> Vec<String> {
    let mut uncovered = Vec::new();
    for (action, known) in table {
        let allowing: Vec<&Statement> = statements
            .iter()
            .filter(|statement| values(&statement.action).contains(action))
            .collect();
        if allowing.is_empty() {
            continue;
        }
        for of_type in known.types.iter().filter(|of_type| of_type.is_required) {
            let is_named = allowing.iter().any(|statement| {
                let mut resources = resources(statement).iter();
                resources.any(|resource| is_of_type(resource, of_type))
            });
            if !is_named {
                uncovered.push(format!("{action} needs a {}", of_type.name));
            }
        }
    }
    uncovered
}

fn statements(policy: &AddonPolicy) -> Vec<Statement> {
    let documents = policy.parsed().unwrap();
    documents
        .into_iter()
        .flat_map(|document| document.statements)
        .collect()
}

#[test]
fn every_action_exists_and_takes_its_resources_and_conditions() {
    let table = table();
    let mut found = Vec::new();
    for case in cases() {
        let statements = statements(&case.build());
        let in_statements = statements
            .iter()
            .flat_map(|statement| faults(statement, &table));
        let all = in_statements.chain(uncovered(&statements, &table));
        found.extend(all.map(|fault| format!("{}: {fault}", case.label())));
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_table_has_exactly_the_actions_that_are_used() {
    let mut used = BTreeSet::new();
    for case in cases() {
        for statement in statements(&case.build()) {
            used.extend(values(&statement.action).iter().cloned());
        }
    }
    let known: BTreeSet<String> = table().into_keys().collect();
    assert_eq!(used, known);
}

#[test]
fn a_misspelled_action_and_a_resource_or_key_of_another_are_found() {
    let table = table();
    let found = |actions: &[&str], resource: &str, key: &str| {
        let statement = statement::allow("S", actions).on([resource.to_owned()]);
        let statement = match key {
            "" => statement,
            key => statement.when("StringEquals", key, &["a"]),
        };
        faults(&statement.done(), &table)
    };
    let zone = "arn:aws:route53:::hostedzone/Z1";
    assert_eq!(
        found(&["route53:ListHostedZone"], "*", ""),
        ["route53:ListHostedZone is no action"]
    );
    assert_eq!(
        found(&["route53:ListHostedZones"], zone, ""),
        [
            format!("route53:ListHostedZones takes none of [\"{zone}\"]"),
            format!("no action takes {zone}")
        ]
    );
    assert_eq!(
        found(&["s3:ListBucket"], "arn:aws:s3:::bucket/*", ""),
        [
            "s3:ListBucket takes none of [\"arn:aws:s3:::bucket/*\"]",
            "no action takes arn:aws:s3:::bucket/*"
        ]
    );
    assert_eq!(
        found(
            &["s3:GetObject"],
            "arn:aws:s3:::bucket/*",
            "ec2:CreateAction"
        ),
        ["s3:GetObject does not know ec2:CreateAction"]
    );
    let attach = statement::allow("S", &["ec2:AttachVolume"])
        .on(["arn:aws:ec2:*:*:volume/*".to_owned()])
        .done();
    assert_eq!(
        uncovered(&[attach], &table),
        ["ec2:AttachVolume needs a instance"]
    );
}

/// `needed.tsv` has case, actions, and where they were read.
#[test]
fn what_the_projects_say_that_an_addon_calls_is_allowed() {
    let cases = cases();
    let mut missing = Vec::new();
    let mut addons = BTreeSet::new();
    for columns in lines("needed.tsv") {
        let [case, needed, source, date] = columns.as_slice() else {
            panic!("{columns:?}");
        };
        assert!(
            source.starts_with("https://") && date.len() == 10,
            "{columns:?}"
        );
        let folder = |one: &&Case| one.folder.file_name().unwrap().to_string_lossy() == *case;
        let case = cases
            .iter()
            .find(folder)
            .unwrap_or_else(|| panic!("{case}"));
        let policy = case.build();
        addons.insert(policy.name);
        let statements = statements(&policy);
        let allowed: BTreeSet<&String> = statements
            .iter()
            .flat_map(|statement| values(&statement.action))
            .collect();
        for action in listed(needed) {
            if !allowed.contains(&action) {
                missing.push(format!("{} lacks {action}", case.label()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    let unread: Vec<&str> = Addon::all()
        .iter()
        .map(|addon| addon.name)
        .filter(|name| !addons.contains(name))
        .collect();
    assert_eq!(unread, ["amazon-cloudwatch-observability"]);
}
