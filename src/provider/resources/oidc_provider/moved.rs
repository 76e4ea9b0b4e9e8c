//! A provider from hashicorp/aws's state, by a `moved` block. The process that does it is not configured and asks nobody: the issuer is in the ARN.

use serde_json::Value as Json;
use tf_provider::resource::{MoveSource, State};
use tf_provider::{Attr, Diagnostics};

use super::issuer_target::model_from_arn;
use super::{OidcProviderModel, diagnostics};
use crate::attributes::move_source::{is_of_provider, tags, text, texts};
use crate::attributes::values::{to_list, to_set};

/// Takes over a state; `None` where its type is not known here.
pub(super) fn move_from(
    source: &MoveSource,
) -> Option<Result<State<OidcProviderModel>, Diagnostics>> {
    let is_provider = is_of_provider(source, "hashicorp", "aws")
        && source.type_name == "aws_iam_openid_connect_provider";
    is_provider.then(|| taken(&source.state))
}

fn taken(state: &Json) -> Result<State<OidcProviderModel>, Diagnostics> {
    let Attr::Known(arn) = text(state, "arn") else {
        return Err(diagnostics::moved_without_an_arn().into());
    };
    let model = OidcProviderModel {
        client_id_list: texts(state, "client_id_list").map_or(Attr::Null, to_set),
        thumbprint_list: texts(state, "thumbprint_list").map_or(Attr::Null, to_list),
        tags: tags(state, "tags"),
        tags_all: tags(state, "tags_all"),
        adopted: Attr::Known(false),
        ..model_from_arn(&arn)?
    };
    Ok(model.into())
}
