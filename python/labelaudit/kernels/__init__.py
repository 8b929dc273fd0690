"""Matrix functions of a block of rows, compiled (`native`) and for a GPU (`torch`), and linear solvers (`solve`).

`native` and `torch` hold the same matrix functions; they differ in the array type of x alone.
"""
