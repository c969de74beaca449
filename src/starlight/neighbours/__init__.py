"""The links of a live node to its neighbours, over real sockets."""
