"""What the stress check prints."""
