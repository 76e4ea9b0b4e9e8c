import {
  to = garden_tree.oak
  id = "oak-1"
}
