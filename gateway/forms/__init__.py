"""The gateway's forms."""
