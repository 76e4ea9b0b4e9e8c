resource "garden_tree" "oak" {
  species = "oak"
}
