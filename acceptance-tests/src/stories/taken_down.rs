//! A cluster in mode CONFIG_MAP is taken down by a role that only its own entry lets in.

use super::{
    lockout::{NODES, administered},
    story::stories,
    watched::Watched,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_same},
};

stories!("taken_down":
    who_means_it_takes_everything_down_and_its_own_entry_last,
    its_own_entry_goes_last_where_terraform_asks_for_it_first,
);

/// The case `a-config-map-cluster-is-taken-down`, with more entries than Terraform removes at once.
fn everything(own: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"platform\" {{
  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/admins\"
  username = \"admin\"
  groups   = [\"system:masters\"]{own}
}}

resource \"eksauth_aws_auth_role\" \"teams\" {{
  count    = 12
  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/team-${{count.index}}\"
  username = \"team-${{count.index}}\"
  groups   = [\"viewers\"]
}}

resource \"eksauth_oidc_provider\" \"this\" {{}}

resource \"eksauth_irsa_role\" \"reader\" {{
  name              = \"reader\"
  oidc_provider_arn = eksauth_oidc_provider.this.arn
  service_accounts  = [\"apps:reader\"]
}}
"
    )
}

fn who_means_it_takes_everything_down_and_its_own_entry_last(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    workspace.configure(&everything(""))?;
    workspace.apply()?;

    // What the plan of a destroy warns of is what apply refuses.
    workspace
        .run(&["plan", "-destroy", "-no-color", "-input=false"])?
        .succeeded()?
        .says(&[
            "15 to destroy",
            "lockout.running-identity",
            "lockout.last-admin",
            "EKSAUTH_LOCKOUT_ACK=prod:lockout.",
            "EKSAUTH_LOCKOUT_ACK=prod:destroy",
        ])?;

    let watched = Watched::start(cloud, &prod)?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
    workspace.destroy()?;
    let texts = watched.texts(&prod)?;
    for text in &texts {
        expect(
            text.contains("role/admins") || !text.contains("role/team-"),
            format!("its own entry was gone before the others':\n{text}"),
        )?;
    }
    expect(
        texts.iter().any(|text| {
            let own_alone = text.contains("role/admins") && !text.contains("role/team-");
            own_alone && text.contains("role/nodes")
        }),
        format!("its own entry was never the last:\n{texts:#?}"),
    )?;
    expect_same("mapRoles", NODES, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_whoami(&eve, None)
}

fn its_own_entry_goes_last_where_terraform_asks_for_it_first(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    let depends_on = "\n  depends_on = [eksauth_aws_auth_role.teams]";
    workspace.configure(&everything(depends_on))?;
    workspace.apply()?;

    let watched = Watched::start(cloud, &prod)?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
    workspace.destroy()?;
    for text in &watched.texts(&prod)? {
        expect(
            text.contains("role/admins") || !text.contains("role/team-"),
            format!("its own entry was gone before the others':\n{text}"),
        )?;
    }
    expect_same("mapRoles", NODES, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_whoami(&eve, None)
}
