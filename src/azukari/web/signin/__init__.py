"""Signing in: accounts, second factors, lock-out, signing in anew before something leaves."""
