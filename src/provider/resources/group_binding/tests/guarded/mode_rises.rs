//! A binding goes while the mode of its cluster is raised: what aws-auth gave with the old mode keeps nobody in.

use super::*;
use crate::ports::eks::{AccessEntry, AuthenticationMode, Cluster};

fn in_mode(mode: AuthenticationMode) -> Cluster {
    Cluster {
        authentication_mode: Some(mode),
        ..active_cluster("prod", "A")
    }
}

#[tokio::test]
async fn the_mode_that_is_in_force_decides_who_is_left() {
    use AuthenticationMode::{Api, ApiAndConfigMap};
    for (looks, is_refused) in [
        (vec![ApiAndConfigMap], false),
        (vec![ApiAndConfigMap, Api], true),
    ] {
        let (bed, state) = with_admins().await;
        let ops = "- rolearn: arn:aws:iam::111122223333:role/ops\n  username: ops\n  groups: [system:masters]\n";
        bed.kube().write(&[("mapRoles", ops)]);
        crate::aws_auth::fixture::make_role(&bed.cloud.iam, crate::fakes::ACCOUNT, "/", "ops");
        bed.cloud.eks.admit(AccessEntry {
            principal_arn: "arn:aws:iam::111122223333:role/admin".to_owned(),
            kind: "STANDARD".to_owned(),
            username: "admin".to_owned(),
            groups: vec!["admins".to_owned()],
            policies: Vec::new(),
            created_at: None,
        });
        let looks = looks.into_iter().map(in_mode).collect();
        bed.cloud.eks.put_sequence("prod", looks);
        let removed = bed.step().delete(&state).await;
        match is_refused {
            false => removed.unwrap(),
            true => {
                let told = text(&removed.unwrap_err().diagnostics);
                assert!(told.contains("role/admin"), "{told}");
                assert_eq!(bed.shown().len(), 2);
            }
        }
    }
}
