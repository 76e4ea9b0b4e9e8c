//! A case on the bed: its objects as an administrator made them, its configuration, and who runs Terraform.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::{Cluster, WhoAmI},
        command::succeeded,
        identity::Identity,
        tools::room,
        workspace::{Run, Workspace},
    },
    failure::{Failure, Outcome, expect_same},
};

/// So often whoever is let in at random only tries.
const TRIES: usize = 60;

/// A case that was set up.
pub(super) struct Case<'a> {
    cloud: &'a Cloud,
    prod: Cluster<'a>,
    workspace: Workspace<'a>,
    folder: PathBuf,
    /// What was made beside aws-auth and does not go with it.
    made: Vec<String>,
}

impl<'a> Case<'a> {
    /// The cluster with `aws-auth.yaml` in place of its aws-auth and what else the folder has, and `main.tf` in a working folder.
    pub(super) fn open(cloud: &'a Cloud, name: &str) -> Outcome<Case<'a>> {
        let mut case = Case {
            cloud,
            prod: cloud.cluster(PROD)?,
            workspace: Workspace::new(cloud)?,
            folder: room().join("cases/guard").join(name),
            made: Vec::new(),
        };
        case.prod.delete_aws_auth()?;
        case.make(&["create", "-f"], "aws-auth.yaml")?;
        for file in ["rbac.yaml", "node.yaml"] {
            if case.folder.join(file).exists() {
                case.make(&["apply", "-f"], file)?;
                case.made.push(file.to_owned());
            }
        }
        let text = fs::read_to_string(case.folder.join("main.tf"))?;
        case.configure(&text)?;
        Ok(case)
    }

    pub(super) fn configure(&self, text: &str) -> Outcome {
        self.workspace.file("main.tf", text)
    }

    /// The configuration as the case has it.
    pub(super) fn configuration(&self) -> Outcome<String> {
        Ok(fs::read_to_string(self.folder.join("main.tf"))?)
    }

    pub(super) fn act_as(&mut self, identity: &Identity) {
        self.workspace.act_as(identity);
    }

    pub(super) fn workspace(&mut self) -> &mut Workspace<'a> {
        &mut self.workspace
    }

    pub(super) fn prod(&self) -> &Cluster<'a> {
        &self.prod
    }

    pub(super) fn try_apply(&self, variables: &[&str]) -> Outcome<Run> {
        let mut arguments = vec!["apply", "-no-color", "-input=false", "-auto-approve"];
        for variable in variables {
            arguments.extend(["-var", variable]);
        }
        self.workspace.run(&arguments)
    }

    pub(super) fn apply(&self, variables: &[&str]) -> Outcome<Run> {
        self.try_apply(variables)?.succeeded()
    }

    /// Fails unless apply is refused with all of `parts`, and aws-auth stays as it is.
    pub(super) fn is_refused(&self, variables: &[&str], parts: &[&str]) -> Outcome {
        let before = self.aws_auth()?;
        self.try_apply(variables)?
            .refused_with(parts)
            .map_err(|failure| failure.during(&format!("{variables:?}")))?;
        self.is_still(&before)
    }

    pub(super) fn aws_auth(&self) -> Outcome<BTreeMap<String, String>> {
        Ok(self.prod.aws_auth()?.unwrap_or_default())
    }

    pub(super) fn is_still(&self, before: &BTreeMap<String, String>) -> Outcome {
        expect_same(
            "aws-auth",
            &format!("{before:#?}"),
            &format!("{:#?}", self.aws_auth()?),
        )
    }

    /// Runs until the API server has let it in and allowed it all.
    pub(super) fn until_let_in(&self, run: impl Fn(&Self) -> Outcome<Run>) -> Outcome<Run> {
        for _ in 0..TRIES {
            let done = run(self)?;
            let is_shut_out = ["Forbidden", "Unauthorized", "forbidden", "is not allowed"]
                .iter()
                .any(|word| done.errors.contains(word));
            if done.code == Some(0) || !is_shut_out || done.errors.contains("lockout.") {
                return Ok(done);
            }
        }
        Err(Failure::new(format!("it was not let in {TRIES} times")))
    }

    /// A user `pipeline` that RBAC lets get and patch aws-auth and nothing more.
    pub(super) fn pipeline(&self) -> Outcome<Identity> {
        let user = self.cloud.user(ACCOUNT, "/", "pipeline")?;
        let mut data = self.aws_auth()?;
        data.insert(
            "mapUsers".to_owned(),
            format!(
                "- userarn: arn:aws:iam::{ACCOUNT}:user/pipeline\n  username: pipeline\n  groups: [guard-case-writers]\n"
            ),
        );
        self.prod.put_aws_auth(&data)?;
        let namespace = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system";
        let writer = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "guard-case-writers"},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["aws-auth"], "verbs": ["get", "patch"]}]});
        self.prod.ensure(&format!("{namespace}/roles"), &writer)?;
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "guard-case-writers"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "guard-case-writers"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "guard-case-writers"}]});
        self.prod
            .ensure(&format!("{namespace}/rolebindings"), &binding)?;
        let expected = WhoAmI {
            username: "pipeline".to_owned(),
            groups: vec!["guard-case-writers".to_owned()],
        };
        self.prod.wait_for_admission(&user, Some(&expected))?;
        Ok(user)
    }

    /// Whoever acts on the AWS side answers an action with AccessDenied from now on.
    pub(super) fn deny(&self, action: &str) -> Outcome {
        let fault: Value = json!({"action": action, "kind": "error", "status": 403, "times": 1000, "code": "AccessDeniedException",
            "message": format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/admins/s1 is not authorized to perform: eks:{action} on resource: *")});
        self.cloud.emulator().fault(fault)
    }

    fn make(&self, arguments: &[&str], file: &str) -> Outcome {
        let mut command: Command = self.cloud.plain(&self.cloud.tools().kubectl);
        command
            .arg("--kubeconfig")
            .arg(self.prod.kubeconfig())
            .args(arguments)
            .arg(self.folder.join(file));
        succeeded(&mut command).map(|_| ())
    }
}

impl Drop for Case<'_> {
    fn drop(&mut self) {
        // The next story finds neither nodes nor bindings of this one; a cloud that does not answer has nothing to clean.
        for file in &self.made {
            _ = self.make(
                &["delete", "--ignore-not-found", "--wait=false", "-f"],
                file,
            );
        }
    }
}
