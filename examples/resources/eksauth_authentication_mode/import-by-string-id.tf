import {
  to = eksauth_authentication_mode.this
  id = "prod"
}
