import {
  to = eksauth_authentication_mode.this
  identity = {
    cluster_name = "prod"
  }
}
