//! A Terraform working folder: its files, and Terraform run in it as one identity of the bed.

use std::{
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{
    cloud::{Cloud, REGION},
    identity::Identity,
    provider_under_test::built_provider,
    terraform,
};
use crate::failure::{Failure, Outcome, expect, expect_parts};

/// A working folder, which goes with the value.
pub struct Workspace<'a> {
    cloud: &'a Cloud,
    folder: tempfile::TempDir,
    identity: Identity,
    variables: Vec<(String, String)>,
}

/// What a Terraform command said.
#[derive(Clone, Debug)]
pub struct Run {
    /// The exit code; none when it was ended by a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

impl<'a> Workspace<'a> {
    /// An empty folder whose Terraform takes the provider under test without `init`.
    ///
    /// # Errors
    /// The provider was not built, or the folder cannot be made.
    pub fn new(cloud: &'a Cloud) -> Outcome<Workspace<'a>> {
        let workspace = Workspace::empty(cloud)?;
        terraform::write_override(&workspace.cli_configuration(), &built_provider()?)?;
        Ok(workspace)
    }

    /// Has stand-ins for other providers, by source address, beside the provider under test.
    ///
    /// # Errors
    /// The provider was not built, or the files cannot be written.
    pub fn stand_in(&self, stand_ins: &[(&str, &Path)]) -> Outcome {
        terraform::write_override_with(
            &self.cli_configuration(),
            &built_provider()?,
            &self.folder.path().join("stand-ins"),
            stand_ins,
        )
    }

    /// A folder whose Terraform installs the provider, and hashicorp/aws where a mirror has it, with `init`.
    ///
    /// # Errors
    /// The provider was not built, or the folder cannot be made.
    pub fn with_init(cloud: &'a Cloud) -> Outcome<Workspace<'a>> {
        Workspace::with_init_beside(cloud, &[])
    }

    /// The same, with stand-ins for other providers that a state names, by address and version.
    ///
    /// # Errors
    /// The provider was not built, or the folder cannot be made.
    pub fn with_init_beside(
        cloud: &'a Cloud,
        stand_ins: &[(&str, &str)],
    ) -> Outcome<Workspace<'a>> {
        let workspace = Workspace::empty(cloud)?;
        let mirror = workspace.folder.path().join("mirror");
        terraform::write_mirror(
            &workspace.cli_configuration(),
            &mirror,
            &built_provider()?,
            stand_ins,
        )?;
        Ok(workspace)
    }

    fn empty(cloud: &'a Cloud) -> Outcome<Workspace<'a>> {
        let mut folder = tempfile::Builder::new()
            .prefix("workspace-")
            .tempdir_in(cloud.folder())?;
        folder.disable_cleanup(cloud.is_kept());
        fs::create_dir(folder.path().join("work"))?;
        terraform::put_on_path(&folder.path().join("path"), cloud.tools())?;
        Ok(Workspace {
            cloud,
            folder,
            identity: cloud.creator().clone(),
            variables: Vec::new(),
        })
    }

    /// From now on Terraform runs as `identity`.
    pub fn act_as(&mut self, identity: &Identity) {
        self.identity = identity.clone();
    }

    /// From now on Terraform runs with this environment variable; an empty value removes it.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// The folder with the configuration.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The CLI of the run, as it is on the `PATH` of every command of this folder.
    #[must_use]
    pub fn terraform(&self) -> PathBuf {
        self.folder.path().join("path/terraform")
    }

    /// Writes a file of the configuration, in a folder below if its name says so.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn file(&self, name: &str, text: &str) -> Outcome {
        let path = self.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(path, text)?)
    }

    /// Writes `main.tf`: the provider block for `prod` and `text`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn configure(&self, text: &str) -> Outcome {
        self.file("main.tf", &format!("{}{text}", provider_block("")))
    }

