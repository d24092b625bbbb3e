"""A second reading of the terms, in plain Python: slow, obvious, sharing nothing with the models.

It takes a shop's canonical records and gives the rows of the facts and of kpi_values. What it is
held against is said in tests/pipeline/test_independent_reading.py.
"""
