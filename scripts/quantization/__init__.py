"""INT8 forms of a model's tile pass: what is quantised (forms), with which numbers (calibration), how good it is (quality) and
what it costs (table)."""
