"""Why a row has its verdict: the rows and the columns that speak for and against its label."""
