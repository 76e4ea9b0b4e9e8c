//! What a principal may do: `can-i` and `data.eksauth_can_i` beside the real `kubectl auth can-i`, beside what the person really may, and beside the API
//! server's own word on random roles and bindings.

use serde_json::{Value, json};

use super::{
    bed_access_entries::{eks, who},
    by_hand::{CommandOutput, ours},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, access::Mode},
        cluster::{Cluster, reviews::Attempt},
        identity::Identity,
        permissions::GROUP,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

mod random;

stories!("can_i":
    what_kubectl_and_the_person_see_is_what_is_said,
    access_policies_count_and_who_may_not_enter_may_nothing,
    the_rules_say_of_random_roles_what_the_api_server_says,
    groups_and_bindings_that_do_not_meet_are_found_once,
);

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// An object of RBAC, gone when the value goes.
struct Made<'a> {
    prod: &'a Cluster<'a>,
    path: String,
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        // The next story makes its own.
        let _ = self.prod.ask("DELETE", &self.path, None);
    }
}

/// Makes an object of RBAC, of a namespace where one is given.
fn make<'a>(
    prod: &'a Cluster<'a>,
    kind: &str,
    namespace: &str,
    name: &str,
    rest: &Value,
) -> Outcome<Made<'a>> {
    let plural = format!("{}s", kind.to_lowercase());
    let collection = match namespace {
        "" => format!("{RBAC}/{plural}"),
        namespace => format!("{RBAC}/namespaces/{namespace}/{plural}"),
    };
    let mut object =
        json!({"apiVersion": format!("{RBAC_GROUP}/v1"), "kind": kind, "metadata": {"name": name}});
    if let (Some(object), Some(rest)) = (object.as_object_mut(), rest.as_object()) {
        object.extend(rest.clone());
    }
    let (status, answer) = prod.ask("POST", &collection, Some(&object))?;
    expect(status == 201, format!("{status}: {answer}"))?;
    Ok(Made {
        prod,
        path: format!("{collection}/{name}"),
    })
}

fn role_ref(kind: &str, name: &str) -> Value {
    json!({"apiGroup": RBAC_GROUP, "kind": kind, "name": name})
}

fn subject(kind: &str, name: &str) -> Value {
    json!({"apiGroup": RBAC_GROUP, "kind": kind, "name": name})
}

/// `can-i` about a principal, as somebody: the words of the question behind it.
fn can_i(cloud: &Cloud, who: &Identity, principal: &str, words: &[&str]) -> Outcome<CommandOutput> {
    let rest = [&["can-i", principal], words, &["--cluster", PROD]].concat();
    let said = ours(cloud, who, &rest, "")?;
    // Long lines are folded; headline and labels stand before two blanks.
    let lines = said.out.lines().map(|line| match line.starts_with("   ") {
        true => format!(" {}", line.trim()),
        false => format!("\n{line}"),
    });
    Ok(CommandOutput {
        out: lines.collect(),
        ..said
    })
}

/// Alice, a session of `role/dev`, and the group `devs`, which may read pods in `apps` and nothing else.
fn developers<'a>(cloud: &Cloud, prod: &'a Cluster<'a>) -> Outcome<(Identity, Vec<Made<'a>>)> {
    let role = cloud.role("/teams/", "dev")?;
    let entry = format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/dev\n  username: dev:{{{{SessionName}}}}\n  groups: [devs]\n"
    );
    prod.put_aws_auth_key("mapRoles", &entry)?;
    prod.ensure_namespace("apps")?;
    let rules = json!({"rules": [
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["*"]},
    ]});
    let bound =
        |role: &str, who: Value| json!({"roleRef": role_ref("Role", role), "subjects": [who]});
    let secret = json!({"rules": [{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["own"], "verbs": ["get"]}]});
    let made = vec![
        make(prod, "Role", "apps", "developer", &rules)?,
        make(
            prod,
            "RoleBinding",
            "apps",
            "developers",
            &bound("developer", subject("Group", "devs")),
        )?,
        make(prod, "Role", "apps", "own-secret", &secret)?,
        make(
            prod,
            "RoleBinding",
            "apps",
            "alice",
            &bound("own-secret", subject("User", "dev:alice")),
        )?,
    ];
    let alice = cloud.session(&role, "alice")?;
    prod.wait_for_admission(&alice, Some(&who("dev:alice", &["devs"])))?;
    Ok((alice, made))
}

