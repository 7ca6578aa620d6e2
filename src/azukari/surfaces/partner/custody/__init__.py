"""What the organisation received, passed on, and has to give back."""
