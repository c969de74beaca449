"""Letters found by their words: text as terms, what is asked for, and what of a letter answers it."""
