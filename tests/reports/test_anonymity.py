"""No published figure allows to count a group of fewer than k people, not even for who knows how figures are hidden."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import anonymity
from reports.anonymity import Count, Figures, Sums


@st.composite
def groups(draw: st.DrawFn) -> list[Sums]:
    """Groups of up to 30 people, of whom some have begun, participated, achieved."""
    sizes = draw(st.lists(st.integers(1, 30), min_size=1, max_size=8))
    return [Sums(size, *(draw(st.integers(0, size)) for _ in range(3))) for size in sizes]


def publish(given_groups: Sequence[Sums], k: int) -> list[Figures]:
    """The lines of a table, as evidence.sections makes them."""
    lines = [anonymity.published(group, k) for group in given_groups if group.participants >= k]
    small = [group for group in given_groups if group.participants < k]
    return [*lines, anonymity.together(small, k)] if small else lines


def derived(figures: Figures) -> Iterable[Count]:
    """All that can be counted from a line: its figures, and what each of them leaves of each other one."""
    yield from figures
    for one, other in combinations(figures, 2):
        low, high = one.low - other.high, one.high - other.low
        yield Count(low, high) if low >= 0 else Count(-high, -low)


def told(count: Count, k: int) -> bool:
    """Whether it counts a group of fewer than k people."""
    return count.exact and 0 < abs(count.low) < k


@given(groups(), st.integers(3, 20))
def test_nothing_in_a_line_or_a_sum_counts_fewer_than_k_people(people: list[Sums], k: int) -> None:
    lines = publish(people, k)
    for line in lines:
        assert not any(told(count, k) for count in derived(line)), line
    whole = anonymity.total(lines)
    rests = [Count(whole.participants.low - count.high, whole.participants.high - count.low) for count in whole[1:]]  # Who did not.
    assert not any(told(count, k) for count in (*whole, *rests))


@given(groups(), st.integers(3, 20))
def test_taking_lines_from_their_sum_tells_no_more_of_a_line_than_the_line(people: list[Sums], k: int) -> None:
    lines = publish(people, k)
    whole = anonymity.total(lines)
    for index, line in enumerate(lines):
        others = anonymity.total(lines[:index] + lines[index + 1:])
        for own, rest, all_ in zip(line, others, whole, strict=True):
            assert all_.low - rest.low == own.low
            assert all_.high - rest.high == own.high


@given(groups(), st.integers(3, 20))
def test_the_truth_lies_in_every_range_and_in_every_sum(people: list[Sums], k: int) -> None:
    lines = publish(people, k)
    truth = [sum(values) for values in zip(*people, strict=True)]
    assert all(count.low <= value <= count.high for count, value in zip(anonymity.total(lines), truth, strict=True))
    large = [group for group in people if group.participants >= k]
    for line, group in zip(lines, large, strict=False):
        assert all(count.low <= value <= count.high for count, value in zip(line, group, strict=True))
        assert line.participants == Count(group.participants, group.participants)


def _no_secret(worlds: Iterable[Any], show: Callable[[Any], Any], secrets: Callable[[Any], Sequence[int]], k: int) -> None:
    """Of all worlds that look the same, no secret number from 1 to k-1 is the same in each."""
    alike: dict[Any, list[Sequence[int]]] = defaultdict(list)
    for world in worlds:
        alike[show(world)].append(secrets(world))
    for shown, found in alike.items():
        for values in zip(*found, strict=True):
            assert len(set(values)) > 1 or not 0 < abs(values[0]) < k, (shown, found[:3])


@pytest.mark.parametrize(("k", "size"), [(3, size) for size in range(3, 10)] + [(4, 9), (5, 12)])
def test_who_knows_the_rules_counts_no_small_part_of_a_group(k: int, size: int) -> None:
    worlds = [Sums(size, *values) for values in product(range(size + 1), repeat=3)]
    _no_secret(
        worlds, lambda sums: anonymity.published(sums, k), lambda sums: [*sums[1:], *(one - other for one, other in combinations(sums, 2))], k,
    )


@pytest.mark.parametrize(("k", "number"), [(3, 1), (3, 2), (3, 3), (3, 4), (5, 1), (5, 2), (4, 3)])
def test_who_knows_the_rules_and_all_small_groups_counts_none_of_them(k: int, number: int) -> None:
    one = [Sums(size, begun, 0, 0) for size in range(1, k) for begun in range(size + 1)]
    _no_secret(
        product(one, repeat=number), lambda world: anonymity.together(world, k),
        lambda world: [value for group in world for value in (group.participants, group.begun, group.participants - group.begun)], k,
    )


def test_large_numbers_that_leave_no_small_rest_are_exact() -> None:
    assert anonymity.published(Sums(30, 30, 20, 15), 5) == Figures(*(Count(number, number) for number in (30, 30, 20, 15)))


def test_a_small_number_and_a_small_rest_are_ranges() -> None:
    assert anonymity.published(Sums(30, 30, 27, 3), 5)[2:] == (Count(26, 29), Count(1, 4))


def test_with_one_as_k_everything_is_as_it_is() -> None:
    assert publish([Sums(1, 1, 1, 0), Sums(7, 7, 6, 5)], anonymity.AS_THEY_ARE)[0] == Figures(Count(1, 1), Count(1, 1), Count(1, 1), Count(0, 0))
    assert anonymity.published(Sums(7, 7, 6, 5), anonymity.AS_THEY_ARE)[2:] == (Count(6, 6), Count(5, 5))