    /// Runs Terraform to its end.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Outcome<Run> {
        self.start(arguments)?.wait()
    }

    /// Starts Terraform in a process group of its own.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&self, arguments: &[&str]) -> Outcome<Running> {
        let child = self
            .command(&self.terraform())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok(Running { child: Some(child) })
    }

    /// A command with the environment that Terraform runs in.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = self.cloud.plain(program);
        let mut path = self.folder.path().join("path").into_os_string();
        if let Some(others) = std::env::var_os("PATH") {
            path.push(":");
            path.push(others);
        }
        command
            .current_dir(self.path())
            .env("PATH", path)
            .envs(self.identity.environment())
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL", self.cloud.emulator().url())
            .env("TF_CLI_CONFIG_FILE", self.cli_configuration())
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1");
        for (name, value) in &self.variables {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        command
    }

    /// `terraform init`, which has to succeed.
    ///
    /// # Errors
    /// It failed.
    pub fn init(&self) -> Outcome<Run> {
        self.run(&["init", "-no-color", "-input=false"])?
            .succeeded()
    }

    /// `terraform plan`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn plan(&self) -> Outcome<Run> {
        self.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"])
    }

    /// `terraform apply`, which has to succeed.
    ///
    /// # Errors
    /// It failed.
    pub fn apply(&self) -> Outcome<Run> {
        self.try_apply()?.succeeded()
    }

    /// `terraform apply`, whatever comes of it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn try_apply(&self) -> Outcome<Run> {
        self.run(&["apply", "-no-color", "-input=false", "-auto-approve"])
    }

    /// `terraform destroy`, which has to succeed.
    ///
    /// # Errors
    /// It failed.
    pub fn destroy(&self) -> Outcome<Run> {
        self.run(&["destroy", "-no-color", "-input=false", "-auto-approve"])?
            .succeeded()
    }

    /// `terraform import`, whatever comes of it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn import(&self, address: &str, id: &str) -> Outcome<Run> {
        self.run(&["import", "-no-color", "-input=false", address, id])
    }

    /// Fails unless the plan has nothing to do.
    ///
    /// # Errors
    /// The plan, where it is not empty.
    pub fn expect_empty_plan(&self) -> Outcome {
        let run = self.plan()?;
        expect(
            run.code == Some(0),
            format!("the plan is not empty:\n{}{}", run.output, run.errors),
        )
    }

    /// The attributes of a resource, as the state has them; `None` when it is not in the state.
    ///
    /// # Errors
    /// `terraform show` failed.
    pub fn state(&self, address: &str) -> Outcome<Option<Value>> {
        let run = self.run(&["show", "-json"])?.succeeded()?;
        let shown: Value = serde_json::from_str(&run.output)?;
        let resources = shown
            .pointer("/values/root_module/resources")
            .and_then(Value::as_array);
        let found = resources
            .into_iter()
            .flatten()
            .find(|one| one.get("address").and_then(Value::as_str) == Some(address));
        Ok(found.and_then(|one| one.get("values").cloned()))
    }

    /// One attribute of a resource in the state.
    ///
    /// # Errors
    /// The resource or the attribute is not there.
    pub fn attribute(&self, address: &str, attribute: &str) -> Outcome<Value> {
        let state = self
            .state(address)?
            .ok_or_else(|| Failure::new(format!("{address} is not in the state")))?;
        state
            .get(attribute)
            .cloned()
            .ok_or_else(|| Failure::new(format!("{address} has no `{attribute}`")))
    }

    fn cli_configuration(&self) -> PathBuf {
        self.folder.path().join("terraform.rc")
    }
}

/// The provider block for `prod` with more lines in it, after the block that names the source.
#[must_use]
pub fn provider_block(more: &str) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    eksauth = {{ source = \"eksauth/eksauth\" }}\n  }}\n}}\n\n\
         provider \"eksauth\" {{\n  region       = \"{REGION}\"\n  cluster_name = \"prod\"\n{more}}}\n\n"
    )
}

/// Terraform while it runs; it is ended with its plugins when nobody waits for it any more.
pub struct Running {
    child: Option<Child>,
}

impl Running {
    /// Waits for the end.
    ///
    /// # Errors
    /// Its output cannot be read.
    pub fn wait(mut self) -> Outcome<Run> {
        let Some(child) = self.child.take() else {
            return Err(Failure::new("terraform has ended already"));
        };
        let output = child.wait_with_output()?;
        Ok(Run {
            code: output.status.code(),
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Whether it has ended, without waiting for it.
    ///
    /// # Errors
    /// That cannot be told.
    pub fn has_ended(&mut self) -> Outcome<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_some()),
            None => Ok(true),
        }
    }

    /// What Ctrl-C at a terminal does: SIGINT to Terraform and to its plugins.
    ///
    /// # Errors
    /// `kill` cannot be run.
    pub fn interrupt(&self) -> Outcome {
        self.signal("-INT")
    }

    /// SIGKILL to Terraform and to its plugins, and waits for the end of Terraform.
    ///
    /// # Errors
    /// `kill` cannot be run, or Terraform's end not be waited for.
    pub fn kill(mut self) -> Outcome {
        self.signal("-KILL")?;
        if let Some(child) = &mut self.child {
            child.wait()?;
        }
        Ok(())
    }

    /// SIGKILL to Terraform alone; a plugin that does not notice goes on until the value goes.
    ///
    /// # Errors
    /// Terraform cannot be killed.
    pub fn kill_terraform_alone(&self) -> Outcome {
        if let Some(child) = &self.child {
            Command::new("kill")
                .args(["-KILL", &child.id().to_string()])
                .status()?;
        }
        Ok(())
    }

    fn signal(&self, signal: &str) -> Outcome {
        if let Some(child) = &self.child {
            Command::new("kill")
                .args([signal, "--", &format!("-{}", child.id())])
                .status()?;
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A story that failed while Terraform ran has told why; there is nobody to tell about this.
        _ = self.signal("-KILL");
        if let Some(child) = &mut self.child {
            _ = child.wait();
        }
    }
}

impl Run {
    /// The run, if it ended well.
    ///
    /// # Errors
    /// What it said, otherwise.
    #[track_caller]
    pub fn succeeded(self) -> Outcome<Run> {
        match self.code {
            Some(0) => Ok(self),
            _ => Err(Failure::new(format!(
                "terraform ended with {:?}:\n{}{}",
                self.code, self.output, self.errors
            ))),
        }
    }

    /// Fails unless the run was refused with all of `parts` in its error.
    ///
    /// # Errors
    /// It succeeded, or says something else.
    #[track_caller]
    pub fn refused_with(&self, parts: &[&str]) -> Outcome {
        if self.code == Some(1) {
            return expect_parts(&self.errors, parts);
        }
        Err(Failure::new(format!(
            "terraform was not refused ({:?}):\n{}{}",
            self.code, self.output, self.errors
        )))
    }

    /// Fails unless the run says all of `parts`, on either output.
    ///
    /// # Errors
    /// One is missing.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) -> Outcome {
        expect_parts(&format!("{}\n{}", self.output, self.errors), parts)
    }
}
