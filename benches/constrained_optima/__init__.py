"""The parts of `make_constrained_optima.py`."""
