"""What scripts/bench.py is made of: how runs are measured, what is run, and the sections of its report."""
