import {
  to = eksauth_pod_identity_association.reader
  id = "prod/apps/reader"
}
