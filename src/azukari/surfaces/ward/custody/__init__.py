"""Handovers, register, balances, certificates, closing of a year."""
