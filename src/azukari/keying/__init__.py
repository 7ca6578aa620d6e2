"""Paper sheets keyed in twice by two people, differences settled by a third look, and the count that must close.

Programmes say which fields a sheet has; this floor knows only sheets, people and rounds. What was keyed lies sealed
with the key of the paper's own handover, and is gone when that is returned or erased.
"""
