//! The same by Terraform: a whole map that is imported, and then becomes another one, or its entries each by itself. `check-plan` says of the plan what its apply then says.

use std::fmt::Write;

use crate::{
    bed::{
        cloud::{PROD, REGION},
        provider_under_test::built_provider,
        workspace::{Run, Workspace, provider_block},
    },
    failure::{Outcome, expect, unframed},
};

use super::super::by_hand::{CommandOutput, run};
use super::{
    as_resources::{is_done, requests, resources},
    aws_auth::{Map, Section},
    change::Request,
    stage::Stage,
    tally::Tally,
    world::Hidden,
    writer::{Acts, Made, Writer},
};

/// What a configuration can say: each ARN once, of principals that may exist.
pub(super) fn limit(map: &mut Map) {
    let mut known: Vec<String> = Vec::new();
    map.items.retain(|item| {
        let arn = item.arn.to_lowercase();
        let is_dead = item.username == "gs-dead";
        let is_other = item.section == Section::Roles && !arn.contains(":role/");
        let is_new = !known.contains(&arn);
        known.push(arn);
        is_new && !is_dead && !is_other
    });
    map.accounts.dedup();
    map.is_broken = false;
}

pub(super) fn made_by_terraform(
    stage: &mut Stage<'_, '_>,
    writer: &mut Writer,
    tally: &mut Tally,
) -> Outcome {
    let before = stage.ask_before()?;
    if !stage.may_act(&before) {
        tally.not_made += 1;
        return Ok(());
    }
    stage.change.requests = match stage.way() {
        Way::WholeMap => vec![Request::Replace(stage.change.after.clone())],
        Way::Entries => requests(&stage.world.map, &stage.change.after),
    };
    let mut workspace = Workspace::new(stage.cloud)?;
    let acts = stage.acts()?;
    let (Acts::As(identity) | Acts::AsRole(identity, _) | Acts::ByCertificate(identity)) = &acts;
    workspace.act_as(identity);
    let own = stage.marked()?;
    workspace.file(
        "main.tf",
        &configuration(stage, &acts, &stage.world.map, &own)?,
    )?;
    let imported = workspace.try_apply()?;
    if imported.code != Some(0) {
        tally.not_made += 1;
        return Ok(());
    }
    let configured = configuration(stage, &acts, &stage.change.after, &own)?;
    workspace.file("main.tf", &configured)?;
    let planned = workspace.run(&["plan", "-no-color", "-input=false", "-out=tfplan"])?;
    if planned.code != Some(0) {
        if made(&planned).is_refused_by_the_guard() {
            plan_with_warnings(&workspace, &configured)?;
            let checked = checked(stage, &mut workspace, &acts)?;
            agree(stage, &acts, &checked, &made(&planned), tally)?;
        }
        let made = stage.each_made(&planned);
        return stage.conclude(&before, &made, writer, tally);
    }
    let checked = checked(stage, &mut workspace, &acts)?;
    let run = workspace.run(&["apply", "-no-color", "-input=false", "tfplan"])?;
    agree(stage, &acts, &checked, &made(&run), tally)?;
    let made = stage.each_made(&run);
    stage.conclude(&before, &made, writer, tally)
}

/// Plans what is refused already when it is planned: with a guard that only warns, which nobody is told.
fn plan_with_warnings(workspace: &Workspace<'_>, configured: &str) -> Outcome {
    let block = "provider \"eksauth\" {\n";
    let warned = configured.replace(block, &format!("{block}  lockout_guard = \"warn\"\n"));
    workspace.file("main.tf", &warned)?;
    workspace
        .run(&["plan", "-no-color", "-input=false", "-out=tfplan"])?
        .succeeded()
        .map(|_| ())
}

/// With what the map is configured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// One resource has it.
    WholeMap,
    /// A resource for each entry.
    Entries,
}

impl Stage<'_, '_> {
    /// The one in every other world.
    fn way(&self) -> Way {
        match self.number % 2 {
            0 => Way::WholeMap,
            _ => Way::Entries,
        }
    }

    /// What became of each part of the change; of several only some may be done.
    fn each_made(&self, run: &Run) -> Vec<Made> {
        let all = made(run);
        let requests = self.change.requests.iter();
        requests
            .map(|request| Made {
                is_written: all.is_written || is_done(request, &run.output),
                said: all.said.clone(),
            })
            .collect()
    }
}

