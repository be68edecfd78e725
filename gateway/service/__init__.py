"""The gateway's use cases: which models there are, asking one within a budget, and what it took."""

from gateway.client import Outcome
from gateway.inside import Chance, Piece
from gateway.service.asking import Asker, ask, cost
from gateway.service.budgets import lacking, release, tightest, tokens_left
from gateway.service.inside import embed, next_tokens, tokenize
from gateway.service.installed import Installed, State, installed, others, state
from gateway.service.naming import names_of
from gateway.service.offers import Model, external_names, model, models

__all__ = [
    "Asker", "Chance", "Installed", "Model", "Outcome", "Piece", "State", "ask", "cost", "embed", "external_names", "installed", "lacking", "model", "models", "names_of",
    "next_tokens", "others", "release", "state", "tightest", "tokenize", "tokens_left",
]
