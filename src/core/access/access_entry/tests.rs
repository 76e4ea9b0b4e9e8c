use std::collections::BTreeSet;

use super::*;
use crate::access::access_policy::{AccessScope, ScopeError, policy_arn, policy_name};
use crate::aws_auth::username_template::check_access_entry_username;
use crate::principal::partition::Partition;

const ROLE: &str = "arn:aws:iam::111122223333:role/teams/platform";

#[test]
fn every_type_has_its_word() {
    for (one, id) in EntryType::ALL.into_iter().zip(EntryType::IDS) {
        assert_eq!(one.id(), id);
        assert_eq!(EntryType::parse(id), Some(one));
        assert_eq!(one.takes_names(), id == "STANDARD");
    }
    assert_eq!(EntryType::parse("LINUX"), None);
}

#[test]
fn only_people_have_policies_and_nodes_of_auto_mode_one() {
    for (kind, allowed) in [
        ("STANDARD", PoliciesAllowed::All),
        ("EC2", PoliciesAllowed::Only("AmazonEKSAutoNodePolicy")),
        ("EC2_LINUX", PoliciesAllowed::None),
        ("FARGATE_LINUX", PoliciesAllowed::None),
        ("HYBRID_LINUX", PoliciesAllowed::None),
        ("HYPERPOD_LINUX", PoliciesAllowed::None),
    ] {
        let found = EntryType::parse(kind).map(EntryType::policies_allowed);
        assert_eq!(found, Some(allowed), "{kind}");
    }
}

#[test]
fn what_eks_fills_in_is_known_by_type() {
    for (kind, arn, username) in [
        (
            "STANDARD",
            ROLE,
            "arn:aws:sts::111122223333:assumed-role/platform/{{SessionName}}",
        ),
        (
            "STANDARD",
            "arn:aws-cn:iam::111122223333:user/people/eve",
            "arn:aws-cn:iam::111122223333:user/people/eve",
        ),
        ("EC2_LINUX", ROLE, "system:node:{{EC2PrivateDNSName}}"),
        ("EC2_WINDOWS", ROLE, "system:node:{{EC2PrivateDNSName}}"),
        ("FARGATE_LINUX", ROLE, "system:node:{{SessionName}}"),
        ("HYBRID_LINUX", ROLE, "system:node:{{SessionName}}"),
    ] {
        assert_eq!(Defaults::for_type(kind, arn).username, username);
    }
    // What EKS fills in may be sent to it.
    let filled_in = Defaults::for_type("STANDARD", ROLE).username;
    assert_eq!(check_access_entry_username(&filled_in), Ok(()));
}

#[test]
fn a_principal_is_a_role_or_user_with_its_path() {
    for (arn, is_role, name) in [
        (ROLE, true, "platform"),
        ("arn:aws-us-gov:iam::111122223333:user/eve", false, "eve"),
        (
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Admin_0123456789abcdef",
            true,
            "AWSReservedSSO_Admin_0123456789abcdef",
        ),
    ] {
        let found = EntryPrincipal::parse(arn).unwrap();
        assert_eq!((found.is_role, found.name.as_str()), (is_role, name));
    }
}

#[test]
fn what_is_no_principal_is_refused_with_what_to_write() {
    for (arn, told) in [
        ("platform", "is not an ARN"),
        ("arn:aws:iam::1111:role/a", "must have 12 digits"),
        (
            "arn:aws:sts::111122223333:assumed-role/platform/eve",
            "write `arn:aws:iam::111122223333:role/platform`, with the role's path",
        ),
        (
            "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
            "is a service-linked role",
        ),
        (
            "arn:aws:iam::111122223333:role/AWSReservedSSO_Admin_0123456789abcdef",
            "are at `/aws-reserved/sso.amazonaws.com/`",
        ),
        ("arn:aws:iam::111122223333:root", "the root user"),
        (
            "arn:aws:iam::111122223333:group/admins",
            "groups never call a cluster",
        ),
        (
            "arn:aws:iam::111122223333:instance-profile/node",
            "write the role that is in it",
        ),
        ("arn:aws:iam::aws:policy/AdministratorAccess", "is a policy"),
        (
            "arn:aws:sts::111122223333:federated-user/eve",
            "a federated user",
        ),
        ("arn:aws:s3:::bucket", "neither a role nor a user"),
        ("arn:aws:iam::111122223333:role/", "role"),
        ("arn:aws:iam:eu-central-1:111122223333:role/a", "region"),
        ("arn:aws:iam::111122223333:role/a*", "a*"),
    ] {
        let refusal = EntryPrincipal::parse(arn).unwrap_err().to_string();
        assert!(refusal.contains(told), "{arn}: {refusal}");
    }
}

