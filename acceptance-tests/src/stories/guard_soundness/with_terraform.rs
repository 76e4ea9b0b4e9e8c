//! The same by Terraform: a whole map that is imported, and then becomes another one.

use std::fmt::Write;

use crate::{
    bed::workspace::{Workspace, provider_block},
    failure::{Outcome, unframed},
};

use super::{
    aws_auth::{Map, Section},
    change::Request,
    stage::Stage,
    tally::Tally,
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
    stage.change.requests = vec![Request::Replace(stage.change.after.clone())];
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
    workspace.file(
        "main.tf",
        &configuration(stage, &acts, &stage.change.after, &own)?,
    )?;
    let run = workspace.try_apply()?;
    let made = Made {
        is_written: run.code == Some(0),
        said: unframed(&format!("{}\n{}", run.output, run.errors)),
    };
    stage.conclude(&before, &[made], writer, tally)
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
