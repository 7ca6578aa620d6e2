"""Health checkups: what is measured (items), the ministry's result document (hc08), and what cannot be true.

Shared by the programmes; knows neither Django nor the clock. Only :mod:`hc08` and :mod:`write_hc08` need lxml.
"""
