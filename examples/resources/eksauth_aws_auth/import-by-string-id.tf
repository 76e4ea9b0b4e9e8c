# With `terraform plan -generate-config-out=aws_auth.tf` Terraform writes the resource too.
import {
  to = eksauth_aws_auth.this
  id = "prod"
}
