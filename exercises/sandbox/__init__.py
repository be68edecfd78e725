"""Learners' Python in WebAssembly: a job goes in, what it printed and returned comes out, and nothing else happens."""
