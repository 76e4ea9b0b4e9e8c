import {
  to = garden_tree.oak
  identity = {
    plot = "orchard"
  }
}
