"""Measurements; imported by the command `papers bench` alone."""
