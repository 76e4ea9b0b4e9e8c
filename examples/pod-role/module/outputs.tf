output "role_arn" {
  description = "ARN of the role."
  value       = eksauth_irsa_role.this.arn
}

output "service_account" {
  description = "Name of the service account, for `serviceAccountName`."
  value       = eksauth_service_account.this.name
}
