"""What a process counts between two flushes: every token once, names of claims and never more than fit."""

from hypothesis import given
from hypothesis import strategies as st

from claimsmith_server.services.overview import RANGES, measure_sizes
from claimsmith_server.services.token_tally import HOUR_MS, MOST_LACKING, SIZE_STEP, CountKey, Lacking, TokenTally
from claimsmith_server.store.token_counts import TokenCount

NOW = 1_800_000_000_123
HOUR = NOW - NOW % HOUR_MS


def lacking(session: int = 0, **more: object) -> Lacking:
    known: dict[str, object] = {
        "instance_id": "ins_a",
        "kind": "session",
        "template_id": None,
        "version": 3,
        "session_id": f"sess_{session}",
        "user_id": "user_u",
        "omitted": ("wide",),
        "failed": (),
    }
    return Lacking(**{**known, **more})  # type: ignore[arg-type]


def test_tokens_are_counted_by_hour_kind_and_size_rounded_up() -> None:
    tally = TokenTally()
    for cookie_bytes, now in ((640, NOW), (641, NOW), (704, NOW + 1), (704, NOW + HOUR_MS), (4096, NOW)):
        tally.count("ins_a", "session", cookie_bytes, now)
    tally.count("ins_a", "jwt_template", 640, NOW)
    tally.count("ins_b", "session", 640, NOW)
    assert tally.take().counts == {
        CountKey("ins_a", HOUR, "session", 640): [1, 0, 0],
        CountKey("ins_a", HOUR, "session", 704): [2, 0, 0],
        CountKey("ins_a", HOUR + HOUR_MS, "session", 704): [1, 0, 0],
        CountKey("ins_a", HOUR, "session", 4096): [1, 0, 0],
        CountKey("ins_a", HOUR, "jwt_template", 640): [1, 0, 0],
        CountKey("ins_b", HOUR, "session", 640): [1, 0, 0],
    }


def test_what_was_taken_is_there_no_more() -> None:
    tally = TokenTally()
    tally.count("ins_a", "session", 640, NOW)
    tally.count_lacking(lacking(), 640, NOW)
    assert tally.take().counts
    assert tally.take() == ({}, {}, 0)


def test_tokens_that_lack_the_same_claims_are_one_entry_with_a_count() -> None:
    tally = TokenTally()
    for minute in range(3):
        tally.count_lacking(lacking(), 4000 + minute, NOW + minute * 60_000)
    tally.count_lacking(lacking(omitted=(), failed=("plan",)), 900, NOW)
    taken = tally.take()
    assert sum(numbers[0] for numbers in taken.counts.values()) == 4
    assert sum(numbers[1] for numbers in taken.counts.values()) == 3
    assert sum(numbers[2] for numbers in taken.counts.values()) == 1
    times = taken.lacking[lacking()]
    assert (times.count, times.first_at, times.last_at, times.cookie_bytes) == (3, NOW, NOW + 120_000, 4002)
    assert len(taken.lacking) == 2


def test_beyond_its_bound_a_token_is_counted_and_not_listed() -> None:
    tally = TokenTally()
    for session in range(MOST_LACKING + 25):
        tally.count_lacking(lacking(session), 4000, NOW)
    tally.count_lacking(lacking(0), 4000, NOW)
    taken = tally.take()
    assert len(taken.lacking) == MOST_LACKING
    assert taken.unlisted == 25
    assert sum(numbers[1] for numbers in taken.counts.values()) == MOST_LACKING + 26


def test_what_is_given_back_is_added_to_what_came_meanwhile() -> None:
    tally = TokenTally()
    tally.count_lacking(lacking(), 640, NOW)
    taken = tally.take()
    tally.count_lacking(lacking(), 650, NOW + 9)
    tally.give_back(taken.counts.items(), taken.lacking.items())
    again = tally.take()
    assert again.counts[CountKey("ins_a", HOUR, "session", 640)] == [1, 1, 0]
    assert again.counts[CountKey("ins_a", HOUR, "session", 704)] == [1, 1, 0]
    times = again.lacking[lacking()]
    assert (times.count, times.first_at, times.last_at, times.cookie_bytes) == (2, NOW, NOW + 9, 650)


def test_what_is_given_back_keeps_to_the_bound() -> None:
    tally = TokenTally()
    tally.count_lacking(lacking(-1), 640, NOW)
    taken = tally.take()
    for session in range(MOST_LACKING):
        tally.count_lacking(lacking(session), 640, NOW)
    tally.give_back(taken.counts.items(), taken.lacking.items())
    again = tally.take()
    assert len(again.lacking) == MOST_LACKING
    assert again.unlisted == 1


@given(st.lists(st.tuples(st.integers(1, 64), st.integers(0, 50)), max_size=20))
def test_sizes_are_those_of_all_tokens_written_out(counted: list[tuple[int, int]]) -> None:
    counts = [TokenCount(HOUR, "session", step * SIZE_STEP, minted, 0, 0) for step, minted in counted]
    every = sorted(step * SIZE_STEP for step, minted in counted for _ in range(minted))
    found = measure_sizes(counts)
    if not every:
        assert found is None
        return
    assert found is not None
    assert found.median == every[(len(every) + 1) // 2 - 1]
    assert found.p95 == every[-(-len(every) * 95 // 100) - 1]
    assert found.largest == every[-1]


def test_a_range_ends_with_the_bucket_that_now_lies_in() -> None:
    for span in RANGES.values():
        first = span.first_at(NOW)
        assert first % span.step == 0
        last = first + (span.buckets - 1) * span.step
        assert last <= NOW < last + span.step
