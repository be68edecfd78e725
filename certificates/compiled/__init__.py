"""Pages that are printed once and of which only what differs is written anew (docs/decisions/0028)."""
