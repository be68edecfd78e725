"""What is kept is made once, even when many ask at the same moment."""

import threading

import pytest

from core.once import once_each


def test_many_who_ask_at_once_get_what_one_of_them_made() -> None:
    made: list[int] = []
    together = threading.Barrier(8, timeout=60)

    @once_each(4)
    def double(number: int) -> list[int]:
        made.append(number)
        return [number * 2]

    found: list[list[int]] = []

    def ask() -> None:
        together.wait(10)
        found.append(double(21))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == [21]
    assert all(one is found[0] for one in found)


def test_of_more_than_fit_the_oldest_goes() -> None:
    made: list[int] = []

    @once_each(2)
    def same(number: int) -> int:
        made.append(number)
        return number

    for number in (1, 2, 3, 2, 3, 1):
        assert same(number) == number
    assert made == [1, 2, 3, 1]


def test_an_error_is_not_remembered() -> None:
    asked: list[str] = []

    @once_each(2)
    def get(key: str) -> int:
        asked.append(key)
        return 7 // (len(asked) - 1)

    with pytest.raises(ZeroDivisionError):
        get("a")
    assert get("a") == 7
