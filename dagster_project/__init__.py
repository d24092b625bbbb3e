"""Moves data: from the vendors into the landing zone, through dbt and the guards, to the readers.

What a record means is said in dbt_project/, what the numbers promise in expectations/; not here.
"""
