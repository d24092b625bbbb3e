"""From a source's pages to committed loads: contracts, privacy, journal, commit, quarantine.

What a record means is not known here, nor how any one vendor is asked.
"""
