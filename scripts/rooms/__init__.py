"""Procedural furnished rooms for Blender's Cycles, everything drawn from one random generator. See render_rooms.py."""
