"""The programs of the expedition as correspondents of a node: made from the files that name them."""