/// The question in our words and in kubectl's, and the answer.
const QUESTIONS: [(&[&str], &[&str], bool); 8] = [
    (
        &["get", "pods", "-n", "apps"],
        &["get", "pods", "-n", "apps"],
        true,
    ),
    (
        &["get", "pods/log", "-n", "apps"],
        &["get", "pods", "--subresource=log", "-n", "apps"],
        true,
    ),
    (
        &["get", "pods", "-n", "default"],
        &["get", "pods", "-n", "default"],
        false,
    ),
    (
        &["delete", "pods", "-n", "apps"],
        &["delete", "pods", "-n", "apps"],
        false,
    ),
    (
        &["patch", "deployments.apps", "-n", "apps"],
        &["patch", "deployments.apps", "-n", "apps"],
        true,
    ),
    (
        &["get", "secrets", "own", "-n", "apps"],
        &["get", "secrets/own", "-n", "apps"],
        true,
    ),
    (
        &["get", "secrets", "-n", "apps"],
        &["get", "secrets", "-n", "apps"],
        false,
    ),
    (&["get", "/version"], &["get", "/version"], true),
];

fn what_kubectl_and_the_person_see_is_what_is_said(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let (alice, _made) = developers(cloud, &prod)?;
    for (ours, kubectls, allowed) in QUESTIONS {
        let during = |failure: Failure| failure.during(&ours.join(" "));
        let (code, word) = if allowed { (0, "yes") } else { (1, "no") };
        // As the administrator, by a review of the mapped user.
        let said = can_i(cloud, cloud.creator(), &alice.arn, ours)?;
        said.expect(code, &format!("{word}  ")).map_err(during)?;
        said.expect(code, "by the API server").map_err(during)?;
        // As the person itself, who may list nothing.
        can_i(cloud, &alice, "me", ours)?
            .expect(code, &format!("{word}  "))
            .map_err(during)?;
        // The real kubectl, as the person and in its name.
        let asked = [&["auth", "can-i"], kubectls].concat();
        let named = [asked.as_slice(), &["--as=dev:alice", "--as-group=devs"]].concat();
        for (identity, arguments) in [(&alice, &asked), (cloud.creator(), &named)] {
            let printed = prod.kubectl_with(&prod.token(identity)?, arguments);
            let is_yes = printed.is_ok_and(|printed| printed.trim().starts_with("yes"));
            expect(
                is_yes == allowed,
                format!("kubectl says otherwise: {arguments:?}"),
            )?;
        }
    }
    // What it really may.
    for (path, status) in [
        ("/api/v1/namespaces/apps/pods", 200),
        ("/api/v1/namespaces/default/pods", 403),
        ("/api/v1/namespaces/apps/secrets", 403),
    ] {
        let (seen, _) = prod.ask_as(&alice, "GET", path, None)?;
        expect(seen == status, format!("{path} is answered {seen}"))?;
    }
    let yes = can_i(
        cloud,
        cloud.creator(),
        &alice.arn,
        &["get", "pods", "-n", "apps"],
    )?;
    yes.expect(0, "granted by  RoleBinding `apps/developers` of group `devs` with Role `developer`: get, list on pods, pods/log of API group core")?;
    let no = can_i(
        cloud,
        cloud.creator(),
        &alice.arn,
        &["get", "pods", "-n", "default"],
    )?;
    no.expect(1, "allows it in namespace `apps`")?;
    let of_apps = can_i(
        cloud,
        cloud.creator(),
        &alice.arn,
        &["get", "deployments", "-n", "apps"],
    )?;
    of_apps.expect(
        1,
        "`deployments` are in API group `apps`: `deployments.apps`",
    )?;
    // Of the role alone the session's name is not known, and a binding names one.
    let role = format!("arn:aws:iam::{ACCOUNT}:role/teams/dev");
    can_i(
        cloud,
        cloud.creator(),
        &role,
        &["get", "secrets", "own", "-n", "apps"],
    )?
    .expect(2, "known only once somebody calls")?;
    can_i(
        cloud,
        cloud.creator(),
        &role,
        &["get", "pods", "-n", "apps"],
    )?
    .expect(0, "yes  ")
}

