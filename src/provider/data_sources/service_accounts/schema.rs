//! The attributes of the data source.

use tf_provider::{Attribute, Schema, Validator};

use crate::attributes::cluster::{cluster_name_attribute, region_attribute};
use crate::attributes::service_account_name::namespace;
use crate::data_sources::computed::{flag, objects, text, texts};

pub(super) fn schema() -> Schema {
    Schema::new(
        "The service accounts of a cluster or of a namespace with the IAM role that their pods get: by the annotation `eks.amazonaws.com/role-arn` (IRSA) or by an EKS Pod Identity \
         association, and whether the trust policy of the role lets them in. Everything is read as it is now; what the same apply changes counts from the next run on.",
    )
    .attribute("cluster_name", cluster_name_attribute())
    .attribute("region", region_attribute())
    .attribute("namespace", Attribute::string().optional().validate(Validator::string(namespace)).description(
        "The service accounts of this namespace only. Without it, those of the whole cluster.",
    ))
    .attribute("only_with_role", Attribute::bool().optional().description(
        "Whether accounts that get no role are left out. Those of which that is not known stay.",
    ))
    .attribute("service_accounts", objects(account(), "The service accounts by namespace and name."))
    .attribute("unread", texts(
        "What could not be read, one sentence each. The accounts that it is about say so in `reason`.",
    ))
}

fn account() -> Vec<(&'static str, Attribute)> {
    vec![
        ("namespace", text("Its namespace.")),
        ("name", text("Its name.")),
        (
            "role_arn",
            text(
                "ARN of the role that its pods get, as the annotation or the association has it. Null where there is none or that is not known.",
            ),
        ),
        (
            "way",
            text(
                "How its pods get the role: `irsa`, `pod_identity` or `none`. Null where that is not known. Where an account has an annotation and an association, it is \
                 `pod_identity`: EKS sets up pods that are made after the association for Pod Identity alone. Pods from before it, and containers that set \
                 `AWS_WEB_IDENTITY_TOKEN_FILE` themselves, keep web identity, which the AWS SDKs look for first.",
            ),
        ),
        (
            "audience",
            text(
                "The audience of the token: that of the annotation `eks.amazonaws.com/audience`, else `sts.amazonaws.com`; `pods.eks.amazonaws.com` for Pod Identity. Null without a way.",
            ),
        ),
        (
            "admitted",
            flag(
                "Whether the trust policy of `role_arn` lets this account in that way. False too where the role is gone, its ARN is malformed or it is in another partition. \
                 Null where there is no role, or where what decides is not known.",
            ),
        ),
        (
            "reason",
            text("Why it is not let in, or what is not known. Null where neither has to be said."),
        ),
        (
            "annotated_role_arn",
            text(
                "The annotation `eks.amazonaws.com/role-arn`, also where an association comes before it. Null where there is none.",
            ),
        ),
    ]
}
