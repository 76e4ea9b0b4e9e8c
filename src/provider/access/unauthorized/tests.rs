use super::*;
use crate::fakes::{FakeCloud, FakeReviews, active_cluster};
use crate::ports::access_review::ReviewedUser;
use crate::ports::eks::{self, AccessEntry};

fn unauthorized(cloud: &Arc<FakeCloud>, mode: AuthenticationMode) -> Unauthorized {
    Unauthorized {
        cluster: "prod".to_owned(),
        region: "eu-central-1".to_owned(),
        partition: "aws".to_owned(),
        mode,
        acts_as: ActsAs::Caller,
        kube: Some(cloud.kubernetes.clone()),
        session: cloud.session(FakeCloud::settings()),
        eks: cloud.eks.clone(),
    }
}

const AWS_AUTH: &str = "configmaps kube-system/aws-auth";

fn refused(kind: ErrorKind) -> ApiError {
    ApiError {
        clock_skew_seconds: Some(1),
        ..ApiError::from_api_server(kind, RequestVerb::Get, AWS_AUTH, "Unauthorized")
    }
}

#[tokio::test]
async fn a_stranger_reads_who_it_is_and_which_commands_let_it_in() {
    let cloud = Arc::new(FakeCloud::default());
    let mode = Some(AuthenticationMode::ApiAndConfigMap);
    cloud.eks.put(eks::Cluster {
        authentication_mode: mode,
        ..active_cluster("prod", "A")
    });
    cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: "arn:aws:iam::111122223333:role/admins-old".to_owned(),
        kind: "STANDARD".to_owned(),
        username: "old".to_owned(),
        groups: Vec::new(),
        policies: Vec::new(),
    });
    let shown = unauthorized(&cloud, AuthenticationMode::ApiAndConfigMap)
        .explain("Cannot Read", "aws-auth", &refused(ErrorKind::Unauthorized))
        .await;
    assert_eq!(shown.summary, "The Cluster Does Not Know Who You Are");
    for words in [
        "You are   arn:aws:sts::111122223333:assumed-role/admins/eve → compared as arn:aws:iam::111122223333:role/admins",
        "Cluster   prod, eu-central-1, authentication mode API_AND_CONFIG_MAP",
        "Entries   no access entry; aws-auth could not be read by you",
        "Near miss an access entry names `arn:aws:iam::111122223333:role/admins-old`, which is almost the same",
        "the clocks agree (1 s)",
        "aws eks create-access-entry --cluster-name prod --region eu-central-1 --principal-arn arn:aws:iam::111122223333:role/admins",
        "What to do: ask an administrator of the cluster, who sees which entry is missing or wrong with\n  terraform-provider-eksauth explain arn:aws:iam::111122223333:role/admins --cluster prod --region eu-central-1\n",
        "Only if you are to administer the cluster and no administrator can get in",
        "--policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy --access-scope type=cluster",
        "iam:GetRole on `admins`",
    ] {
        assert!(
            shown.detail.contains(words),
            "{words} is missing in:\n{}",
            shown.detail
        );
    }
}

#[tokio::test]
async fn in_mode_config_map_the_creator_comes_before_a_mode_that_cannot_be_lowered() {
    let cloud = Arc::new(FakeCloud::default());
    let shown = unauthorized(&cloud, AuthenticationMode::ConfigMap)
        .explain("Cannot Read", "aws-auth", &refused(ErrorKind::Unauthorized))
        .await;
    let mut rest = shown.detail.as_str();
    for words in [
        "can map `arn:aws:iam::111122223333:role/admins` in aws-auth",
        "  terraform-provider-eksauth add role --rolearn arn:aws:iam::111122223333:role/admins --username NAME --groups GROUP --cluster prod --region eu-central-1\n",
        "(`eksctl create iamidentitymapping` and `kubectl edit configmap aws-auth -n kube-system` do it too",
        "If nobody is: the cluster's creator.",
        "  terraform-provider-eksauth restore --cluster prod --region eu-central-1\n",
        "  aws eks update-cluster-config --name prod --region eu-central-1 \\\n    --access-config authenticationMode=API_AND_CONFIG_MAP\n",
        "  aws eks create-access-entry --cluster-name prod --region eu-central-1 --principal-arn arn:aws:iam::111122223333:role/admins\n",
        "  aws eks associate-access-policy --cluster-name prod",
    ] {
        let (_, behind) = rest
            .split_once(words)
            .unwrap_or_else(|| panic!("{words} is missing, or too early, in:\n{}", shown.detail));
        rest = behind;
    }
}

