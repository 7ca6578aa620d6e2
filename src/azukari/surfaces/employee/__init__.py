"""The employees' surface: for now a frame."""