fn access_policies_count_and_who_may_not_enter_may_nothing(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let nobody = format!("arn:aws:iam::{ACCOUNT}:role/nobody");
    can_i(cloud, cloud.creator(), &nobody, &["get", "pods"])?
        .expect(1, "nothing admits it to the cluster")?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "viewer")?;
    let named = ["--principal-arn", &role];
    eks(
        cloud,
        &[
            &["create-access-entry", "--username", "viewer"],
            named.as_slice(),
        ]
        .concat(),
    )?;
    let view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
    let scope = [
        "--policy-arn",
        view,
        "--access-scope",
        "type=namespace,namespaces=apps",
    ];
    eks(
        cloud,
        &[&["associate-access-policy"], named.as_slice(), &scope].concat(),
    )?;
    let viewer = cloud.session(&role, "v")?;
    prod.wait_for_admission(&viewer, Some(&who("viewer", &[])))?;
    let list = |namespace| Attempt {
        verb: "list",
        resource: "pods",
        namespace,
        ..Attempt::default()
    };
    prod.wait_for_decision(&viewer, &list("apps"), true)?;
    for (words, code, part) in [
        (
            ["list", "pods", "-n", "apps"],
            0,
            "access policy `AmazonEKSViewPolicy` in namespaces apps",
        ),
        (["list", "pods", "-n", "default"], 1, "no  "),
        (
            ["list", "secrets", "-n", "apps"],
            2,
            "is not known to allow or not to allow it",
        ),
    ] {
        can_i(cloud, cloud.creator(), &viewer.arn, &words)?.expect(code, part)?;
    }
    // Whoever asks about itself hears of every authorizer.
    can_i(cloud, &viewer, "me", &["list", "secrets", "-n", "apps"])?.expect(1, "by the API server")
}

