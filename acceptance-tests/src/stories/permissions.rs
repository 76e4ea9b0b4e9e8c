//! Permissions as the pages print them are the ones that are needed, and the bed enforces them.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, PROD},
        cluster::WhoAmI,
        permissions::GROUP,
    },
    failure::{Failure, Outcome, expect_parts},
};

stories!("permissions":
    what_a_policy_does_not_allow_is_refused_as_aws_refuses_it,
    what_roles_do_not_allow_is_refused_by_the_api_server,
    a_page_that_says_it_wrongly_is_found,
    the_page_of_oidc_provider_says_what_is_needed,
    the_page_of_irsa_role_says_what_is_needed,
    the_page_of_node_assumed_role_says_what_is_needed,
    the_page_of_service_account_says_what_is_needed,
    the_page_of_pod_identity_association_says_what_is_needed,
    the_page_of_pod_identity_associations_says_what_is_needed,
    the_page_of_pod_identity_migration_says_what_is_needed,
    the_page_of_group_binding_says_what_is_needed,
    the_page_of_authentication_mode_says_what_is_needed,
    the_page_of_access_entry_says_what_is_needed,
    the_page_of_access_policy_association_says_what_is_needed,
    the_page_of_aws_auth_says_what_is_needed,
    the_page_of_aws_auth_role_says_what_is_needed,
    the_page_of_aws_auth_user_says_what_is_needed,
    the_page_of_aws_auth_account_says_what_is_needed,
    the_page_of_aws_auth_data_says_what_is_needed,
    the_page_of_access_entries_says_what_is_needed,
    the_page_of_access_entry_migration_says_what_is_needed,
    the_page_of_access_policies_says_what_is_needed,
    the_page_of_caller_identity_says_what_is_needed,
    the_page_of_cluster_says_what_is_needed,
    the_page_of_identity_mapping_says_what_is_needed,
    the_page_of_can_i_says_what_is_needed,
    the_page_of_kubeconfig_says_what_is_needed,
    the_page_of_trust_policy_says_what_is_needed,
    the_page_of_addon_policy_says_what_is_needed,
    the_page_of_web_identity_check_says_what_is_needed,
    the_page_of_legacy_pod_roles_says_what_is_needed,
    the_page_of_service_accounts_says_what_is_needed,
    the_page_of_cluster_auth_says_what_is_needed,
    the_page_of_token_verification_says_what_is_needed,
);

mod pages;
mod trial;

const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["iam:GetRole", "iam:CreateRole"], "Resource": "arn:aws:iam::111122223333:role/teams/reader"},
    {"Effect": "Allow", "Action": ["iam:GetOpenIDConnectProvider"], "Resource": "arn:aws:iam::111122223333:oidc-provider/a.example"},
    {"Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListAccessEntries"], "Resource": "arn:aws:eks:eu-central-1:111122223333:cluster/prod"}]}"#;

const MANIFEST: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: kube-system}
rules:
  - {apiGroups: [''], resources: [configmaps], resourceNames: [aws-auth], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
  - {apiGroup: rbac.authorization.k8s.io, kind: Group, name: eksauth-permissions}
";

fn what_a_policy_does_not_allow_is_refused_as_aws_refuses_it(cloud: &Cloud) -> Outcome {
    cloud.set_cluster(PROD, &json!({"mode": "API_AND_CONFIG_MAP"}))?;
    let reader = cloud.role("/teams/", "reader")?;
    let other = cloud.role("/", "other")?;
    let user = cloud.with_exact_permissions(POLICY, MANIFEST)?;
    let aws = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        cloud.aws_as(user.identity(), &arguments)
    };
    aws("iam get-role --role-name reader")?;
    aws("eks describe-cluster --name prod")?;
    aws("eks list-access-entries --cluster-name prod")?;
    let account = "arn:aws:iam::111122223333";
    let cluster = "arn:aws:eks:eu-central-1:111122223333";
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let create = format!("iam create-role --path /teams/ --assume-role-policy-document {trust}");
    for (command, code, action, resource) in [
        // An action that is not listed.
        (
            "iam delete-role --role-name reader".to_owned(),
            "AccessDenied",
            "iam:DeleteRole",
            reader.as_str(),
        ),
        (
            "iam list-roles".to_owned(),
            "AccessDenied",
            "iam:ListRoles",
            "*",
        ),
        (
            format!("sts assume-role --role-session-name story --role-arn {other}"),
            "AccessDenied",
            "sts:AssumeRole",
            &other,
        ),
        (
            "eks list-clusters".to_owned(),
            "AccessDeniedException",
            "eks:ListClusters",
            "*",
        ),
        // A resource that is not listed.
        (
            "iam get-role --role-name other".to_owned(),
            "AccessDenied",
            "iam:GetRole",
            &other,
        ),
        (
            format!("{create} --role-name writer"),
            "AccessDenied",
            "iam:CreateRole",
            &format!("{account}:role/teams/writer"),
        ),
        (
            format!(
                "iam get-open-id-connect-provider --open-id-connect-provider-arn {account}:oidc-provider/b.example"
            ),
            "AccessDenied",
            "iam:GetOpenIDConnectProvider",
            &format!("{account}:oidc-provider/b.example"),
        ),
        (
            "eks describe-cluster --name staging".to_owned(),
            "AccessDeniedException",
            "eks:DescribeCluster",
            &format!("{cluster}:cluster/staging"),
        ),
        (
            format!("eks describe-access-entry --cluster-name prod --principal-arn {other}"),
            "AccessDeniedException",
            "eks:DescribeAccessEntry",
            &format!("{cluster}:access-entry/prod/role/111122223333/other/00000000"),
        ),
        // What a listed action needs besides: tags at creation.
        (
            format!("{create} --role-name reader --tags Key=a,Value=b"),
            "AccessDenied",
            "iam:TagRole",
            &format!("{account}:role/teams/reader"),
        ),
    ] {
        let text = format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action",
            user.identity().arn
        );
        match aws(&command) {
            Ok(answer) => {
                return Err(Failure::new(format!(
                    "`{command}` was not refused: {answer}"
                )));
            }
            Err(failure) => expect_parts(&failure.to_string(), &[&format!("({code})"), &text])?,
        }
    }
    Ok(())
}

