# Terraform 1.10 and later: the token reaches no plan and no state.
ephemeral "eksauth_cluster_auth" "this" {
  cluster_name = "prod"
}

data "eksauth_cluster" "this" {
  cluster_name = "prod"
}

provider "kubernetes" {
  host                   = data.eksauth_cluster.this.endpoint
  cluster_ca_certificate = data.eksauth_cluster.this.cluster_ca_certificate
  token                  = ephemeral.eksauth_cluster_auth.this.token
}
