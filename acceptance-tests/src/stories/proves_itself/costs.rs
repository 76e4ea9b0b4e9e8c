//! What it costs to be sure, and that no token is told on the way.

use super::*;

pub(super) fn what_cannot_touch_us_costs_no_call(cloud: &Cloud) -> Outcome {
    let Believed {
        workspace, before, ..
    } = believed(cloud)?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    audit.reset()?;
    let other = format!(
        "resource \"eksauth_aws_auth_role\" \"dev\" {{\n  rolearn  = \"{}\"\n  username = \"dev\"\n  groups   = [\"dev\"]\n}}\n",
        role_arn("dev")
    );
    workspace.configure(&format!("{}{other}", own("\"system:masters\"")))?;
    workspace.apply()?.says(&["1 added"])?;
    let reviews = reviews(&audit)?;
    expect(reviews == 0, format!("{reviews} reviews for an addition"))?;
    workspace.configure(&own("\"system:masters\""))?;
    workspace.apply()?.says(&["1 destroyed"])?;
    let prod = cloud.cluster(PROD)?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    workspace.expect_empty_plan()
}

/// The whole log of a write that is undone, and of one that stands.
pub(super) fn no_token_is_told(cloud: &Cloud) -> Outcome {
    let Believed {
        prod,
        mut workspace,
        ..
    } = believed(cloud)?;
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", &log.to_string_lossy());
    workspace.configure("")?;
    let run = workspace.try_apply()?;
    run.refused_with(&[UNDONE])?;
    workspace.configure(&own("\"system:masters\", \"auditors\""))?;
    workspace.apply()?;
    let told = format!("{}{}{}", fs::read_to_string(&log)?, run.output, run.errors);
    expect(
        told.contains("confirmed: whoever acts keeps its access"),
        "what was confirmed is not in the log",
    )?;
    for secret in ["k8s-aws-v1.", "X-Amz-Signature"] {
        expect(!told.contains(secret), format!("`{secret}` is told"))?;
    }
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["auditors"])
}

/// How often somebody asked about itself.
fn reviews(audit: &crate::bed::audit::Audit) -> Outcome<usize> {
    let asked = audit.requests()?;
    let of_self = ["selfsubjectreviews", "selfsubjectaccessreviews"];
    Ok(asked
        .iter()
        .filter(|one| of_self.contains(&one.resource.as_str()))
        .count())
}

/// What one apply asks and takes.
struct Cost {
    reviews: usize,
    took: Duration,
}

fn cost(cloud: &Cloud, workspace: &Workspace<'_>, configuration: &str) -> Outcome<Cost> {
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    audit.reset()?;
    workspace.file("main.tf", configuration)?;
    let began = Instant::now();
    workspace.apply()?;
    Ok(Cost {
        took: began.elapsed(),
        reviews: reviews(&audit)?,
    })
}

/// An apply with the confirmation and the same one without.
pub(super) fn few_calls_and_little_time(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let role = cloud.role("/", "ci")?;
    let Believed { workspace, .. } = in_state(cloud, prod, &role)?;
    let with = |more: &str, groups: &str| format!("{}{}", provider_block(more), own(groups));
    let off = "  confirm_access = false\n";
    let (one, two) = ("\"system:masters\"", "\"system:masters\", \"auditors\"");
    let plain = cost(cloud, &workspace, &with(off, two))?;
    let shown = cost(cloud, &workspace, &with("", one))?;
    // The access entry counts, so the removal shows nowhere and the answer must settle.
    give_access_entry(cloud, &role)?;
    let settled = cost(cloud, &workspace, &provider_block(""))?;
    let told = |name: &str, cost: &Cost| {
        let millis = cost.took.saturating_sub(plain.took).as_millis();
        format!(
            "{name}: {} questions where {} are asked without, and {millis} ms more",
            cost.reviews, plain.reviews
        )
    };
    let told = format!(
        "{}; {}",
        told("a change that shows", &shown),
        told("one that settles", &settled)
    );
    let few = |cost: &Cost| cost.reviews.saturating_sub(plain.reviews) <= 8;
    let is_cheap = few(&shown) && few(&settled);
    let is_quick = settled.took < plain.took + Duration::from_secs(5);
    eprintln!("    {told}");
    expect(is_cheap && is_quick, told)?;
    let nothing: Option<Value> = workspace.state("eksauth_aws_auth_role.ci")?;
    expect(nothing.is_none(), "the entry is still in the state")?;
    workspace.expect_empty_plan()
}
