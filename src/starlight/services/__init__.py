"""Services of a node besides its mailboxes: small applications at endpoints of their own."""
