"""A map of meanings: vectors as places on a sheet, and which texts lie near each other."""

from collections.abc import Sequence

import numpy as np

Vectors = Sequence[Sequence[float]]
Places = tuple[tuple[float, float], ...]


def unit(vectors: Vectors) -> np.ndarray:
    """The vectors, each of length 1. Raises ValueError when they are no table of finite numbers."""
    table = np.asarray(vectors, dtype=float)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError("no vectors")
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.where(lengths > 0, lengths, 1.0))


def places(vectors: Vectors) -> Places:
    """The two directions in which the vectors differ most (principal components), each scaled to -1…1.

    The sign of a component is arbitrary; it is set so that the first text lies left and low, and the same texts give the same map.
    """
    table = unit(vectors)
    centred = table - table.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    flat = centred @ directions[:2].T
    if flat.shape[1] < 2:
        flat = np.hstack([flat, np.zeros((len(flat), 2 - flat.shape[1]))])
    flat = np.where(flat[0] > 0, -flat, flat)
    widest = np.abs(flat).max(axis=0)
    flat = flat / np.where(widest > 1e-9, widest, 1.0)
    return tuple((float(x), float(y)) for x, y in flat)


def nearest(vectors: Vectors) -> tuple[tuple[int, ...], ...]:
    """For each text the others, the nearest first. Ranks only: the cosines of small models lie close together."""
    table = unit(vectors)
    near = table @ table.T
    return tuple(tuple(int(other) for other in np.argsort(-row, kind="stable") if other != at) for at, row in enumerate(near))


def ranked(question: Sequence[float], vectors: Vectors) -> tuple[int, ...]:
    """The texts, the nearest to the question first."""
    return tuple(int(at) for at in np.argsort(-(unit(vectors) @ unit([question])[0]), kind="stable"))
