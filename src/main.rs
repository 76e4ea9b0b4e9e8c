//! Run by Terraform: serve the plugin. Run by a person: the command line.
fn main() {}