#[test]
fn nodes_are_roles_of_the_clusters_account() {
    let place = |arn: &str, kind, account| {
        let principal = EntryPrincipal::parse(arn).unwrap();
        let kind = EntryType::parse(kind).unwrap();
        let judged = principal.check_place(kind, account, Partition::Aws);
        judged.map_err(|error| error.to_string())
    };
    let user = "arn:aws:iam::111122223333:user/eve";
    assert_eq!(place(ROLE, "STANDARD", "444455556666"), Ok(()));
    assert_eq!(place(ROLE, "EC2_LINUX", "111122223333"), Ok(()));
    assert_eq!(place(user, "STANDARD", "111122223333"), Ok(()));
    for (arn, kind, account, told) in [
        (
            ROLE,
            "HYBRID_LINUX",
            "444455556666",
            "the cluster's account 444455556666",
        ),
        (user, "EC2", "111122223333", "is a user"),
        (
            "arn:aws-cn:iam::111122223333:role/a",
            "STANDARD",
            "111122223333",
            "partition aws-cn",
        ),
    ] {
        let refusal = place(arn, kind, account).unwrap_err();
        assert!(refusal.contains(told), "{refusal}");
    }
}

#[test]
fn groups_of_kubernetes_itself_are_refused_with_what_gives_the_same() {
    assert_eq!(check_group("viewers"), Ok(()));
    assert_eq!(check_group("my:system:group"), Ok(()));
    assert_eq!(check_group("system:masters"), Err(GroupError::Masters));
    assert_eq!(check_group(" "), Err(GroupError::Empty));
    for group in ["system:nodes", "system:authenticated", "system:"] {
        let reserved = GroupError::Reserved {
            group: group.to_owned(),
        };
        assert_eq!(check_group(group), Err(reserved));
    }
}

#[test]
fn a_policy_is_named_by_its_name_or_its_arn() {
    let arn = "arn:aws-us-gov:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    for given in ["AmazonEKSViewPolicy", arn] {
        assert_eq!(policy_arn(given, Partition::AwsUsGov), Ok(arn.to_owned()));
        assert_eq!(policy_name(given), Ok("AmazonEKSViewPolicy"));
    }
    for (given, told) in [
        (arn, "write `AmazonEKSViewPolicy` alone"),
        ("view", "`AmazonEKSViewPolicy` comes nearest"),
        (
            "cluster-admin",
            "`AmazonEKSClusterAdminPolicy` comes nearest",
        ),
        (
            "system:masters",
            "`AmazonEKSClusterAdminPolicy` comes nearest",
        ),
        (
            "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy",
            "is a policy of IAM",
        ),
        ("arn:aws:eks::aws:cluster-access-policy/", "is neither"),
        (
            "arn:aws:eks::111122223333:cluster-access-policy/A",
            "is neither",
        ),
        ("amazon eks view", "is neither"),
        ("", "is neither"),
    ] {
        let refusal = policy_arn(given, Partition::Aws).unwrap_err().to_string();
        assert!(refusal.contains(told), "{given}: {refusal}");
    }
}

#[test]
fn a_scope_is_the_cluster_or_some_namespaces() {
    let scope = |kind: &str, names: &[&str]| {
        let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        AccessScope::new(kind, names)
    };
    assert_eq!(scope("cluster", &[]), Ok(AccessScope::Cluster));
    assert!(scope("namespace", &["apps", "dev-*", "*"]).is_ok());
    assert_eq!(
        scope("cluster", &["apps"]),
        Err(ScopeError::NamespacesOfCluster)
    );
    assert_eq!(scope("namespace", &[]), Err(ScopeError::NoNamespace));
    assert!(matches!(
        scope("Cluster", &[]),
        Err(ScopeError::UnknownType { .. })
    ));
    for wrong in ["Apps", "-a", "a-", "a_b", "", "a.b", &"a".repeat(64)] {
        assert!(
            matches!(
                scope("namespace", &[wrong]),
                Err(ScopeError::Namespace { .. })
            ),
            "{wrong}"
        );
    }
}
