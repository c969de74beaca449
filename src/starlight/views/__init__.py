"""The values that a page shows and JSON tells, and the contracts by which it asks for them."""