#[tokio::test]
async fn what_maps_an_identity_is_the_command_of_its_kind() {
    let cloud = Arc::new(FakeCloud::default());
    let explainer = unauthorized(&cloud, AuthenticationMode::ConfigMap);
    for (arn, command) in [
        (
            "arn:aws:iam::111122223333:user/people/eve",
            "add user --userarn arn:aws:iam::111122223333:user/people/eve --username NAME --groups GROUP --cluster prod",
        ),
        (
            "arn:aws:sts::111122223333:federated-user/eve",
            "add user --userarn arn:aws:sts::111122223333:federated-user/eve --username NAME --groups GROUP --cluster prod",
        ),
    ] {
        let lines = explainer.what_to_do(&Principal::from_arn(arn)).await;
        assert!(lines.join("\n").contains(command), "{lines:?}");
    }
}

#[tokio::test]
async fn forbidden_is_told_from_unknown_and_other_failures_stay_as_they_are() {
    let cloud = Arc::new(FakeCloud::default());
    let explainer = unauthorized(&cloud, AuthenticationMode::ConfigMap);
    let forbidden = explainer
        .explain("Cannot Read", "aws-auth", &refused(ErrorKind::AccessDenied))
        .await;
    assert_eq!(forbidden.summary, "Cannot Read");
    assert!(
        forbidden.detail.contains("RBAC does not allow this call. The caller needs `get` and `patch` on the ConfigMap aws-auth"),
        "{}",
        forbidden.detail
    );
    let mut other = refused(ErrorKind::AccessDenied);
    for (call, needed) in [
        (
            "patch serviceaccounts apps/reader",
            "The caller needs `patch` on serviceaccounts `reader` in namespace `apps`.",
        ),
        (
            "create serviceaccounts apps/reader",
            "The caller needs `create` on serviceaccounts in namespace `apps`.",
        ),
        (
            "list pods apps",
            "The caller needs `list` on pods in namespace `apps`.",
        ),
        (
            "list serviceaccounts",
            "The caller needs `list` on serviceaccounts.",
        ),
        (
            "get clusterroles viewers",
            "The caller needs `get` on clusterroles `viewers`.",
        ),
    ] {
        other.missing_permission = Some(call.to_owned());
        let told = explainer.explain("Cannot Read", "it", &other).await;
        assert!(told.detail.contains(needed), "{}", told.detail);
        assert!(!told.detail.contains("on the ConfigMap"), "{}", told.detail);
    }
    let unreachable = explainer
        .explain("Cannot Read", "aws-auth", &refused(ErrorKind::Unreachable))
        .await;
    assert_eq!(unreachable.summary, "Cannot Read");
    let of_aws = ApiError::new(ErrorKind::AccessDenied, "eks:DescribeCluster", "no");
    let of_aws = explainer.explain("Cannot Read", "aws-auth", &of_aws).await;
    assert!(!of_aws.detail.contains("RBAC"), "{}", of_aws.detail);
}

#[test]
fn a_clock_that_is_off_is_the_first_suspect() {
    assert!(diagnostics::clock(Some(-600)).starts_with("Clock     this machine is 600 s off"));
    assert!(
        diagnostics::clock(None).starts_with("This run signed the token. The API server caches")
    );
}

#[tokio::test]
async fn a_refused_write_does_not_say_that_the_document_could_not_be_read() {
    let cloud = Arc::new(FakeCloud::default());
    let explainer = unauthorized(&cloud, AuthenticationMode::ConfigMap);
    for (verb, words) in [
        (RequestVerb::Get, "aws-auth could not be read by you"),
        (RequestVerb::List, "aws-auth could not be read by you"),
        (
            RequestVerb::Patch,
            "aws-auth was read before, and was not read again",
        ),
    ] {
        let error = ApiError::from_api_server(ErrorKind::AccessDenied, verb, AWS_AUTH, "no");
        let refused = explainer.explain("Cannot Write", "aws-auth", &error).await;
        assert!(
            refused.detail.contains(words),
            "{verb:?}: {}",
            refused.detail
        );
    }
}

