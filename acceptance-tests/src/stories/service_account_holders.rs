//! One service account and more than one who would hold it: addresses of one configuration, and other configurations.

use serde_json::{Value, json};

use super::{
    service_account::{ADDRESS, WHICH, account, annotations, fresh},
    story::stories,
};
use crate::{
    bed::{cloud::Cloud, workspace::Workspace},
    failure::{Outcome, expect},
};

stories!("service_account_holders":
    two_addresses_for_one_account_are_refused_at_plan,
    a_replacement_stays_made_in_either_order,
    an_account_passes_to_another_address_and_a_shifted_list_keeps_it,
    another_configuration_keeps_what_it_holds,
    an_import_by_the_arn_of_another_accounts_cluster_is_refused,
);

/// A second resource for the account.
fn second(more: &str) -> String {
    account(more).replace("\"reader\" {", "\"second\" {")
}

const PLAN: [&str; 3] = ["plan", "-no-color", "-input=false"];

fn two_addresses_for_one_account_are_refused_at_plan(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let first = account("  token_expiration = 600\n");
    let labelled = second("  labels = { team = \"apps\" }\n");
    let told = [
        "Two Resources For One Service Account",
        "`apps`",
        "`labels`",
    ];
    workspace.configure(&format!("{first}{labelled}"))?;
    workspace.run(&PLAN)?.refused_with(&told)?;
    workspace.configure(&first)?;
    workspace.apply()?;
    let equal =
        second("  token_expiration = 600\n  depends_on = [eksauth_service_account.reader]\n");
    for (other, told) in [(labelled, told.as_slice()), (equal, &told[..2])] {
        workspace.configure(&format!("{first}{other}"))?;
        workspace
            .run(&PLAN)?
            .refused_with(told)
            .map_err(|failure| failure.during(&other))?;
        workspace.try_apply()?.refused_with(told)?;
    }
    expect(
        annotations(&prod)? == json!({"eks.amazonaws.com/token-expiration": "600"}),
        "the account changed",
    )?;
    workspace.configure(&first)?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect(
        prod.service_account(WHICH.0, WHICH.1)?.is_none(),
        "the account is still there",
    )
}

fn a_replacement_stays_made_in_either_order(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    for lifecycle in ["", "  lifecycle {\n    create_before_destroy = true\n  }\n"] {
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&account(&format!("  token_expiration = 600\n{lifecycle}")))?;
        workspace.apply()?;
        let replace = format!("-replace={ADDRESS}");
        let run = workspace.run(&[
            "apply",
            "-no-color",
            "-input=false",
            "-auto-approve",
            &replace,
        ])?;
        let run = run
            .succeeded()
            .map_err(|failure| failure.during(lifecycle))?;
        run.says(&["1 added, 0 changed, 1 destroyed"])?;
        workspace.expect_empty_plan()?;
        expect(
            workspace.attribute(ADDRESS, "adopted")? == json!(false),
            "an account that was made here is adopted",
        )?;
        expect(
            prod.service_account(WHICH.0, WHICH.1)?.is_some(),
            "the account is gone",
        )?;
        workspace
            .run(&["taint", "-no-color", ADDRESS])?
            .succeeded()?;
        workspace.apply()?;
        workspace.expect_empty_plan()?;
        expect(
            workspace.attribute(ADDRESS, "adopted")? == json!(false),
            "a tainted account that was made here is adopted",
        )?;
        workspace.destroy()?;
        expect(
            prod.service_account(WHICH.0, WHICH.1)?.is_none(),
            "the account is still there",
        )?;
    }
    Ok(())
}

fn an_account_passes_to_another_address_and_a_shifted_list_keeps_it(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let uid = || -> Outcome<Value> {
        let account = prod.service_account(WHICH.0, WHICH.1)?.unwrap_or_default();
        Ok(account
            .pointer("/metadata/uid")
            .cloned()
            .unwrap_or_default())
    };
    workspace.configure(&account("  token_expiration = 600\n"))?;
    workspace.apply()?;
    let before = uid()?;
    workspace.configure(&second("  token_expiration = 900\n"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(uid()? == before, "the account was made again")?;
    let second_address = "eksauth_service_account.second";
    expect(
        workspace.attribute(second_address, "adopted")? == json!(false),
        "an account that was made here is adopted",
    )?;
    workspace.destroy()?;
    let list = |names: &str| {
        format!(
            "resource \"eksauth_service_account\" \"list\" {{\n  count = length([{names}])\n  namespace = \"apps\"\n  name = [{names}][count.index]\n  \
             labels = {{ team = \"apps\" }}\n}}\n"
        )
    };
    for names in ["\"reader\"", "\"first\", \"reader\"", "\"reader\""] {
        workspace.configure(&list(names))?;
        workspace.apply().map_err(|failure| failure.during(names))?;
        workspace
            .expect_empty_plan()
            .map_err(|failure| failure.during(names))?;
        expect(
            prod.service_account(WHICH.0, WHICH.1)?.is_some(),
            "an account that another address goes on with was deleted",
        )?;
    }
    workspace.destroy()?;
    expect(
        prod.service_account(WHICH.0, WHICH.1)?.is_none(),
        "the account is still there",
    )
}

fn another_configuration_keeps_what_it_holds(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let (one, other) = (Workspace::new(cloud)?, Workspace::new(cloud)?);
    one.configure(&account("  token_expiration = 600\n"))?;
    one.apply()?;
    for more in [
        "  labels = { team = \"apps\" }\n  on_conflict = \"adopt\"\n",
        "  token_expiration = 600\n",
    ] {
        let told = [
            "Service Account Belongs To Another Configuration",
            "`terraform-provider-eksauth` holds the annotation",
            "`prod/apps/reader`",
        ];
        other.configure(&account(more))?;
        other.plan()?.says(&told)?;
        other
            .try_apply()?
            .refused_with(&told)
            .map_err(|failure| failure.during(more))?;
        one.expect_empty_plan()?;
    }
    expect(
        annotations(&prod)? == json!({"eks.amazonaws.com/token-expiration": "600"}),
        "the account changed",
    )?;
    // Imported where it belongs and taken out of the other state it is deleted with its destroy.
    other.import(ADDRESS, "prod/apps/reader")?.succeeded()?;
    one.run(&["state", "rm", ADDRESS])?.succeeded()?;
    other.expect_empty_plan()?;
    other.destroy()?;
    expect(
        prod.service_account(WHICH.0, WHICH.1)?.is_none(),
        "the account is still there",
    )
}

fn an_import_by_the_arn_of_another_accounts_cluster_is_refused(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&account(""))?;
    workspace.apply()?;
    let elsewhere = Workspace::new(cloud)?;
    elsewhere.configure(&account(""))?;
    elsewhere
        .import(
            ADDRESS,
            "arn:aws:eks:eu-central-1:999988887777:cluster/prod/apps/reader",
        )?
        .refused_with(&["Cluster In Another Account", "999988887777"])?;
    workspace.destroy().map(|_| ())
}
