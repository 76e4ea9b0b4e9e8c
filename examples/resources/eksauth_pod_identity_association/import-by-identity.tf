import {
  to = eksauth_pod_identity_association.reader
  identity = {
    cluster_name    = "prod"
    namespace       = "apps"
    service_account = "reader"
  }
}
