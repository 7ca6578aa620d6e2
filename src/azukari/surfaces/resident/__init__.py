"""The residents' surface: for now a frame."""
