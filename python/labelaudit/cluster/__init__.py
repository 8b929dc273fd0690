"""Row blocks on the workers of a dask cluster: parts of sums and maps go there, sums and row values come back."""
