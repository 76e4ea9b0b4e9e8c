//! What a plan says of a username and of groups: each rule with its whole text.

use super::*;
use crate::resources::aws_auth_entry::EntryModel;
use crate::resources::aws_auth_user::AwsAuthUserModel;

/// The messages on an entry for `arn`, as `severity title at path: text`.
fn judged(arn: &str, username: &str, group: &str) -> Vec<String> {
    let bed = Bed::lived_in();
    let found = if arn.contains(":user/") {
        let config = json!({ "userarn": arn, "username": username, "groups": [group] });
        bed.step(AwsAuthUserResource::new()).validate(config)
    } else {
        let config = json!({ "rolearn": arn, "username": username, "groups": [group] });
        bed.step(AwsAuthRoleResource::new()).validate(config)
    };
    let show = |message: &tf_provider::Diagnostic| {
        format!(
            "{:?} {} at {}: {}",
            message.severity,
            message.summary,
            message.path.clone().unwrap(),
            message.detail
        )
    };
    found.iter().map(show).collect()
}

const USER: &str = "arn:aws:iam::111122223333:user/eve";
const PERSON: &str = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef";

#[test]
fn ordinary_templates_and_the_exact_shapes_of_nodes_pass() {
    let role = role_arn("dev");
    for (username, group) in [
        ("dev", "system:masters"),
        ("dev:{{SessionName}}", "dev"),
        ("{{AccountID}}:{{AccessKeyID}}", "team-{{AccountID}}"),
        ("system:node:{{EC2PrivateDNSName}}", "system:nodes"),
        ("system:node:{{SessionName}}", "system:node-proxier"),
    ] {
        assert_eq!(judged(&role, username, group), Vec::<String>::new());
    }
    assert_eq!(
        judged(PERSON, "dev:{{SessionName}}", "dev"),
        Vec::<String>::new()
    );
}

#[test]
fn a_privileged_name_of_the_callers_choice_is_an_error() {
    let role = role_arn("dev");
    let wanted = |template: &str, placeholder: &str, path: &str, chosen: &str| {
        format!(
            "Error Caller Chooses A Privileged Name at {path}: `{template}`: whoever assumes the role chooses what stands for `{placeholder}`, {chosen}. Put a \
             prefix of your own before it. Finding: template.caller_chosen_privilege"
        )
    };
    let name = "{{SessionName}}";
    assert_eq!(
        judged(
            &role,
            "system:serviceaccount:kube-system:{{SessionName}}",
            "dev"
        ),
        [wanted(
            "system:serviceaccount:kube-system:{{SessionName}}",
            name,
            "username",
            "and so a username after `system:serviceaccount:kube-system:` that Kubernetes trusts"
        )]
    );
    assert_eq!(
        judged(&role, "dev", "system:{{SessionNameRaw}}"),
        [wanted(
            "system:{{SessionNameRaw}}",
            "{{SessionNameRaw}}",
            "groups[\"system:{{SessionNameRaw}}\"]",
            "and so a group after `system:` that Kubernetes trusts"
        )]
    );
    assert_eq!(
        judged(&role, "{{SessionName}}:kube-scheduler", "dev"),
        [wanted(
            "{{SessionName}}:kube-scheduler",
            name,
            "username",
            "and so, with `system` for it, a username that Kubernetes trusts"
        )]
    );
    assert_eq!(
        judged(PERSON, "system:node:{{SessionName}}", "dev"),
        [wanted(
            "system:node:{{SessionName}}",
            name,
            "username",
            "and so a username after `system:node:` that Kubernetes trusts"
        )]
    );
}

#[test]
fn a_name_that_the_caller_chooses_whole_is_a_warning() {
    let role = role_arn("dev");
    let wanted = |what: &str, path: &str| {
        format!(
            "Warning Caller Chooses The Name at {path}: The {what} `{{{{SessionName}}}}` begins with `{{{{SessionName}}}}`, which whoever assumes the role \
             chooses. It can be any name without a colon, even that of another entry. Put a prefix of your own before it, as in `dev:{{{{SessionName}}}}`. \
             Finding: template.caller_chosen_whole"
        )
    };
    assert_eq!(
        judged(&role, "{{SessionName}}", "dev"),
        [wanted("username", "username")]
    );
    assert_eq!(
        judged(&role, "dev", "{{SessionName}}"),
        [wanted("group", "groups[\"{{SessionName}}\"]")]
    );
}

