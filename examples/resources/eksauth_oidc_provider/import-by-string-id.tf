import {
  to = eksauth_oidc_provider.this
  id = "prod"
}
