terraform {
  required_providers {
    eksauth = { source = "eksauth/eksauth" }
  }
}

provider "eksauth" {
  region       = "eu-central-1"
  cluster_name = "prod"
}
