//! Who acts in a cloud: users, roles and their sessions, and the aws CLI run as one of them.

use serde_json::{Value, json};

use super::{ACCOUNT, Cloud};
use crate::{
    bed::{command::succeeded, identity::Identity, json::text},
    failure::Outcome,
};

impl Cloud {
    /// A new IAM user who may do everything in `account`.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn user(&self, account: &str, path: &str, name: &str) -> Outcome<Identity> {
        self.emulator
            .user(&json!({"account": account, "path": path, "name": name}))
    }

    /// A new IAM user who may do what `policy` says.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn limited_user(&self, name: &str, policy: &Value) -> Outcome<Identity> {
        self.emulator
            .user(&json!({"account": ACCOUNT, "name": name, "policy": policy}))
    }

    /// A new IAM role that anyone of its account may assume and that may do everything; returns its ARN.
    ///
    /// # Errors
    /// The emulator refuses.
    pub fn role(&self, path: &str, name: &str) -> Outcome<String> {
        let wanted = json!({"account": ACCOUNT, "path": path, "name": name, "administrator": true});
        text(&self.emulator.control("role", &wanted)?, "arn")
    }

    /// Deletes a role that `role` has made.
    ///
    /// # Errors
    /// There is none, or somebody has given it more.
    pub fn delete_role(&self, name: &str) -> Outcome {
        let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
        let detach = ["iam", "detach-role-policy", "--policy-arn", administrator];
        self.aws_as(
            &self.creator,
            &[&detach[..], &["--role-name", name]].concat(),
        )?;
        let delete = ["iam", "delete-role", "--role-name", name];
        self.aws_as(&self.creator, &delete).map(|_| ())
    }

    /// A session of a role, opened by the creator with the aws CLI.
    ///
    /// # Errors
    /// STS refuses.
    pub fn assume(&self, role_arn: &str, session: &str) -> Outcome<Identity> {
        let arguments = [
            "sts",
            "assume-role",
            "--role-arn",
            role_arn,
            "--role-session-name",
            session,
        ];
        session_identity(&self.aws_as(&self.creator, &arguments)?)
    }

    /// The session that a service account's token opens in a role.
    ///
    /// # Errors
    /// STS refuses, with its message.
    pub fn assume_with_web_identity(&self, role_arn: &str, token: &str) -> Outcome<Identity> {
        let arguments = [
            [
                "sts",
                "assume-role-with-web-identity",
                "--role-arn",
                role_arn,
            ],
            [
                "--role-session-name",
                "story",
                "--web-identity-token",
                token,
            ],
        ];
        session_identity(&self.aws_as(&self.creator, &arguments.concat())?)
    }

    /// What EKS Auth gives a pod that shows its token to the agent of its node: the session of its association's role.
    ///
    /// # Errors
    /// EKS Auth refuses, with its message.
    pub fn assume_for_pod(&self, cluster: &str, token: &str) -> Outcome<Identity> {
        self.assume_for_pod_as(&self.creator, cluster, token)
    }

    /// The same when the agent's node has the keys of `node`.
    ///
    /// # Errors
    /// EKS Auth refuses, with its message.
    pub fn assume_for_pod_as(
        &self,
        node: &Identity,
        cluster: &str,
        token: &str,
    ) -> Outcome<Identity> {
        let arguments = [
            ["eks-auth", "assume-role-for-pod-identity"],
            ["--cluster-name", cluster],
            ["--token", token],
        ];
        let answer = self.aws_as(node, &arguments.concat())?;
        Ok(Identity::new(
            text(&answer, "assumedRoleUser.arn")?,
            text(&answer, "credentials.accessKeyId")?,
            text(&answer, "credentials.secretAccessKey")?,
            Some(text(&answer, "credentials.sessionToken")?),
        ))
    }

    /// The JSON that the aws CLI prints when `identity` runs it on the emulator.
    ///
    /// # Errors
    /// The CLI fails, with its message.
    pub fn aws_as(&self, identity: &Identity, arguments: &[&str]) -> Outcome<Value> {
        let mut command = self.plain(&self.host.tools().aws);
        command
            .envs(identity.environment())
            .env("AWS_ENDPOINT_URL", self.emulator.url())
            .args(arguments);
        let output = succeeded(&mut command)?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if printed.trim().is_empty() {
            Ok(Value::Null)
        } else {
            Ok(serde_json::from_str(&printed)?)
        }
    }
}

fn session_identity(answer: &Value) -> Outcome<Identity> {
    Ok(Identity::new(
        text(answer, "AssumedRoleUser.Arn")?,
        text(answer, "Credentials.AccessKeyId")?,
        text(answer, "Credentials.SecretAccessKey")?,
        Some(text(answer, "Credentials.SessionToken")?),
    ))
}
