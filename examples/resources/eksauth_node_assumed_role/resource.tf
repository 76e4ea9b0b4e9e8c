# The role of the nodes that kube2iam runs on.
variable "node_role_arn" {
  type    = string
  default = "arn:aws:iam::111122223333:role/prod-nodes"
}

# Trusted by the nodes alone, and the nodes may assume exactly this role.
resource "eksauth_node_assumed_role" "reader" {
  name               = "prod-apps-reader"
  description        = "Reads the catalogue bucket"
  node_role_arns     = [var.node_role_arn]
  attach_node_policy = true

  inline_policies = {
    catalogue = jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:ListBucket"]
          Resource = ["arn:aws:s3:::catalogue-111122223333", "arn:aws:s3:::catalogue-111122223333/*"]
        },
      ]
    })
  }
}

# What the pods must carry so that they get the role.
output "reader_annotations" {
  value = eksauth_node_assumed_role.reader.pod_annotations
}
