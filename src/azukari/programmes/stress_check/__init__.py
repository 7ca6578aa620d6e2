"""The staff stress check. Pure parts: ``instrument`` (questionnaires), ``parameters`` (figures), ``rules``."""
