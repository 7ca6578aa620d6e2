"""What the stress check prints: slips, paper forms, results, the group report, the labour office's figures.

Pure: dataclasses and frames go in, PDF, XLSX or CSV bytes come out; no database, no clock. Sheets for one person lie in
a window envelope for the internal mail: above the first fold stand section, name and sender, and nothing about health.
"""
