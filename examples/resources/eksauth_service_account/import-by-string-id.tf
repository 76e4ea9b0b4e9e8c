import {
  to = eksauth_service_account.reader
  id = "prod/apps/reader"
}
