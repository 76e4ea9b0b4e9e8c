//! Step 1: a cluster that others have lived in, with its hand-written aws-auth.

use super::{Stage, as_text, aws_auth, kubectl_apply, role};
use crate::{
    bed::{cloud::PROD, tools::room},
    failure::Outcome,
};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "A cluster with a hand-written aws-auth",
        "EKS cluster `prod`, authentication mode CONFIG_MAP. Look at the comments, the mixed quoting, the flow style,\n\
         the unknown field `owner` and the unknown key `notes`: all of it is somebody else's.",
    );
    kubectl_apply(
        stage.cloud,
        &stage.cloud.cluster(PROD)?,
        &room().join("demo/aws-auth.yaml"),
    )?;
    stage.cloud.role("/teams/", "platform")?;
    stage.cloud.role("/", "admins")?;
    stage.found = aws_auth(&stage.prod)?;
    for line in as_text(&stage.found).lines() {
        println!("       {}", stage.paint.dim(line));
    }
    let session = stage.cloud.assume(&role("admins"), "eve")?;
    let expected = crate::bed::cluster::WhoAmI {
        username: "admin".into(),
        groups: vec!["system:masters".into()],
    };
    stage.prod.wait_for_whoami(&session, Some(&expected))?;
    stage.show_result("the real authenticator reads it: role/admins → admin [system:masters]");
    Ok(())
}
