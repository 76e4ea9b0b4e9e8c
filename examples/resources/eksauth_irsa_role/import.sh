terraform import eksauth_irsa_role.reader prod-apps-reader
