"""Kernels compiled before they are needed: tiny calls, made side by side in processes of their own, and what is said meanwhile.

numba caches machine code on disk by the types of the arguments. A tiny call with the types of the real calls therefore compiles
what a whole day needs. No formula and no table lives here.
"""
