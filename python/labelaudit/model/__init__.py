"""The logistic model: its objective as sums over row blocks, the optimisers, and the torch module."""
