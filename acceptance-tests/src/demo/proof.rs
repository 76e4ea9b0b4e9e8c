//! Step 4: the mapped people get in and the right service account gets the role.

use super::{Stage, role};
use crate::{
    bed::{cloud::ACCOUNT, cluster::WhoAmI},
    failure::{Failure, Outcome},
};

pub(super) fn tell(stage: &mut Stage<'_>) -> Outcome {
    stage.begin(
        "Does it work?",
        "Tokens of `aws eks get-token` are judged by the real authenticator. A token of the API server goes to\n\
         AssumeRoleWithWebIdentity, which checks its signature against the API server's own keys.",
    );
    people(stage)?;
    service_accounts(stage)
}

fn people(stage: &mut Stage<'_>) -> Outcome {
    stage.command("aws eks get-token --cluster-name prod | kubectl auth whoami");
    let eve = stage.cloud.assume(&role("teams/platform"), "eve")?;
    let expected = WhoAmI {
        username: "platform:eve".into(),
        groups: vec!["platform-admins".into()],
    };
    stage.prod.wait_for_whoami(&eve, Some(&expected))?;
    stage.show_result("as role/teams/platform → platform:eve [platform-admins]");
    let carol = stage.cloud.user(ACCOUNT, "/people/", "carol")?;
    let expected = WhoAmI {
        username: "carol".into(),
        groups: vec!["viewers".into()],
    };
    stage.prod.wait_for_whoami(&carol, Some(&expected))?;
    stage.show_result("as user/people/carol → carol [viewers]");
    let clerk = stage.cloud.user("777788889999", "/", "clerk")?;
    let expected = WhoAmI {
        username: clerk.arn.clone(),
        groups: vec![],
    };
    stage.prod.wait_for_whoami(&clerk, Some(&expected))?;
    stage.show_result("as a user of account 777788889999 → its own ARN, no groups");
    Ok(())
}

fn service_accounts(stage: &mut Stage<'_>) -> Outcome {
    stage.command("kubectl create token reader -n apps | aws sts assume-role-with-web-identity");
    let reader = stage
        .prod
        .service_account_token("apps", "reader", "sts.amazonaws.com")?;
    let session = stage
        .cloud
        .assume_with_web_identity(&role("reader"), &reader)?;
    stage.show_result(&format!(
        "apps:reader → AssumeRoleWithWebIdentity → {}",
        session.arn
    ));
    let intruder = stage
        .prod
        .service_account_token("apps", "intruder", "sts.amazonaws.com")?;
    match stage
        .cloud
        .assume_with_web_identity(&role("reader"), &intruder)
    {
        Err(refusal) if refusal.to_string().contains("AccessDenied") => {
            stage.show_result("apps:intruder → refused: the trust policy names apps:reader");
            Ok(())
        }
        Err(other) => Err(other),
        Ok(_) => Err(Failure::new("apps:intruder got the role")),
    }
}
