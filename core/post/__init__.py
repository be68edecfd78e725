"""E-mail: an outbox of rows, and the way to the university's mail server. Knows no domain."""
