# A document of its own: the zones whose records ExternalDNS may change.
data "eksauth_addon_policy" "external_dns" {
  name             = "external-dns"
  version          = "2026-11"
  hosted_zone_arns = ["arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"]
}

# A policy that AWS keeps: its ARN in the partition of the provider.
data "eksauth_addon_policy" "ebs_csi" {
  name = "aws-ebs-csi-driver"
}

# The narrower text instead, with the keys that encrypt the volumes.
data "eksauth_addon_policy" "ebs_csi_narrow" {
  name         = "aws-ebs-csi-driver"
  narrow       = true
  kms_key_arns = ["arn:aws:kms:eu-central-1:111122223333:key/12345678-1234-1234-1234-123456789012"]
}

output "external_dns" {
  value = data.eksauth_addon_policy.external_dns.json
}

output "ebs_csi" {
  value = data.eksauth_addon_policy.ebs_csi.policy_arns
}
