"""Matrix functions of a block of rows, compiled (`native`) and for a GPU (`torch`, `streamed`), and solvers (`solve`).

`native`, `torch` and `streamed` hold the same matrix functions; they differ in the type of x alone.
"""
