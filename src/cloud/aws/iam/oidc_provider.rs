//! OIDC providers: read, made, changed in place, deleted.
//!
//! What surprises: GetOpenIDConnectProvider returns the URL without its scheme; adding a client id that is there is success.

use eksauth_provider::ports::ApiError;
use eksauth_provider::ports::ErrorKind;
use eksauth_provider::ports::iam::{NewOidcProvider, OidcProvider, Tags};

use super::super::call::{absent, gone, send};
use super::{Iam, expand_tags, flatten_tags};

impl Iam {
    pub(super) async fn read_oidc_provider(
        &self,
        arn: &str,
    ) -> Result<Option<OidcProvider>, ApiError> {
        let request = self
            .client
            .get_open_id_connect_provider()
            .open_id_connect_provider_arn(arn);
        let found = absent(send!(self.reading("iam:GetOpenIDConnectProvider"), request))?;
        Ok(found.map(|found| OidcProvider {
            arn: arn.to_owned(),
            url: without_scheme(found.url.unwrap_or_default()),
            client_ids: found
                .client_id_list
                .unwrap_or_default()
                .into_iter()
                .collect(),
            thumbprints: found.thumbprint_list.unwrap_or_default(),
            tags: flatten_tags(found.tags),
        }))
    }

    pub(super) async fn make_oidc_provider(
        &self,
        new: &NewOidcProvider,
    ) -> Result<String, ApiError> {
        let operation = "iam:CreateOpenIDConnectProvider";
        let mut request = self.client.create_open_id_connect_provider().url(&new.url);
        for client_id in &new.client_ids {
            request = request.client_id_list(client_id);
        }
        for thumbprint in &new.thumbprints {
            request = request.thumbprint_list(thumbprint);
        }
        for tag in expand_tags(operation, &new.tags)? {
            request = request.tags(tag);
        }
        let made = send!(self.writing(operation), request)?;
        made.open_id_connect_provider_arn.ok_or_else(|| {
            ApiError::new(
                ErrorKind::Service,
                operation,
                "the answer holds no ARN of the new provider",
            )
        })
    }

    pub(super) async fn add_oidc_client_id(
        &self,
        arn: &str,
        client_id: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .add_client_id_to_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .client_id(client_id);
        send!(
            self.writing("iam:AddClientIDToOpenIDConnectProvider"),
            request
        )
        .map(|_| ())
    }

    pub(super) async fn remove_oidc_client_id(
        &self,
        arn: &str,
        client_id: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .remove_client_id_from_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .client_id(client_id);
        send!(
            self.writing("iam:RemoveClientIDFromOpenIDConnectProvider"),
            request
        )
        .map(|_| ())
    }

    pub(super) async fn replace_oidc_thumbprints(
        &self,
        arn: &str,
        thumbprints: &[String],
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .update_open_id_connect_provider_thumbprint()
            .open_id_connect_provider_arn(arn)
            .set_thumbprint_list(Some(thumbprints.to_vec()));
        send!(
            self.writing("iam:UpdateOpenIDConnectProviderThumbprint"),
            request
        )
        .map(|_| ())
    }

    pub(super) async fn put_oidc_tags(&self, arn: &str, tags: &Tags) -> Result<(), ApiError> {
        let operation = "iam:TagOpenIDConnectProvider";
        let tags = expand_tags(operation, tags)?;
        let request = self
            .client
            .tag_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .set_tags(Some(tags));
        send!(self.writing(operation), request).map(|_| ())
    }

    pub(super) async fn remove_oidc_tags(
        &self,
        arn: &str,
        keys: &[String],
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .untag_open_id_connect_provider()
            .open_id_connect_provider_arn(arn)
            .set_tag_keys(Some(keys.to_vec()));
        send!(self.writing("iam:UntagOpenIDConnectProvider"), request).map(|_| ())
    }

    pub(super) async fn remove_oidc_provider(&self, arn: &str) -> Result<(), ApiError> {
        let request = self
            .client
            .delete_open_id_connect_provider()
            .open_id_connect_provider_arn(arn);
        gone(send!(
            self.writing("iam:DeleteOpenIDConnectProvider"),
            request
        ))
    }

    pub(super) async fn all_oidc_providers(&self) -> Result<Vec<String>, ApiError> {
        let answer = send!(
            self.reading("iam:ListOpenIDConnectProviders"),
            self.client.list_open_id_connect_providers()
        )?;
        let listed = answer.open_id_connect_provider_list.unwrap_or_default();
        Ok(listed.into_iter().filter_map(|entry| entry.arn).collect())
    }
}

/// As IAM gives it; some emulators keep the scheme.
fn without_scheme(url: String) -> String {
    url.strip_prefix("https://")
        .map(str::to_owned)
        .unwrap_or(url)
}