fn made(run: &Run) -> Made {
    Made {
        is_written: run.code == Some(0),
        said: unframed(&format!("{}\n{}", run.output, run.errors)),
    }
}

/// What `check-plan` says of the plan to whoever acts.
fn checked(
    stage: &Stage<'_, '_>,
    workspace: &mut Workspace<'_>,
    acts: &Acts,
) -> Outcome<CommandOutput> {
    let shown = workspace.run(&["show", "-json", "tfplan"])?.succeeded()?;
    let refusing = shown.output.replace(
        "\"lockout_guard\":{\"constant_value\":\"warn\"}",
        "\"lockout_guard\":{\"constant_value\":\"error\"}",
    );
    workspace.file("plan.json", &refusing)?;
    let (Acts::As(own) | Acts::AsRole(own, _) | Acts::ByCertificate(own)) = acts;
    if let Acts::AsRole(_, role) = acts {
        // It asks the cluster as its caller; the role is named in the plan.
        workspace.act_as(&stage.cloud.session(role, "alice")?);
    }
    let mut command = workspace.command(&built_provider()?);
    command
        .env("AWS_REGION", REGION)
        .args(["check-plan", "plan.json", "--cluster", PROD]);
    let said = run(&mut command, "");
    workspace.act_as(own);
    said
}

/// Fails where `check-plan` said otherwise than the apply. That it could not find out is an answer where something is hidden from it, as is who holds
/// a certificate.
fn agree(
    stage: &Stage<'_, '_>,
    acts: &Acts,
    checked: &CommandOutput,
    made: &Made,
    tally: &mut Tally,
) -> Outcome {
    let is_open = checked.code == Some(2);
    let may_be_open =
        stage.world.hidden != Hidden::Nothing || matches!(acts, Acts::ByCertificate(_));
    let right = match (made.is_written, made.is_refused_by_the_guard()) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => return Ok(()),
    };
    tally.checked += 1;
    tally.checks_refused += usize::from(!made.is_written);
    tally.checks_open += usize::from(is_open);
    expect(
        checked.code == Some(right) || is_open && may_be_open,
        format!(
            "check-plan ends with {:?} where {right} is right\ncheck-plan: {}{}\napply: {}",
            checked.code, checked.out, checked.errors, made.said
        ),
    )
}

fn configuration(stage: &Stage<'_, '_>, acts: &Acts, map: &Map, mark: &str) -> Outcome<String> {
    let folder = stage.cloud.folder().display();
    let reach = match acts {
        Acts::As(_) => String::new(),
        Acts::AsRole(_, role) => {
            format!("  clusters = {{ prod = {{ kubernetes_role_arn = \"{role}\" }} }}\n")
        }
        Acts::ByCertificate(_) => format!(
            "  clusters = {{ prod = {{ client_certificate = file(\"{folder}/administrator.crt\"), client_key = file(\"{folder}/administrator.key\") }} }}\n"
        ),
    };
    let mut text = provider_block(&format!(
        "  protected_principals = {:?}\n  apply_principal_arns = {:?}\n{reach}",
        stage.world.protected, stage.world.applies_later
    ));
    if stage.way() == Way::Entries {
        text.push_str(&resources(map));
        return Ok(text);
    }
    let list = |section, field: &str| -> String {
        let items = map.items.iter().filter(|item| item.section == section);
        items
            .map(|item| {
                format!(
                    "    {{ {field} = \"{}\", username = \"{}\", groups = {:?} }},\n",
                    item.arn, item.username, item.groups
                )
            })
            .collect()
    };
    write!(
        text,
        "import {{\n  to = eksauth_aws_auth.this\n  id = \"prod\"\n}}\n\nresource \"eksauth_aws_auth\" \"this\" {{\n  exclusive = true\n  \
         manage_node_entries = true\n  map_roles = [\n{}  ]\n  map_users = [\n{}{mark}  ]\n  map_accounts = {:?}\n}}\n",
        list(Section::Roles, "rolearn"),
        list(Section::Users, "userarn"),
        map.accounts
    )
    .map_err(|error| crate::failure::Failure::new(error.to_string()))?;
    Ok(text)
}
