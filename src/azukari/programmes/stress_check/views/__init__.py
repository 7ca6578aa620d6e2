"""The screens of the stress check, one folder per surface."""