fn what_roles_do_not_allow_is_refused_by_the_api_server(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", "[]\n")?;
    let user = cloud.with_exact_permissions(POLICY, MANIFEST)?;
    let expected = WhoAmI {
        username: "restricted".to_owned(),
        groups: vec![GROUP.to_owned()],
    };
    prod.wait_for_whoami(user.identity(), Some(&expected))?;
    let token = prod.token(user.identity())?;
    prod.kubectl_with(
        &token,
        &["get", "configmap", "aws-auth", "-n", "kube-system"],
    )?;
    for (arguments, refusal) in [
        (
            ["get", "configmap", "other", "-n", "kube-system"].as_slice(),
            "cannot get resource \"configmaps\" in API group \"\" in the namespace \"kube-system\"",
        ),
        (
            &["delete", "configmap", "aws-auth", "-n", "kube-system"],
            "cannot delete resource \"configmaps\"",
        ),
        (
            &["get", "pods", "-n", "default"],
            "cannot list resource \"pods\"",
        ),
    ] {
        match prod.kubectl_with(&token, arguments) {
            Ok(answer) => {
                return Err(Failure::new(format!(
                    "{arguments:?} was not refused: {answer}"
                )));
            }
            Err(failure) => expect_parts(
                &failure.to_string(),
                &["Forbidden", "User \"restricted\"", refusal],
            )?,
        }
    }
    drop(user);
    match prod.kubectl_with(
        &token,
        &["get", "configmap", "aws-auth", "-n", "kube-system"],
    ) {
        Ok(answer) => Err(Failure::new(format!("the roles stayed: {answer}"))),
        Err(failure) => expect_parts(
            &failure.to_string(),
            &["cannot get resource \"configmaps\""],
        ),
    }
}

fn a_page_that_says_it_wrongly_is_found(cloud: &Cloud) -> Outcome {
    let page = |required: &[(&str, &str)], where_granted: &[(&str, &str)]| {
        let policy = |rights: &[(&str, &str)]| {
            let statements: Vec<serde_json::Value> = rights
                .iter()
                .map(|(action, resource)| json!({"Effect": "Allow", "Action": action, "Resource": resource}))
                .collect();
            json!({"Statement": statements})
        };
        format!(
            "\n## Permissions\n\n### Required\n\n```json\n{}\n```\n\n### Optional permissions\n\n```json\n{}\n```\n",
            policy(required),
            policy(where_granted)
        )
    };
    let describe = (
        "eks:DescribeCluster",
        "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
    );
    let elsewhere = (
        "eks:DescribeCluster",
        "arn:aws:eks:eu-central-1:111122223333:cluster/staging",
    );
    let of_an_entry = (
        "eks:ListAccessEntries",
        "arn:aws:eks:eu-central-1:111122223333:access-entry/prod/*",
    );
    let too_much = ("iam:GetRole", "*");
    for (trial, text, said) in [
        (
            pages::cluster()?,
            page(&[elsewhere], &[]),
            "needs the permission `eks:DescribeCluster`",
        ),
        (
            pages::cluster()?,
            page(&[], &[describe]),
            "needs the permission `eks:DescribeCluster`",
        ),
        (
            pages::cluster()?,
            page(&[describe, too_much], &[]),
            "`iam:GetRole` is required, and no step fails without it",
        ),
        (
            pages::identity_mapping()?,
            page(&[describe], &[of_an_entry]),
            "`eks:ListAccessEntries` is refused to whoever has all that is printed",
        ),
    ] {
        cloud.reset()?;
        match trial::judge(cloud, &trial, &text) {
            Ok(()) => return Err(Failure::new(format!("nothing is found wrong with {text}"))),
            Err(failure) => expect_parts(&failure.to_string(), &[said])?,
        }
    }
    Ok(())
}

