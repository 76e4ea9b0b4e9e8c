import {
  to = eksauth_service_account.reader
  identity = {
    cluster_name = "prod"
    namespace    = "apps"
    name         = "reader"
  }
}
