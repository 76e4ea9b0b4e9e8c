provider "garden" {
  place = "behind the house"
}
