"""Looking up a resident; releases of protected persons."""
