terraform import garden_tree.oak oak-1
