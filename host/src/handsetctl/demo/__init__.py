"""The demonstration: two handsets, one talks, the other is heard, and everything is measured."""
