output "oidc_provider_arn" {
  description = "For roles that are made elsewhere."
  value       = eksauth_oidc_provider.this.arn
}

output "reader_annotations" {
  description = "What the ServiceAccount apps/reader must carry."
  value       = eksauth_irsa_role.reader.service_account_annotations
}
