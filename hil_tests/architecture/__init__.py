"""Rules over Python sources. Each takes parsed sources and its tables, and returns violations as text.

The tables of this project are in hil_tests/tests/test_architecture.py.
"""
