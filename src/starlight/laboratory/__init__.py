"""A robot that lives at a node: it judges runs of evolved gas, and sends what it found by value per byte."""
