"""The pages of ``docs/reference`` and the flow pictures, written from the code and the papers and from nothing else.

Write them anew with ``python -m azukari.reference docs``; a test compares them with what this package gives.
Needs Django set up, for the models' tables of states. Nothing of azukari imports this package.
"""
