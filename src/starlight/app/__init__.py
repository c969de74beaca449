"""Programs that run for people: the demo, one node, the page's backend, and how programs reach them."""