#[test]
fn a_placeholder_that_is_none_stays_as_it_is_and_is_told() {
    let role = role_arn("dev");
    assert_eq!(
        judged(&role, "dev:{{UserID}}", "dev"),
        [
            "Warning Unknown Placeholder at username: `{{UserID}}` in `dev:{{UserID}}` is not a placeholder that the server knows, so it stays as it is written. Finding: \
          template.unknown_placeholder"
        ]
    );
    assert_eq!(
        judged(&role, "dev", "team-{{accountid}}"),
        [
            "Warning Unknown Placeholder at groups[\"team-{{accountid}}\"]: `{{accountid}}` in `team-{{accountid}}` is not a placeholder that the server knows, so it stays \
          as it is written. Perhaps `{{AccountID}}` was meant. Finding: template.unknown_placeholder"
        ]
    );
    assert_eq!(
        judged(&role, "dev:{{ SessionName }}", "dev"),
        [
            "Warning White Space In Username at username: `dev:{{ SessionName }}` has white space in it, which is most often a mistake. Finding: \
             template.whitespace",
            "Warning Unknown Placeholder at username: `{{ SessionName }}` in `dev:{{ SessionName }}` is not a placeholder that the server knows, so it stays as it is \
             written. Perhaps `{{SessionName}}` was meant. Finding: template.unknown_placeholder",
        ]
    );
}

#[test]
fn a_user_has_no_session_and_is_no_instance() {
    assert_eq!(
        judged(USER, "dev:{{SessionName}}", "dev"),
        [
            "Warning Placeholder Never Filled at username: `{{SessionName}}` in `dev:{{SessionName}}` is always empty here: an IAM user has no session. \
          Finding: template.never_filled"
        ]
    );
    assert_eq!(
        judged(USER, "dev:{{EC2PrivateDNSName}}", "dev"),
        [
            "Error Nobody Could Enter at username: The username `dev:{{EC2PrivateDNSName}}` has a value only for EC2 instances, and an IAM user has no \
          session: the server would refuse everyone. Write the user's name. Finding: template.never_an_instance"
        ]
    );
}

#[test]
fn the_name_of_an_instance_is_not_for_people() {
    assert_eq!(
        judged(&role_arn("dev"), "dev:{{EC2PrivateDNSName}}", "dev"),
        [
            "Warning Only Instances Enter at username: `dev:{{EC2PrivateDNSName}}` has a value only for sessions that are named like an EC2 instance (`i-…`): \
          the server refuses all others, and whoever may assume the role can name a session so. For people write `{{SessionName}}`. Finding: \
          template.instance_only"
        ]
    );
    assert_eq!(
        judged(PERSON, "dev", "{{EC2PrivateDNSName}}"),
        [
            "Error Nobody Could Enter at groups[\"{{EC2PrivateDNSName}}\"]: The group `{{EC2PrivateDNSName}}` has a value only for EC2 instances, and the \
          sessions of a permission set are named after people: the server would refuse everyone. Write `{{SessionName}}`. Finding: \
          template.never_an_instance"
        ]
    );
}

#[test]
fn empty_names_white_space_and_names_of_kubernetes_are_told() {
    let role = role_arn("dev");
    assert_eq!(
        judged(&role, "", "dev"),
        [
            "Error Empty Username at username: The username is empty: the server would let the caller in as nobody. Write the name the caller is to have in \
          the cluster."
        ]
    );
    assert_eq!(
        judged(&role, "system:kube-scheduler", "dev"),
        [
            "Warning Username Of Kubernetes Itself at username: `system:kube-scheduler` begins with `system:`, which Kubernetes keeps for its own \
          components, and it is not the name of a node. Whoever matches this entry acts as that component. Finding: template.system_name"
        ]
    );
    assert_eq!(
        judged(&role, "dev", "a b"),
        [
            "Error Invalid Group at groups[\"a b\"]: The group `a b` has white space in it; write one element per group."
        ]
    );
    assert_eq!(
        judged(&role, "dev", ""),
        ["Error Invalid Group at groups[\"\"]: The group `` is empty."]
    );
}

#[test]
fn an_element_of_the_whole_map_is_judged_by_the_same_rules() {
    let bed = Bed::lived_in();
    let config = json!({ "map_roles": [
        { "rolearn": PERSON, "username": "system:node:{{EC2PrivateDNSName}}", "groups": ["system:{{SessionName}}"] },
    ] });
    let found = bed
        .step(crate::resources::aws_auth::AwsAuthResource)
        .validate(config);
    assert_eq!(
        titles(&found),
        [
            "Nobody Could Enter",
            "Username Of Kubernetes Itself",
            "Caller Chooses A Privileged Name"
        ]
    );
}

#[test]
fn what_is_said_of_placeholders_is_true_of_the_kind() {
    let said = |schema: tf_provider::Schema| {
        let attributes = schema.attributes();
        let mut named = attributes.filter(|(name, _)| *name == "username");
        let (_, username) = named.next().unwrap();
        let text = username.description_text();
        ["may assume the role", "a user has no session"].map(|words| text.contains(words))
    };
    assert_eq!(
        said(<AwsAuthRoleModel as EntryModel>::schema()),
        [true, false]
    );
    assert_eq!(
        said(<AwsAuthUserModel as EntryModel>::schema()),
        [false, true]
    );
}
