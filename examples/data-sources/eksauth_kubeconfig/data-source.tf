data "eksauth_kubeconfig" "developers" {
  cluster_name = "prod"
  context      = "prod-dev"
  user         = "prod-dev"
  profile      = "developers"
}

output "kubeconfig" {
  value = data.eksauth_kubeconfig.developers.content
}
