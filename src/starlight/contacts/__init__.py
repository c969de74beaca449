"""The contact plan: who hears whom, when, how fast, how far away."""
