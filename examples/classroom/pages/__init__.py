"""One file for each thing that people come for. Each page is a function from `Asked` to a response."""
