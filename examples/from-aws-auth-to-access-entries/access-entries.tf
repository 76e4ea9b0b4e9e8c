# Access entries of cluster prod in place of the entries of aws-auth.
# An access entry counts before aws-auth as soon as it exists. Apply, let each principal come, and only then take its entry out of aws-auth.
# With `on_conflict = "adopt"` an apply that was killed is continued. What was adopted stays at a destroy.
# - mapRoles[7] `arn:aws:iam::111122223333:role/basic` stays: EKS takes no group that starts with `system:` in an access entry, and the entry has `system:basic-user`. Bind the roles of `system:basic-user` to a group of your own, give the entry of aws-auth that group in place of this one, and then move it.
# - mapAccounts[0] `444455556666` stays: it lets in every role and user of the account, each under its own ARN and without groups; an access entry is for one principal. Find out who comes by it (the cluster's audit log names their ARNs), make an access entry for each, and then take the account away.

# AmazonEKSClusterAdminPolicy allows everything too, but is asked as an authorizer: `system:masters` passes all authorizers, and counts even where they are out of reach
# what the policy allows is not had by whoever impersonates the user, and `kubectl auth can-i --list` does not show it
resource "eksauth_access_entry" "admins" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/admins"
  user_name         = "admin"
  kubernetes_groups = ["audit"]
  policies = [
    {
      policy_arn   = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
      access_scope = { type = "cluster" }
    },
  ]
  on_conflict = "adopt"
  depends_on  = [eksauth_authentication_mode.this]
}

resource "eksauth_access_entry" "devs" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/teams/dev/devs"
  user_name         = "dev:{{SessionName}}"
  kubernetes_groups = ["devs"]
  on_conflict       = "adopt"
  depends_on        = [eksauth_authentication_mode.this]
}

# the user name changes from `system:auditors` to `arn:aws:sts::111122223333:assumed-role/auditors/{{SessionName}}`: bindings of the old name do not count for it any more, and audit logs have the new one
resource "eksauth_access_entry" "auditors" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/auditors"
  kubernetes_groups = ["auditors"]
  on_conflict       = "adopt"
  depends_on        = [eksauth_authentication_mode.this]
}

resource "eksauth_access_entry" "AWSReservedSSO_Viewer_0123456789abcdef" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Viewer_0123456789abcdef"
  user_name         = "sso:{{SessionName}}"
  kubernetes_groups = ["viewers"]
  on_conflict       = "adopt"
  depends_on        = [eksauth_authentication_mode.this]
}

resource "eksauth_access_entry" "own-nodes" {
  cluster_name  = "prod"
  principal_arn = "arn:aws:iam::111122223333:role/self-managed/own-nodes"
  type          = "EC2_LINUX"
  on_conflict   = "adopt"
  depends_on    = [eksauth_authentication_mode.this]
}

resource "eksauth_access_entry" "user_carl" {
  cluster_name      = "prod"
  principal_arn     = "arn:aws:iam::111122223333:user/people/carl"
  user_name         = "carl"
  kubernetes_groups = ["devs"]
  on_conflict       = "adopt"
  depends_on        = [eksauth_authentication_mode.this]
}

# Read once these access entries exist. `entries[*].held_back` says what may not be taken out of aws-auth then, and why.
data "eksauth_access_entry_migration" "this" {
  cluster_name = "prod"
  accept       = ["impersonation", "masters", "user-name"]
  depends_on = [
    eksauth_authentication_mode.this,
    eksauth_access_entry.admins,
    eksauth_access_entry.devs,
    eksauth_access_entry.auditors,
    eksauth_access_entry.AWSReservedSSO_Viewer_0123456789abcdef,
    eksauth_access_entry.own-nodes,
    eksauth_access_entry.user_carl,
  ]
}
