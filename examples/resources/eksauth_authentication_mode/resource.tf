# The first step takes nothing from anybody: access entries count from now on, and aws-auth goes on to count.
resource "eksauth_authentication_mode" "this" {
  cluster_name        = "prod"
  authentication_mode = "API_AND_CONFIG_MAP"
}

# The second step, "API", ends aws-auth and cannot be taken back. Write it here once everybody has an access entry:
# apply refuses it as long as somebody who must get in is only in aws-auth.
