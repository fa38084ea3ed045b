"""Whose turn it is: everybody's once, before anybody's second time."""

from __future__ import annotations

import pytest

from mallard.turns_of_clients import TurnsOfClients

Task = tuple[str, int]


def client(task: Task) -> str:
    return task[0]


def drained(queue: TurnsOfClients) -> list[Task]:
    return [queue.popleft() for _ in range(len(queue))]


def test_a_client_with_much_to_do_waits_for_one_with_little() -> None:
    queue = TurnsOfClients(client)
    for task in [("flood", 1), ("flood", 2), ("flood", 3), ("a", 1), ("b", 1), ("a", 2)]:
        queue.append(task)
    assert drained(queue) == [
        ("flood", 1),
        ("a", 1),
        ("b", 1),
        ("flood", 2),
        ("a", 2),
        ("flood", 3),
    ]


def test_who_goes_first_waits_for_no_stranger() -> None:
    queue = TurnsOfClients(client, lambda task: client(task) == "admin")
    for number in range(150):
        queue.append((f"stranger {number}", 1))
    queue.append(("admin", 1))
    assert len(queue) == 151
    assert queue.popleft() == ("admin", 1)
    assert queue.popleft() == ("stranger 0", 1)


def test_who_comes_again_is_behind_those_who_wait() -> None:
    queue = TurnsOfClients(client)
    queue.append(("a", 1))
    queue.append(("b", 1))
    assert queue.popleft() == ("a", 1)
    queue.append(("a", 2))
    assert drained(queue) == [("b", 1), ("a", 2)]


def test_an_empty_queue_is_false_and_has_nothing() -> None:
    queue = TurnsOfClients(client)
    assert not queue
    with pytest.raises(IndexError):
        queue.popleft()


def limited(most: int = 4, most_of: int = 3) -> TurnsOfClients:
    return TurnsOfClients(client, lambda task: client(task) == "admin", most, lambda _: most_of)


def test_a_client_has_so_many_waiting() -> None:
    queue = limited()
    turned_away = [queue.append(("flood", number)) for number in range(5)]
    assert turned_away == [None, None, None, ("flood", 3), ("flood", 4)]
    assert queue.popleft() == ("flood", 0)
    assert queue.append(("flood", 5)) is None


def test_in_a_full_queue_whoever_has_most_waiting_makes_room() -> None:
    queue = limited()
    for task in [("flood", 1), ("flood", 2), ("flood", 3), ("a", 1)]:
        queue.append(task)
    assert queue.append(("b", 1)) == ("flood", 3)
    assert queue.append(("c", 1)) == ("flood", 2)
    assert drained(queue) == [("flood", 1), ("a", 1), ("b", 1), ("c", 1)]


def test_who_would_be_the_crowd_itself_is_turned_away() -> None:
    queue = limited(most=2)
    for task in [("a", 1), ("b", 1)]:
        queue.append(task)
    assert queue.append(("c", 1)) == ("c", 1)
    assert queue.append(("a", 2)) == ("a", 2)
    assert drained(queue) == [("a", 1), ("b", 1)]


def test_who_goes_first_finds_room_in_a_queue_full_of_strangers() -> None:
    queue = limited(most=2)
    for number in range(5):
        queue.append((f"stranger {number}", 1))
    assert queue.append(("admin", 1)) is None
    assert drained(queue) == [("admin", 1), ("stranger 0", 1), ("stranger 1", 1)]
