import {
  to = eksauth_access_entry.platform
  id = "prod:arn:aws:iam::111122223333:role/platform"
}
