//! A role with a generated name that a run made which was killed.

use super::*;

const NAME: &str = "reader-202311142213200000deadbeef";
const FOLDER: &str = ".terraform/eksauth-recovery";

fn config() -> serde_json::Value {
    json!({ "name_prefix": "reader-", "cluster_name": "prod", "service_accounts": ["apps:reader"] })
}

/// The note of a run that was killed while it made a role under a generated name.
fn killed(cloud: &FakeCloud, process: &str) {
    let asked = json!({
        "name": NAME, "path": "/", "assume_role_policy": TRUST, "description": "", "max_session_duration": 3600,
        "permissions_boundary": null, "tags": {},
    });
    let note = json!({ "begun_at": 1_700_000_000, "process": process, "role": asked });
    let path = format!("{FOLDER}/role-being-made..{NAME}.json");
    cloud.files.put(&path, &note.to_string());
}

#[tokio::test]
async fn the_next_create_with_the_prefix_names_it() {
    let cloud = cloud();
    killed(&cloud, "of another run");
    cloud.iam.put_role(role_of_others(NAME, TRUST));
    let resource = harness(&cloud);
    let state = resource.create(config()).await.unwrap();
    assert_ne!(state.model.name, known(NAME));
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["Role Left Behind"]);
    let detail = &first(&warnings).detail;
    assert!(detail.contains(&format!("role/{NAME}`")), "{detail}");
    assert_eq!(cloud.files.all().len(), 1, "it is named until it is gone");
}

#[tokio::test]
async fn another_prefix_trust_policy_or_the_same_run_is_no_concern_of_it() {
    let own = tf_provider::claims::terraform_process().unwrap();
    let other = "of another run";
    for (process, change) in [
        (other, json!({ "name_prefix": "read" })),
        (other, json!({ "service_accounts": ["apps:other"] })),
        (own.as_str(), json!({})),
    ] {
        let cloud = cloud();
        killed(&cloud, process);
        cloud.iam.put_role(role_of_others(NAME, TRUST));
        let resource = harness(&cloud);
        resource.create(with(config(), change)).await.unwrap();
        assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn the_note_of_one_that_is_gone_goes_when_no_run_can_be_about_to_make_it() {
    let cloud = cloud();
    killed(&cloud, "of another run");
    harness(&cloud).create(config()).await.unwrap();
    assert_eq!(cloud.files.all(), [].into());
}
