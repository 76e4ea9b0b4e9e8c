# The issuer is read from the cluster: no TLS data source, no thumbprint.
# Where the cluster is made in the same configuration, pass `aws_eks_cluster.this.id`: it is unknown
# while the cluster is being made or replaced, so the provider's ARN is never planned for an old issuer.
resource "eksauth_oidc_provider" "this" {
  cluster_name = "prod"
}

output "oidc_provider_arn" {
  value = eksauth_oidc_provider.this.arn
}
