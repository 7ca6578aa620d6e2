"""One function per human act of the yearly run, in the order of the work: keyword-only, ``by=``, one transaction."""
