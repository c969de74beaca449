"""Pages and tables about plans, links, the sky, routes and rehearsals."""
