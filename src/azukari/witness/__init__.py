"""The access log (アクセスログ): append-only rows under an RFC 6962 Merkle tree with signed checkpoints.

A disclosure is written here in the transaction that makes it (law 4): ``log.append``. What leaves the ward carries a
checkpoint (``checkpoint.checkpoint``), so that people outside the operator's control hold a promise the log must keep;
``verifier.py`` is a single file that checks an export without azukari.
"""