fn the_rules_say_of_random_roles_what_the_api_server_says(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for namespace in random::NAMESPACES {
        prod.ensure_namespace(namespace)?;
    }
    let mut world = random::World::new(20_261_128);
    let mut made = Vec::new();
    for object in world.objects() {
        made.push(make(
            &prod,
            object.kind,
            &object.namespace,
            &object.name,
            &object.rest,
        )?);
    }
    prod.put_aws_auth_key("mapRoles", &world.map_roles())?;
    // Somebody who may list all of it and ask nobody about others, so that the rules answer.
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListClusters"], "Resource": "*"}]});
    let manifest = format!(
        "apiVersion: {RBAC_GROUP}/v1\nkind: ClusterRole\nmetadata: {{name: reads-rbac}}\nrules:\n\
         - {{apiGroups: [{RBAC_GROUP}], resources: [roles, rolebindings, clusterroles, clusterrolebindings], verbs: [list]}}\n\
         - {{apiGroups: [''], resources: [configmaps], verbs: [get]}}\n---\n\
         apiVersion: {RBAC_GROUP}/v1\nkind: ClusterRoleBinding\nmetadata: {{name: reads-rbac}}\n\
         roleRef: {{apiGroup: {RBAC_GROUP}, kind: ClusterRole, name: reads-rbac}}\nsubjects:\n\
         - {{apiGroup: {RBAC_GROUP}, kind: Group, name: {GROUP}}}\n"
    );
    let reader = cloud.with_exact_permissions(&policy.to_string(), &manifest)?;
    let questions = world.questions(200);
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(reader.identity());
    workspace.file("questions.json", &serde_json::to_string(&questions)?)?;
    workspace.configure(
        "locals {\n  questions = { for index, one in jsondecode(file(\"questions.json\")) : tostring(index) => one }\n}\n\n\
         data \"eksauth_can_i\" \"all\" {\n  for_each  = local.questions\n  arn       = each.value.arn\n  verb      = each.value.verb\n  \
         resource  = each.value.resource\n  namespace = each.value.namespace\n  name      = each.value.name\n}\n\n\
         output \"said\" {\n  value = { for index, one in data.eksauth_can_i.all : index => { allowed = one.allowed, by = one.answered_by, why = one.summary } }\n}\n",
    )?;
    workspace.apply()?;
    let printed = workspace
        .run(&["output", "-json", "said"])?
        .succeeded()?
        .output;
    let said: Value = serde_json::from_str(&printed)?;
    let (mut differences, mut yes) = (Vec::new(), 0);
    for (index, question) in questions.iter().enumerate() {
        let truth = world.review(&prod, question)?;
        yes += usize::from(truth);
        let answer = said.get(index.to_string()).cloned().unwrap_or_default();
        let is_same = answer.get("allowed") == Some(&json!(truth));
        if !is_same || answer.get("by") != Some(&json!("rules")) {
            differences.push(format!(
                "{question}: the API server {truth}, the rules {answer}"
            ));
        }
    }
    drop(made);
    expect(differences.is_empty(), differences.join("\n"))?;
    // Questions of one answer alone would show nothing.
    expect(yes > 30 && yes < 170, format!("{yes} of 200 are allowed"))
}

fn groups_and_bindings_that_do_not_meet_are_found_once(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let entry = |name: &str, group: &str| {
        format!(
            "- rolearn: arn:aws:iam::{ACCOUNT}:role/{name}\n  username: {name}\n  groups: [{group}]\n"
        )
    };
    let map = [
        entry("a", "devs"),
        entry("b", "devs"),
        entry("c", "releasers"),
    ]
    .concat();
    prod.put_aws_auth_key("mapRoles", &map)?;
    let _made = [
        make(
            &prod,
            "ClusterRole",
            "",
            "releaser",
            &json!({"rules": [{"apiGroups": [RBAC_GROUP], "resources": ["clusterroles"], "verbs": ["bind"]}]}),
        )?,
        make(
            &prod,
            "ClusterRoleBinding",
            "",
            "releasers",
            &json!({"roleRef": role_ref("ClusterRole", "releaser"), "subjects": [subject("Group", "releasers"), subject("Group", "leavers")]}),
        )?,
    ];
    let lint = ours(
        cloud,
        cloud.creator(),
        &["lint", "--cluster", PROD, "-o", "json"],
        "",
    )?;
    lint.expect(0, "")?;
    for (id, group) in [
        ("group.unbound", "devs"),
        ("group.nobody_mapped", "leavers"),
        ("privilege.group_may_become_admin", "releasers"),
    ] {
        let count = lint.out.matches(id).count();
        expect(
            count == 1,
            format!("{id} is there {count} times: {}", lint.out),
        )?;
        expect_parts(&lint.out, &[id, &format!("cluster {PROD}, group {group}")])?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure("data \"eksauth_aws_auth\" \"prod\" {}\n\noutput \"ids\" {\n  value = sort(data.eksauth_aws_auth.prod.group_findings[*].id)\n}\n")?;
    workspace.apply()?;
    let printed = workspace
        .run(&["output", "-json", "ids"])?
        .succeeded()?
        .output;
    let ids: Value = serde_json::from_str(&printed)?;
    let expected = json!([
        "group.nobody_mapped",
        "group.unbound",
        "privilege.group_may_become_admin"
    ]);
    expect(ids == expected, ids.to_string())
}
