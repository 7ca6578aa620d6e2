"""The employees' surface: each person alone, in a session of their own, about their own answers and result."""
