"""The screens of the yearly run: the ward's, and the contractors'. They parse, call and show; no rule is here."""
