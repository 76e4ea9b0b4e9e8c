data "eksauth_cluster" "this" {
  cluster_name = "prod"
}

output "issuer" {
  value = data.eksauth_cluster.this.issuer
}
