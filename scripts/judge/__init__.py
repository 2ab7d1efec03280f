"""What scripts/evaluate.py judges a model by: one module a section (tone, texture, seams, shoot, photos), and what they share.

Images are float32 RGB in [0, 1], H x W x 3; photos handed to the program are uint8 or uint16."""
