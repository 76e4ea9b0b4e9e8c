output "species" {
  value = provider::garden::species("acorn", 2)
}
