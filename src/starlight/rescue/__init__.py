"""A search that lives at a node: it hears the suit and the searchers, and tells people where to look."""
