"""What all screens share: surfaces, sign-in, layout, components, act pages, tables, jobs."""