/// One story a page.
macro_rules! page_stories {
    ($($story:ident: $page:ident),* $(,)?) => {
        $(
            fn $story(cloud: &Cloud) -> Outcome {
                trial::put_on_trial(cloud, &pages::$page()?)
            }
        )*

        /// The pages that have a story.
        #[cfg(test)]
        fn pages_with_a_story() -> Outcome<std::collections::BTreeSet<&'static str>> {
            Ok(std::collections::BTreeSet::from([$(pages::$page()?.page),*]))
        }
    };
}

page_stories!(
    the_page_of_oidc_provider_says_what_is_needed: oidc_provider,
    the_page_of_irsa_role_says_what_is_needed: irsa_role,
    the_page_of_node_assumed_role_says_what_is_needed: node_assumed_role,
    the_page_of_service_account_says_what_is_needed: service_account,
    the_page_of_pod_identity_association_says_what_is_needed: pod_identity_association,
    the_page_of_pod_identity_associations_says_what_is_needed: pod_identity_associations,
    the_page_of_pod_identity_migration_says_what_is_needed: pod_identity_migration,
    the_page_of_group_binding_says_what_is_needed: group_binding,
    the_page_of_authentication_mode_says_what_is_needed: authentication_mode,
    the_page_of_access_entry_says_what_is_needed: access_entry,
    the_page_of_access_policy_association_says_what_is_needed: access_policy_association,
    the_page_of_aws_auth_says_what_is_needed: aws_auth,
    the_page_of_aws_auth_role_says_what_is_needed: aws_auth_role,
    the_page_of_aws_auth_user_says_what_is_needed: aws_auth_user,
    the_page_of_aws_auth_account_says_what_is_needed: aws_auth_account,
    the_page_of_aws_auth_data_says_what_is_needed: aws_auth_data,
    the_page_of_access_entries_says_what_is_needed: access_entries,
    the_page_of_access_entry_migration_says_what_is_needed: access_entry_migration,
    the_page_of_access_policies_says_what_is_needed: access_policies,
    the_page_of_caller_identity_says_what_is_needed: caller_identity,
    the_page_of_cluster_says_what_is_needed: cluster,
    the_page_of_identity_mapping_says_what_is_needed: identity_mapping,
    the_page_of_can_i_says_what_is_needed: can_i,
    the_page_of_kubeconfig_says_what_is_needed: kubeconfig,
    the_page_of_trust_policy_says_what_is_needed: trust_policy,
    the_page_of_addon_policy_says_what_is_needed: addon_policy,
    the_page_of_web_identity_check_says_what_is_needed: web_identity_check,
    the_page_of_legacy_pod_roles_says_what_is_needed: legacy_pod_roles,
    the_page_of_service_accounts_says_what_is_needed: service_accounts,
    the_page_of_cluster_auth_says_what_is_needed: cluster_auth,
    the_page_of_token_verification_says_what_is_needed: token_verification,
);

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use crate::bed::tools::room;

    #[test]
    fn every_page_that_prints_permissions_has_a_story() {
        let docs = room().join("../docs");
        let mut printing = BTreeSet::new();
        for folder in [
            "resources",
            "data-sources",
            "ephemeral-resources",
            "list-resources",
            "actions",
        ] {
            for entry in fs::read_dir(docs.join(folder)).into_iter().flatten() {
                let path = entry.unwrap().path();
                if fs::read_to_string(&path)
                    .unwrap()
                    .contains("\n## Permissions\n")
                {
                    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                    printing.insert(format!("{folder}/{name}"));
                }
            }
        }
        let with_a_story = super::pages_with_a_story().unwrap();
        let with_a_story: BTreeSet<String> = with_a_story.into_iter().map(str::to_owned).collect();
        assert_eq!(with_a_story, printing);
    }
}
