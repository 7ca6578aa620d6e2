"""The contractors' surface: what an organisation was handed, and nothing of anybody else."""
