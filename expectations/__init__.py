"""What the numbers promise: a definition of each KPI, and guards that hold the marts to it."""
