resource "eksauth_irsa_role" "reader" {
  name         = "reader"
  pod_identity = true
  pod_identity_condition = jsonencode({
    StringEquals = {
      "aws:RequestTag/eks-cluster-name"           = "prod"
      "aws:RequestTag/kubernetes-namespace"       = "apps"
      "aws:RequestTag/kubernetes-service-account" = "reader"
    }
  })
  policy_arns = ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
}

# A plan says whether the role lets pods of this service account in. Pods name it with `serviceAccountName: reader`.
resource "eksauth_pod_identity_association" "reader" {
  cluster_name    = "prod"
  namespace       = "apps"
  service_account = "reader"
  role_arn        = eksauth_irsa_role.reader.arn
}
