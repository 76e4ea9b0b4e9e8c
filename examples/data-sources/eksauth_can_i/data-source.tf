# May the deployer change deployments in `apps`, and by which binding or access policy?
data "eksauth_can_i" "deploy" {
  cluster_name = "prod"
  arn          = "arn:aws:iam::111122223333:role/ci/deployer"
  verb         = "patch"
  resource     = "deployments.apps"
  namespace    = "apps"
}

check "deployer_can_deploy" {
  assert {
    condition = data.eksauth_can_i.deploy.allowed == true
    error_message = join("\n", concat(
      [data.eksauth_can_i.deploy.summary],
      data.eksauth_can_i.deploy.nearest[*].text,
    ))
  }
}

# May it read secrets in `kube-system`, which only the platform team should? Null: not known.
data "eksauth_can_i" "secrets" {
  cluster_name = "prod"
  arn          = "arn:aws:iam::111122223333:role/ci/deployer"
  verb         = "get"
  resource     = "secrets"
  namespace    = "kube-system"
}

output "deployer_reads_secrets" {
  value = data.eksauth_can_i.secrets.allowed
}
