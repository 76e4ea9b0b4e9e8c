# Prefer roles; this is for the break-glass user that single sign-on cannot lock out.
resource "eksauth_aws_auth_user" "break_glass" {
  cluster_name = "prod"
  userarn      = "arn:aws:iam::111122223333:user/break-glass"
  username     = "break-glass"
  groups       = ["system:masters"]
}
