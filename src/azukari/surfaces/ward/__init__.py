"""The ward's surface: officers, privacy officers and auditors, inside LGWAN."""
