# With `terraform plan -generate-config-out=aws_auth.tf` Terraform writes the resource too. For that plan, and for it
# alone, Terraform 1.16.0 needs the line `provider = eksauth` in the block.
import {
  to = eksauth_aws_auth.this
  id = "prod"
}
