data "eksauth_access_entry_migration" "this" {
  cluster_name = "prod"
}

# For the ticket.
output "report" {
  value = data.eksauth_access_entry_migration.this.report
}

# What has to be settled by hand before the mode is raised to API.
output "stays" {
  value = {
    for entry in data.eksauth_access_entry_migration.this.entries :
    entry.arn => entry.what_to_do if entry.state == "stays"
  }
}
