#!/bin/sh
# Plans, and judges the finished plan: who gains and who loses access to the cluster, all changes of the plan taken together.
#
#   plan-and-check.sh CLUSTER
#
# Leaves `tfplan` for `terraform apply tfplan` and `check-plan.md` for a comment. Exits 0 if nobody is locked out, 1 if somebody is,
# 2 if that could not be found out.
set -eu

cluster=$1

# The binary that Terraform has installed is the command line too; from a mirror or a cache the folder is a link.
eksauth=$(find -L .terraform/providers -name 'terraform-provider-eksauth_v*' | head -n 1)

terraform plan -input=false -out=tfplan
terraform show -json tfplan | "$eksauth" check-plan - --cluster "$cluster" -o markdown >check-plan.md || {
  code=$?
  cat check-plan.md
  exit "$code"
}
