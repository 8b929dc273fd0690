"""A local web page to step through the suspects of an audit and decide on each."""
