"""The four surfaces, each with its own URL table, and the core's own screens on them."""
