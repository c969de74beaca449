"""Virtual time and what lies between its nodes: links, light, cuts, impairments."""
