"""The assets of a night, a file for each step. What a step does is said in what it calls."""
