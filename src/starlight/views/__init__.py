"""What a page shows and JSON tells, as values, and the contracts by which it asks for them."""
