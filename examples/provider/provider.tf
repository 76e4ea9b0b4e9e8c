terraform {
  required_version = ">= 1.5"

  required_providers {
    eksauth = {
      source  = "eksauth/eksauth"
      version = "~> 0.1"
    }
  }
}

provider "eksauth" {
  region       = "eu-central-1"
  cluster_name = "prod" # for every resource that names no cluster itself

  # A plan in the wrong account stops here instead of changing something there.
  allowed_account_ids = ["111122223333"]

  default_tags {
    tags = {
      managed-by = "terraform"
    }
  }
}