fn knows(cloud: &FakeCloud, username: &str) {
    cloud.kubernetes.set_reviews(FakeReviews {
        user: Some(ReviewedUser {
            username: username.to_owned(),
            groups: vec!["view".to_owned(), "system:authenticated".to_owned()],
            ..ReviewedUser::default()
        }),
        ..FakeReviews::default()
    });
}

#[tokio::test]
async fn who_is_known_and_may_not_reads_as_whom_the_api_server_knows_it() {
    let cloud = Arc::new(FakeCloud::default());
    let explained = |kind| {
        let explainer = unauthorized(&cloud, AuthenticationMode::ConfigMap);
        async move {
            explainer
                .explain("Cannot Read", "aws-auth", &refused(kind))
                .await
                .detail
        }
    };
    let text = explained(ErrorKind::AccessDenied).await;
    assert!(!text.contains("Known as"), "{text}");
    knows(&cloud, "dev");
    let text = explained(ErrorKind::AccessDenied).await;
    assert!(
        text.contains("\nKnown as  dev · view (as the API server says)\n"),
        "{text}"
    );
    // Refused a moment ago, and let in now.
    let text = explained(ErrorKind::Unauthorized).await;
    assert!(
        text.contains("\nA new token was admitted right after: "),
        "{text}"
    );
    cloud.kubernetes.refuse_caller();
    let text = explained(ErrorKind::Unauthorized).await;
    assert!(!text.contains("A new token was admitted"), "{text}");
}

