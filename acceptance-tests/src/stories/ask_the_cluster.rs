//! What the cluster itself says of somebody: `whoami`, `explain me`, `verify` and the check of the documentation, as the creator, as somebody whom an
//! entry names, and as nobody, in every mode.

use serde_json::Value;

use super::{
    bed_access_entries::{eks, who},
    bed_modes::knows_modes_and_nodes,
    by_hand::{CommandOutput, ours, run},
    story::stories,
};
use crate::{
    bed::{
        cloud::{
            ACCOUNT, Cloud, PROD, REGION,
            access::{Beginning, Mode},
        },
        identity::Identity,
        provider_under_test::built_provider,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("ask_the_cluster":
    the_creator_is_told_as_whom_the_cluster_knows_it,
    whom_an_entry_names_is_told_by_which,
    nobody_is_told_no_and_what_lets_in,
    who_one_is_in_aws_is_printed_whatever_the_cluster_says,
    a_token_is_vouched_for_where_the_endpoints_point,
    the_check_of_the_documentation_asserts_what_it_says,
    access_entries_are_asked_for_in_the_modes_that_have_them,
);

/// `whoami`, `explain me`, and `verify` of one's own token.
struct Answers {
    whoami: CommandOutput,
    explain: CommandOutput,
    verify: CommandOutput,
}

impl Answers {
    fn of(cloud: &Cloud, identity: &Identity) -> Outcome<Answers> {
        let ask = |arguments: &[&str]| ours(cloud, identity, arguments, "");
        let token = ask(&["token", "--cluster", PROD])?;
        token.expect(0, "ExecCredential")?;
        Ok(Answers {
            whoami: ask(&["whoami", "--cluster", PROD])?,
            explain: ask(&["explain", "me", "--cluster", PROD])?,
            verify: ours(cloud, identity, &["verify", "--cluster", PROD], &token.out)?,
        })
    }

    /// All three end with the code and have the parts in their answer.
    fn expect(&self, code: i32, parts: &[&str]) -> Outcome {
        for answer in [&self.whoami, &self.explain, &self.verify] {
            answer.expect(code, "")?;
            expect_parts(&answer.out, parts)?;
        }
        Ok(())
    }
}

fn as_json(cloud: &Cloud, identity: &Identity) -> Outcome<Value> {
    let whoami = ["whoami", "--cluster", PROD, "-o", "json"];
    let said = ours(cloud, identity, &whoami, "")?;
    Ok(serde_json::from_str(&said.out)?)
}

fn at(answer: &Value, pointer: &str, expected: impl Into<Value>) -> Outcome {
    let expected = expected.into();
    expect(
        answer.pointer(pointer) == Some(&expected),
        format!("{pointer} is not {expected} in {answer}"),
    )
}

/// aws-auth without a word about the creator.
fn admins(cloud: &Cloud) -> Outcome<Identity> {
    let role = cloud.role("/", "admins")?;
    let prod = cloud.cluster(PROD)?;
    let entry = format!("- rolearn: {role}\n  username: admin\n  groups: [system:masters]\n");
    prod.put_aws_auth_key("mapRoles", &entry)?;
    let eve = cloud.session(&role, "eve")?;
    prod.wait_for_admission(&eve, Some(&who("admin", &["system:masters"])))?;
    Ok(eve)
}

fn the_creator_is_told_as_whom_the_cluster_knows_it(cloud: &Cloud) -> Outcome {
    admins(cloud)?;
    let answers = Answers::of(cloud, cloud.creator())?;
    answers.expect(
        0,
        &[
            "cluster-creator",
            "system:masters, system:authenticated",
            "as the API server says",
            "by rules",
            "most likely the identity that created the cluster",
            "do everything",
        ],
    )?;
    expect(
        !answers.whoami.out.contains("none"),
        answers.whoami.out.clone(),
    )?;
    let told = as_json(cloud, cloud.creator())?;
    at(&told, "/cluster/access", true)?;
    at(&told, "/cluster/by_rules/access", false)?;
    at(&told, "/cluster/by_api_server/answer", "admitted")?;
    at(&told, "/cluster/by_api_server/username", "cluster-creator")?;
    at(&told, "/cluster/difference/id", "creator")?;
    at(&told, "/cluster/is_cluster_admin", true)?;
    at(&told, "/cluster/may_write_aws_auth", true)
}

fn whom_an_entry_names_is_told_by_which(cloud: &Cloud) -> Outcome {
    let eve = admins(cloud)?;
    let told = "from aws-auth mapRoles[0], line 1, as the API server says too";
    Answers::of(cloud, &eve)?.expect(0, &[told, "do everything"])?;
    at(&as_json(cloud, &eve)?, "/cluster/difference", Value::Null)?;

    // Whoever is in and may not read aws-auth is in.
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/", "viewers")?;
    prod.edit_aws_auth("mapRoles", |text| {
        format!(
            "{text}- rolearn: {role}\n  username: viewer:{{{{SessionName}}}}\n  groups: [viewers]\n"
        )
    })?;
    let bob = cloud.session(&role, "bob")?;
    prod.wait_for_admission(&bob, Some(&who("viewer:bob", &["viewers"])))?;
    Answers::of(cloud, &bob)?.expect(
        0,
        &[
            "viewer:bob",
            "what admits it could not be read: aws-auth",
            "not change aws-auth",
        ],
    )?;
    // Somebody else is asked about by name, and its rights where that may be asked.
    let explain = ["explain", &role, "--cluster", PROD, "-o", "json"];
    let about = ours(cloud, cloud.creator(), &explain, "")?;
    about.expect(0, "\"answer\":\"not_asked\"")?;
    let explain = [
        "explain",
        "arn:aws:iam::111122223333:role/nobody",
        "--cluster",
        PROD,
    ];
    ours(cloud, cloud.creator(), &explain, "")?.expect(
        1,
        "the identity that created the cluster is in without an entry",
    )
}

fn nobody_is_told_no_and_what_lets_in(cloud: &Cloud) -> Outcome {
    admins(cloud)?;
    let stranger = cloud.user(ACCOUNT, "/", "stranger")?;
    let answers = Answers::of(cloud, &stranger)?;
    answers.expect(1, &["refused", "401 Unauthorized"])?;
    expect_parts(
        &answers.whoami.out,
        &[
            &stranger.arn,
            "What to do: ask an administrator of the cluster",
            &format!(
                "terraform-provider-eksauth explain {} --cluster prod --region eu-central-1",
                stranger.arn
            ),
            "Someone who is in can map",
            "terraform-provider-eksauth restore --cluster prod --region eu-central-1",
            "aws eks create-access-entry --cluster-name prod",
        ],
    )?;
    let told = as_json(cloud, &stranger)?;
    at(&told, "/aws/arn", stranger.arn.as_str())?;
    at(&told, "/cluster/access", false)?;
    at(&told, "/cluster/by_api_server/answer", "refused")?;
    at(&told, "/cluster/may_write_aws_auth", false)
}

fn who_one_is_in_aws_is_printed_whatever_the_cluster_says(cloud: &Cloud) -> Outcome {
    let creator = cloud.creator();
    let aws = format!("AWS      {}\n", creator.arn);
    let whoami = |arguments: &[&str]| {
        let all = [&["whoami"], arguments].concat();
        ours(cloud, creator, &all, "")
    };
    let alone = whoami(&[])?;
    alone.expect(0, &aws)?;
    expect(alone.out == aws, alone.out.clone())?;
    let missing = whoami(&["--cluster", "prob"])?;
    missing.expect(2, &aws)?;
    expect_parts(
        &missing.out,
        &[
            "There is no cluster `prob`",
            "The nearest name there is `prod`.",
        ],
    )?;
    let said = whoami(&["--cluster", "prob", "-o", "json"])?;
    said.expect(2, "\"cluster\":null")?;

    // Nothing of a plan is told at a shell.
    let mut without_region = cloud.plain(&built_provider()?);
    without_region
        .envs(creator.environment())
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .env("AWS_ENDPOINT_URL", cloud.emulator().url())
        .args(["token", "--cluster", PROD]);
    let region = run(&mut without_region, "")?;
    region.expect(2, "")?;
    expect_parts(&region.errors, &["Give --region"])?;
    for output in [missing.out, region.errors] {
        for words in ["provider block", "apply", "at plan", "Set `region`"] {
            expect(!output.contains(words), format!("`{words}` in {output}"))?;
        }
    }
    Ok(())
}

fn a_token_is_vouched_for_where_the_endpoints_point(cloud: &Cloud) -> Outcome {
    let user = cloud.user(ACCOUNT, "/", "mallory")?;
    let token = ours(cloud, &user, &["token", "-i", PROD, "--token-only"], "")?;
    let verify = ["verify", "--cluster-id", PROD];
    let vouched = ours(cloud, &user, &verify, &token.out)?;
    vouched.expect(0, &format!("accepted\n  identity  {}\n", user.arn))?;

    let mut unreachable = cloud.plain(&built_provider()?);
    unreachable
        .env("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
        .env("AWS_REGION", REGION)
        .args(verify);
    let said = run(&mut unreachable, &token.out)?;
    said.expect(2, "could not find out  sts.transport: ")?;
    expect(
        !format!("{}{}", said.out, said.errors).contains("k8s-aws-v1."),
        "the token shows",
    )
}

fn the_check_of_the_documentation_asserts_what_it_says(cloud: &Cloud) -> Outcome {
    admins(cloud)?;
    let check = |condition: &str| {
        format!(
            "data \"eksauth_identity_mapping\" \"me\" {{}}\n\ncheck \"runner_enters\" {{\n  assert {{\n    condition     = {condition}\n    \
             error_message = data.eksauth_identity_mapping.me.summary\n  }}\n}}\n"
        )
    };
    let me = "data.eksauth_identity_mapping.me";
    let enters = format!("{me}.access != false");
    let can = format!("{me}.may_write_aws_auth == true && {me}.is_cluster_admin == true");
    let stranger = cloud.user(ACCOUNT, "/", "stranger")?;
    for (identity, condition, holds) in [
        (cloud.creator(), &enters, true),
        (cloud.creator(), &can, true),
        (&stranger, &enters, false),
        (&stranger, &can, false),
    ] {
        let mut workspace = Workspace::new(cloud)?;
        workspace.act_as(identity);
        workspace.configure(&check(condition))?;
        let run = workspace.plan()?.succeeded()?;
        let all = format!("{}{}", run.output, run.errors);
        expect(
            all.contains("Check block assertion failed") != holds,
            format!("{condition} as {}:\n{all}", identity.arn),
        )?;
    }
    Ok(())
}

fn access_entries_are_asked_for_in_the_modes_that_have_them(cloud: &Cloud) -> Outcome {
    if !knows_modes_and_nodes()? {
        return Ok(());
    }
    for mode in [Mode::ApiAndConfigMap, Mode::Api] {
        in_a_mode_with_access_entries(cloud, mode).map_err(|failure| failure.during(mode.id()))?;
    }
    Ok(())
}

fn in_a_mode_with_access_entries(cloud: &Cloud, mode: Mode) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let name = format!("founder-{}", mode.id().len());
    let role = cloud.role("/ci/", &name)?;
    cloud.begin_cluster(
        PROD,
        &Beginning {
            mode,
            creator: &role,
            bootstrap: true,
            mounted: false,
        },
    )?;
    // The creator has an entry here, as everybody else.
    let founder = cloud.session(&role, "first")?;
    let as_session = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/first");
    prod.wait_for_admission(&founder, Some(&who(&as_session, &[])))?;
    Answers::of(cloud, &founder)?.expect(
        0,
        &[
            &as_session,
            "from access entry of",
            "AmazonEKSClusterAdminPolicy",
        ],
    )?;
    let told = as_json(cloud, &founder)?;
    at(&told, "/cluster/difference", Value::Null)?;
    at(&told, "/cluster/may_write_aws_auth", true)?;

    let nobody = cloud.session(&cloud.role("/", &format!("nobody-{name}"))?, "eve")?;
    Answers::of(cloud, &nobody)?.expect(1, &["refused", "401 Unauthorized"])?;

    // An entry that is older than its role counts for the one before it.
    let again = cloud.role("/", &format!("again-{name}"))?;
    eks(
        cloud,
        &[
            "create-access-entry",
            "--principal-arn",
            &again,
            "--username",
            "again",
        ],
    )?;
    let before = cloud.session(&again, "eve")?;
    prod.wait_for_admission(&before, Some(&who("again", &[])))?;
    cloud.make_principal_again(&again)?;
    let after = cloud.session(&again, "eve")?;
    prod.wait_for_admission(&after, None)?;
    let told = as_json(cloud, &after)?;
    at(&told, "/cluster/access", false)?;
    at(&told, "/cluster/difference/id", "recreated-principal")
}
