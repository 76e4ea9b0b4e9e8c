use serde_json::json;
use tf_provider::value::Refinement;

use super::*;

const ZONE: &str = "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ";

/// An element of `name`, with more attributes; null and unknown among them as they are.
fn element(name: &str, more: Vec<(&str, Value)>) -> AddonChoice {
    let mut fields: BTreeMap<String, Value> = AddonArgument::ALL
        .iter()
        .map(|argument| (argument.name().to_owned(), Value::Null))
        .collect();
    fields.insert("name".to_owned(), Value::from(name));
    fields.extend(
        more.into_iter()
            .map(|(name, value)| (name.to_owned(), value)),
    );
    AddonElement(fields).choice()
}

fn zones(zones: Vec<Value>) -> Vec<(&'static str, Value)> {
    vec![("hosted_zone_arns", Value::List(zones))]
}

#[test]
fn an_element_has_what_it_sets_and_nothing_else() {
    let choice = element("external-dns", zones(vec![Value::from(ZONE), Value::Null]));
    let mut arguments = AddonArguments::default();
    arguments.set(
        AddonArgument::HostedZoneArns,
        ArgumentValue::Texts(vec![ZONE.to_owned()]),
    );
    let expected = AddonChoice {
        name: Attr::Known("external-dns".to_owned()),
        arguments,
        ..AddonChoice::default()
    };
    assert_eq!(choice, expected);
    let policy = choice.build(Partition::Aws).unwrap().unwrap();
    assert!(policy.document().unwrap().contains(ZONE), "{policy:?}");
}

#[test]
fn an_element_of_which_something_is_not_known_has_no_policy_yet() {
    let unknown = Value::Unknown(Some(Box::new(Refinement::default())));
    let unknowns = [
        element("external-dns", vec![("hosted_zone_arns", unknown.clone())]),
        element(
            "external-dns",
            zones(vec![Value::from(ZONE), unknown.clone()]),
        ),
        element("vpc-cni", vec![("narrow", unknown.clone())]),
        element("vpc-cni", vec![("version", unknown.clone())]),
        element("", vec![("name", unknown)]),
    ];
    for choice in unknowns {
        assert_eq!(choice.build(Partition::Aws), Ok(None), "{choice:?}");
    }
}

#[test]
fn what_is_known_to_be_wrong_is_an_error_whatever_is_not_known() {
    let choice = element(
        "external-dns",
        vec![
            ("hosted_zone_arns", Value::unknown()),
            ("cluster_name", Value::from("prod")),
        ],
    );
    let errors = choice.build(Partition::Aws).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "`external-dns` does not take `cluster_name`; it takes `hosted_zone_arns`"
    );
    let choice = element("velero", vec![("version", Value::from("1999-01"))]);
    assert_eq!(choice.errors(None).len(), 1, "{:?}", choice.errors(None));
    assert_eq!(
        choice.build(Partition::Aws).unwrap_err(),
        choice.errors(None)
    );
}

#[test]
fn a_region_is_given_where_the_policy_depends_on_one_and_none_is_set() {
    let region = Attr::Known("eu-west-1".to_owned());
    let taken = |name: &str, more: Vec<(&str, Value)>, region: &Attr<String>| {
        let arguments = element(name, more).in_region(region).arguments;
        let found = arguments
            .iter()
            .find(|(argument, _)| *argument == AddonArgument::Region);
        found.map(|(_, value)| value.clone())
    };
    let text = |text: &str| Some(ArgumentValue::Text(text.to_owned()));
    assert_eq!(taken("external-dns", vec![], &region), None);
    assert_eq!(taken("karpenter", vec![], &region), text("eu-west-1"));
    assert_eq!(taken("karpenter", vec![], &Attr::Null), None);
    assert_eq!(
        taken("karpenter", vec![], &Attr::Unknown),
        Some(ArgumentValue::Undecided)
    );
    let set = vec![("region", Value::from("us-east-1"))];
    assert_eq!(taken("karpenter", set, &region), text("us-east-1"));
    let cluster = "arn:aws:eks:us-east-2:111122223333:cluster/prod";
    let set = vec![("cluster_name", Value::from(cluster))];
    assert_eq!(taken("karpenter", set, &region), text("us-east-2"));
}

#[test]
fn the_attributes_are_the_arguments_of_the_catalogue() {
    let names: Vec<&str> = argument_attributes()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        json!(names),
        json!(AddonArgument::ALL.map(AddonArgument::name))
    );
}