#[tokio::test]
async fn another_identity_that_acts_is_the_one_that_is_explained() {
    let cloud = Arc::new(FakeCloud::default());
    let role = "arn:aws:iam::111122223333:role/ci/deployer";
    let as_role = Unauthorized {
        acts_as: ActsAs::Role(role.to_owned()),
        ..unauthorized(&cloud, AuthenticationMode::ConfigMap)
    };
    let error = refused(ErrorKind::Unauthorized);
    let text = as_role
        .explain("Cannot Read", "aws-auth", &error)
        .await
        .detail;
    for words in [
        "You are   arn:aws:sts::111122223333:assumed-role/admins/eve, acting on the cluster as arn:aws:iam::111122223333:role/ci/deployer → compared as \
         arn:aws:iam::111122223333:role/deployer",
        "can map `arn:aws:iam::111122223333:role/deployer` in aws-auth",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let given = Unauthorized {
        acts_as: ActsAs::Given,
        ..unauthorized(&cloud, AuthenticationMode::ConfigMap)
    };
    knows(&cloud, "system:serviceaccount:ci:terraform");
    let error = refused(ErrorKind::AccessDenied);
    let text = given
        .explain("Cannot Read", "aws-auth", &error)
        .await
        .detail;
    assert!(
        text.contains("The API server knows it as system:serviceaccount:ci:terraform · view, who lacks the right."),
        "{text}"
    );
}

#[tokio::test]
async fn clusters_behind_one_address_and_their_callers_are_causes_of_their_own() {
    let cloud = Arc::new(FakeCloud::default());
    let error = ApiError {
        address: Some("https://127.0.0.1:8443".to_owned()),
        ..refused(ErrorKind::Unauthorized)
    };
    let explainers = [
        ("prod", ActsAs::Caller),
        ("one", ActsAs::Caller),
        ("one", ActsAs::Given),
        (
            "one",
            ActsAs::Role("arn:aws:iam::111122223333:role/a".to_owned()),
        ),
    ];
    let mut keys = std::collections::BTreeSet::new();
    for (cluster, acts_as) in explainers {
        let explainer = Unauthorized {
            cluster: cluster.to_owned(),
            acts_as,
            ..unauthorized(&cloud, AuthenticationMode::ConfigMap)
        };
        let about = ["aws-auth", "another"];
        let mut told = Vec::new();
        for about in about {
            told.push(explainer.explain("Cannot Read", about, &error).await);
        }
        let of_both: Vec<_> = told.iter().filter_map(|one| one.cause.clone()).collect();
        assert_eq!(of_both.len(), 2);
        assert_eq!(of_both[0].key, of_both[1].key);
        keys.insert(of_both[0].key.clone());
    }
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[tokio::test]
async fn a_token_of_the_block_that_is_refused_sends_nobody_to_aws_credentials() {
    let cloud = Arc::new(FakeCloud::default());
    let explainer = Unauthorized {
        acts_as: ActsAs::Given,
        ..unauthorized(&cloud, AuthenticationMode::ConfigMap)
    };
    let error = refused(ErrorKind::Unauthorized);
    let detail = explainer
        .explain("Cannot Read", "aws-auth", &error)
        .await
        .detail;
    assert!(!detail.contains("AWS_PROFILE"), "{detail}");
    assert!(detail.contains("does not count there"), "{detail}");
}

#[tokio::test]
async fn a_refused_person_is_sent_to_whoever_can_see_its_entry_before_anybody_is_made_an_admin() {
    let cloud = Arc::new(FakeCloud::default());
    let arn = "arn:aws:iam::111122223333:role/developers";
    for mode in [
        AuthenticationMode::ConfigMap,
        AuthenticationMode::ApiAndConfigMap,
        AuthenticationMode::Api,
    ] {
        let lines = unauthorized(&cloud, mode)
            .what_to_do(&Principal::from_arn(arn))
            .await
            .join("\n");
        let explain = format!("terraform-provider-eksauth explain {arn} --cluster prod");
        let (before, after) = lines
            .split_once(explain.as_str())
            .unwrap_or_else(|| panic!("{mode:?}: {lines}"));
        assert!(
            before.starts_with("What to do: ask an administrator"),
            "{lines}"
        );
        let (with_groups, _) = after
            .split_once("AmazonEKSAdminPolicy")
            .unwrap_or_else(|| panic!("{mode:?}: {lines}"));
        let gives_groups = match mode {
            AuthenticationMode::Api => "--kubernetes-groups GROUP",
            _ => "--groups GROUP",
        };
        assert!(with_groups.contains(gives_groups), "{mode:?}: {lines}");
        assert!(
            with_groups.contains("administer the cluster"),
            "{mode:?}: {lines}"
        );
    }
}

#[tokio::test]
async fn where_another_object_is_refused_aws_auth_is_read() {
    let cloud = Arc::new(FakeCloud::default());
    let explained = |object: &'static str, verb| {
        let explainer = unauthorized(&cloud, AuthenticationMode::ConfigMap);
        async move {
            let error = ApiError::from_api_server(ErrorKind::AccessDenied, verb, object, "no");
            explainer.explain("Cannot Read", "it", &error).await.detail
        }
    };
    let text = explained("clusterroles viewers", RequestVerb::Get).await;
    assert!(
        text.contains("Entries   no entry in aws-auth; access"),
        "{text}"
    );
    cloud.kubernetes.put_other(
        "aws-auth",
        crate::ports::kubernetes::ConfigMap {
            data: std::collections::BTreeMap::from([(
                "mapRoles".to_owned(),
                "- rolearn: arn:aws:iam::111122223333:role/admins\n  username: boss\n  groups: [ops]\n"
                    .to_owned(),
            )]),
            ..Default::default()
        },
    );
    for (object, verb) in [
        ("clusterroles viewers", RequestVerb::Get),
        ("serviceaccounts apps/reader", RequestVerb::Patch),
        (
            "configmaps kube-system/aws-auth-recovery-1",
            RequestVerb::Get,
        ),
    ] {
        let text = explained(object, verb).await;
        assert!(
            text.contains("Entries   aws-auth gives boss · ops"),
            "{object}: {text}"
        );
        assert!(
            !text.contains("aws-auth was read before"),
            "{object}: {text}"
        );
    }
    cloud.kubernetes.deny("get", "configmaps");
    let text = explained("clusterroles viewers", RequestVerb::Get).await;
    assert!(text.contains("aws-auth could not be read"), "{text}");
}
