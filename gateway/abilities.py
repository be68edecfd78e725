"""What a model can do beside answering, as it was probed, and what it is used for."""

from typing import Final

LOGPROBS: Final = "logprobs"      # says how likely each next token was
SCHEMA: Final = "schema"          # keeps to a JSON schema
TOKENIZE: Final = "tokenize"      # shows how a text falls into tokens
EMBED: Final = "embed"            # turns texts into vectors
ABILITIES: Final = (LOGPROBS, SCHEMA, TOKENIZE, EMBED)

CHAT: Final = "chat"              # answers learners
JUDGE: Final = "judge"            # gives an opinion beside the checks
EMBEDDER: Final = "embed"
ROLES: Final = (CHAT, JUDGE, EMBEDDER)
