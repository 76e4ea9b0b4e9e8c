#!/bin/sh
# Plans, and judges the finished plan: who gains and who loses access to the cluster, all changes of the plan taken together.
#
#   plan-and-check.sh CLUSTER
#
# Leaves `tfplan` for `terraform apply tfplan` and `check-plan.md` for a comment. Exits 0 if nobody is locked out, and 1 only if somebody is.
# Exits 2 if that could not be found out, a plan that failed among it.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: plan-and-check.sh CLUSTER" >&2
  exit 2
fi
cluster=$1
rm -f tfplan check-plan.md

# The binary that Terraform has installed is the command line too; from a mirror or a cache the folder is a link.
eksauth=$(find -L .terraform/providers -name 'terraform-provider-eksauth_v*' | head -n 1)
if [ -z "$eksauth" ]; then
  echo "eksauth/eksauth is not installed here: run terraform init first" >&2
  exit 2
fi

terraform plan -input=false -out=tfplan || exit 2
code=0
terraform show -json tfplan | "$eksauth" check-plan - --cluster "$cluster" -o markdown >check-plan.md || code=$?
cat check-plan.md
case $code in
  0 | 1) exit "$code" ;;
  *) exit 2 ;;
esac
