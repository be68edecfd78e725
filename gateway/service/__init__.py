"""The gateway's use cases: which models there are, asking one within a budget, and what it took."""

from gateway.client import Outcome
from gateway.service.asking import Asker, ask, cost
from gateway.service.budgets import release, tokens_left
from gateway.service.installed import State, state
from gateway.service.offers import Model, model, models

__all__ = ["Asker", "Model", "Outcome", "State", "ask", "cost", "model", "models", "release", "state", "tokens_left"]
