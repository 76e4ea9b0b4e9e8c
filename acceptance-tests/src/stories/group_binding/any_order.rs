//! Changes of one plan that Terraform starts in any order, and runs that are killed between a write and its answer.

use super::*;

fn bound(name: &str, group: &str) -> String {
    format!(
        "resource \"eksauth_group_binding\" \"{name}\" {{\n  name = \"{name}\"\n  cluster_role = \"cluster-admin\"\n  groups = [\"{group}\"]\n}}\n"
    )
}

/// The entry of the last administrator.
fn entry(group: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"dev\" {{\n  rolearn = \"arn:aws:iam::{ACCOUNT}:role/dev\"\n  username = \"dev\"\n  groups = [\"{group}\"]\n}}\n"
    )
}

/// A binding of the last administrators goes and another one comes; then their group becomes another one, by entry and binding. Each is harmless as a whole.
pub(super) fn what_a_plan_makes_up_for_passes_in_any_order(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let user = pipeline(cloud, &prod)?;
    writer(&prod)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    for name in ["boss-b", "boss-a", "boss-c", "boss-b"] {
        workspace.configure(&format!(
            "{}{}",
            entry("developers"),
            bound(name, "developers")
        ))?;
        workspace.apply().map_err(|failure| failure.during(name))?;
    }
    for (name, group) in [
        ("boss-d", "boss-1"),
        ("boss-a", "boss-2"),
        ("boss-e", "boss-3"),
    ] {
        workspace.configure(&format!("{}{}", entry(group), bound(name, group)))?;
        workspace.apply().map_err(|failure| failure.during(group))?;
    }
    workspace.expect_empty_plan()?;
    // Nothing makes up for this one, and nothing is waited for.
    workspace.configure(&entry("boss-3"))?;
    let began = Instant::now();
    workspace
        .try_apply()?
        .refused_with(&["lockout.last-admin"])?;
    expect(
        began.elapsed() < Duration::from_secs(25),
        format!("a refusal took {:?}", began.elapsed()),
    )?;
    workspace.set(
        "EKSAUTH_LOCKOUT_ACK",
        &format!("prod:lockout.last-admin:arn:aws:iam::{ACCOUNT}:role/dev"),
    );
    workspace.destroy().map(|_| ())
}

/// Starts an apply that gives another role, and kills it while both bindings are there.
fn kill_in_the_overlap(prod: &Cluster<'_>, workspace: &Workspace<'_>) -> Outcome {
    let mut running = workspace.start(&APPLY)?;
    let began = Instant::now();
    while bindings(prod)? < 2 {
        expect(
            began.elapsed() < Duration::from_secs(60) && !running.has_ended()?,
            "the second binding never came",
        )?;
        std::thread::sleep(Duration::from_millis(100));
    }
    running.kill()?;
    expect_same("bindings", "2", &bindings(prod)?.to_string())
}

fn bindings(prod: &Cluster<'_>) -> Outcome<usize> {
    let names = names(prod)?;
    Ok(names
        .lines()
        .filter(|line| line.contains("/clusterrolebindings/"))
        .count())
}

pub(super) fn after_kill_9_in_the_overlap_the_next_run_goes_on(cloud: &Cloud) -> Outcome {
    const EDIT: &str = "  cluster_role = \"edit\"\n";
    for next in [EDIT, "  cluster_role = \"view\"\n", READS_PODS, ""] {
        cloud.reset()?;
        let (prod, _) = fresh(cloud)?;
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&dev("  cluster_role = \"view\"\n"))?;
        workspace.apply()?;
        workspace.configure(&dev(EDIT))?;
        kill_in_the_overlap(&prod, &workspace)?;
        if !next.is_empty() {
            workspace.configure(&dev(next))?;
            workspace
                .apply()
                .and_then(|run| run.says(&["Left By An Apply That Was Killed"]))
                .map_err(|failure| failure.during(next))?;
            expect_same("bindings", "1", &bindings(&prod)?.to_string())?;
            workspace.expect_empty_plan()?;
        }
        workspace.destroy()?;
        expect_same("what is left", "", &names(&prod)?)?;
    }
    Ok(())
}
