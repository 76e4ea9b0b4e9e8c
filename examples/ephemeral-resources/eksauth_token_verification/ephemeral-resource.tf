# Terraform 1.10 and later. Before anything is changed: does the cluster take the token of whoever runs this, and as whom?
ephemeral "eksauth_cluster_auth" "this" {
  cluster_name = "prod"
}

ephemeral "eksauth_token_verification" "this" {
  cluster_name = "prod"
  token        = ephemeral.eksauth_cluster_auth.this.token

  lifecycle {
    postcondition {
      condition     = self.verdict == "accepted"
      error_message = "The cluster does not take this token. Run `terraform-provider-eksauth whoami --cluster prod` to see why."
    }
  }
}
