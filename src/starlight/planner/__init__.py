"""From a scenario, the sky and its radios to a contact plan."""
