"""The registrar's office and its programs: keys, and the interface under /api/certificates/v1 that asks about the own organisation's certificates."""
