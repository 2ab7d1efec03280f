"""Training data made while training, on the device that trains: nothing but torch and NumPy (scripts/pack_data.py packs)."""
