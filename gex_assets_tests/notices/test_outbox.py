"""However processes fail and begin again: every notice arrives, and twice only where one died between sending and marking."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gex_assets.errors import DeliveryError
from gex_assets.notices.outbox import Outbox
from gex_assets_tests.notices.made_up import Hands, Tape, made_up, postman


class DiedError(Exception):
    """Stands for a process that ends without a word."""


steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 6)),
        st.tuples(st.just("send"), st.sampled_from(["fine", "down", "busy", "dies before marking", "dies before sending"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 90, 4_000])),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(steps)
def test_every_notice_arrives_and_none_twice_unless_a_process_died(course: list[tuple[str, int | str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake, hands, got, given_, died = Path(folder), Hands(), list[str](), set[int](), 0

        def tape(how: object) -> Tape:
            failing = {"down": DeliveryError("none"), "busy": DeliveryError("429", retry_after=20.0)}
            return Tape(fails=lambda _: failing.get(str(how)))

        for what, how in course:
            if what == "wait":
                hands.wait(float(how))
            elif what == "put":
                given_.add(int(how))
                postman(lake, tape("fine"), hands=hands).put([made_up(int(how))])
            else:
                died += _send(lake, tape(how), how=str(how), hands=hands, got=got)
        hands.wait(7_200)
        _send(lake, tape("fine"), how="fine", hands=hands, got=got)
        assert set(got) == {made_up(one).key for one in given_}
        assert len(got) - len(set(got)) <= died * 7
        if not died:
            assert len(got) == len(set(got))
        assert Outbox(postman(lake)._fs).state("tape").waiting == ()


def _send(lake: Path, tape: Tape, *, how: str, hands: Hands, got: list[str]) -> int:
    """Send with a new process; how many died."""
    sender, outbox = postman(lake, tape, hands=hands), Outbox

    def dies(*_: object, **__: object) -> None:
        raise DiedError

    told = outbox.told
    try:
        if how == "dies before marking":
            outbox.told = dies  # type: ignore[method-assign]
        elif how == "dies before sending":
            object.__setattr__(tape.channel, "send", dies)
        sender.send()
    except DiedError:
        return 1
    finally:
        outbox.told = told  # type: ignore[method-assign]
        for one in tape.got:
            got.extend([part.key for part in one.parts] or [one.key])
    return 0
