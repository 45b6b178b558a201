"""What waits to be told, and what was told, in the lake: a notice reaches each channel once, also across restarts.

A notice is put into the outbox first, then sent, then marked as told. A process that is killed between the last two sends it
again: webhooks get the same `Idempotency-Key` and mail the same `Message-ID`. All changes go through the ledger, which two
processes may change at once; only the one that holds the lock sends.

No channel has more than `_MOST_WAITING` notices waiting. Above that, failures are folded into one that counts them, and of other
notices the oldest into one that says how many were left out. What is folded counts as told: it is part of another notice. Where
a process folds while another one sends, some of what was folded may be told twice, once alone and once in the count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gex_assets.errors import GexError, LakeError
from gex_assets.lake.filesystem import FileSystem
from gex_assets.lake.keys import ledger_key
from gex_assets.lake.notes.ledger import change_ledger, read_ledger
from gex_assets.notices.failures import folded
from gex_assets.notices.notice import Notice
from gex_assets.wording import counted

__all__ = ["ChannelState", "Outbox", "Waiting"]

LEDGER: Final = "notices"
_MOST_TOLD: Final = 2_000
"""Keys of told notices that are kept for each channel; the oldest go first."""
_MOST_WAITING: Final = 500
"""Notices that wait for one channel; above that they are folded."""
_LEFT_OUT: Final = "left_out"
"""The field of a notice that stands for others that are not told: how many."""
_GROUPS_S: Final = 24 * 3_600
"""For so long it is known that something of a group was told. [s]"""
MOST_AGE_S: Final = 48 * 3_600
"""A notice that waits for longer is of no use. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A notice that waits for a channel.

    Attributes
    ----------
    since : when it was put there. [UNIX s]
    is_held : whether that was in quiet hours.
    """

    notice: Notice
    since: int
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """What is kept of a channel.

    Attributes
    ----------
    waiting : the oldest first.
    sent_at : when the last notices were sent. [UNIX s]
    not_before : until when the channel is left alone. [UNIX s]
    failures : attempts in a row that failed.
    trouble : why the last attempt failed, in words without any address; empty where it did not.
    groups : when something of a group was told last, of the last day. [UNIX s]
    """

    waiting: tuple[Waiting, ...] = ()
    sent_at: tuple[int, ...] = ()
    not_before: int = 0
    failures: int = 0
    trouble: str = ""
    groups: Mapping[str, int] = field(default_factory=dict)


class Outbox:
    """The outbox of a lake."""

    def __init__(self, fs: FileSystem) -> None:
        self._fs = fs

    def state(self, channel: str) -> ChannelState:
        """What is kept of a channel.

        Raises
        ------
        LakeError
            It cannot be read.
        """
        kept = _channel(read_ledger(self._fs, LEDGER), channel)
        try:
            return ChannelState(
                waiting=tuple(
                    Waiting(notice=Notice.restored(one["notice"]), since=int(one["since"]), is_held=bool(one["is_held"]))
                    for one in kept["waiting"].values()
                ),
                sent_at=tuple(kept["sent_at"]),
                not_before=kept["not_before"],
                failures=kept["failures"],
                trouble=kept["trouble"],
                groups=kept["groups"],
            )
        except (KeyError, TypeError, ValueError, AttributeError, GexError) as error:
            raise LakeError(_unreadable(error)) from error

    def put(self, notices: Iterable[Notice], channels: Sequence[str], *, now: datetime, is_quiet: bool) -> int:
        """Let notices wait for each channel that has not got them and for which they do not wait yet.

        Returns
        -------
        How many are new for at least one channel.

        Raises
        ------
        LakeError
            The lake cannot be written.
        """
        given = {one.key: one for one in notices}
        since, new = int(now.timestamp()), set[str]()

        def with_new(kept: dict[str, Any]) -> dict[str, Any]:
            new.clear()
            for channel in channels:
                state = _channel(kept, channel)
                fresh = {
                    key: {"notice": one.kept(), "since": since, "is_held": is_quiet}
                    for key, one in given.items()
                    if key not in state["told"] and key not in state["waiting"]
                }
                new.update(fresh)
                if fresh:
                    state["order"] += [*fresh]
                    state["waiting"] |= fresh
                    _make_room(state, at=since)
                    kept[channel] = state
            return kept

        if given and channels:
            change_ledger(self._fs, LEDGER, with_new)
        return len(new)

    def told(self, channel: str, keys: Sequence[str], *, now: datetime) -> None:
        """A channel took notices in one message."""
        at = int(now.timestamp())

        def change(state: dict[str, Any]) -> None:
            groups = {state["waiting"][key]["notice"].get("group", "") for key in keys if key in state["waiting"]} - {""}
            state["groups"] = {name: then for name, then in state["groups"].items() if then > at - _GROUPS_S}
            state["groups"] |= dict.fromkeys(groups, at)
            _forget(state, keys)
            state["told"] |= dict.fromkeys(keys, at)
            newest = sorted(state["told"].items(), key=lambda item: (item[1], item[0]))[-_MOST_TOLD:]
            state["told"] = dict(newest)
            state["sent_at"] = [one for one in state["sent_at"] if one > at - 60] + [at]
            state.update(failures=0, trouble="", not_before=0)

        self._change(channel, change)

    def dropped(self, channel: str, keys: Sequence[str], *, now: datetime, why: str) -> None:
        """Notices that the channel will never take, or that are too old, wait no longer. They count as told."""
        at = int(now.timestamp())

        def change(state: dict[str, Any]) -> None:
            _forget(state, keys)
            state["told"] |= dict.fromkeys(keys, at)
            state["trouble"] = why

        self._change(channel, change)

    def failed(self, channel: str, *, not_before: datetime, why: str) -> None:
        """An attempt failed: the channel is left alone until a moment."""

        def change(state: dict[str, Any]) -> None:
            state["failures"] += 1
            state.update(not_before=int(not_before.timestamp()), trouble=why)

        self._change(channel, change)

    def _change(self, channel: str, change: Callable[[dict[str, Any]], None]) -> None:
        def changed(kept: dict[str, Any]) -> dict[str, Any]:
            state = _channel(kept, channel)
            change(state)
            return kept | {channel: state}

        change_ledger(self._fs, LEDGER, changed)


def _channel(kept: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """A copy of what is kept of a channel, with nothing missing.

    The ledger sorts its keys, so `order` says which of the waiting is older.
    """
    found = kept.get(channel, {})
    try:
        waiting = dict(found.get("waiting", {}))
        order = [key for key in found.get("order", []) if key in waiting]
        return {
            "told": {str(key): int(at) for key, at in dict(found.get("told", {})).items()},
            "waiting": {key: waiting[key] for key in order},
            "order": order,
            "sent_at": [int(at) for at in found.get("sent_at", [])],
            "not_before": int(found.get("not_before", 0)),
            "failures": int(found.get("failures", 0)),
            "trouble": str(found.get("trouble", "")),
            "groups": {str(name): int(at) for name, at in dict(found.get("groups", {})).items()},
        }
    except (TypeError, ValueError, AttributeError) as error:
        raise LakeError(_unreadable(error)) from error


def _forget(state: dict[str, Any], keys: Sequence[str]) -> None:
    gone = set(keys)
    state["waiting"] = {key: one for key, one in state["waiting"].items() if key not in gone}
    state["order"] = [key for key in state["order"] if key not in gone]


def _make_room(state: dict[str, Any], *, at: int) -> None:
    """Fold notices until no more wait than may.

    Parameters
    ----------
    at : the time now. [UNIX s]
    """
    while len(state["order"]) > _MOST_WAITING:
        notices = {key: Notice.restored(state["waiting"][key]["notice"]) for key in state["order"]}
        failures: dict[str, list[str]] = {}
        for key, one in notices.items():
            if one.kind == "failure":
                failures.setdefault(one.group, []).append(key)
        keys = max(failures.values(), key=len, default=[])
        if len(keys) < 2:  # groups of one each
            keys = [key for of_group in failures.values() for key in of_group]
        if len(keys) > 1:
            notice = folded([notices[key] for key in keys])
        else:
            others = [key for key in state["order"] if key not in keys]
            keys = others[: len(state["order"]) - _MOST_WAITING + 1]
            notice = _left_out([notices[key] for key in keys])
        _put_in_place(state, keys, notice)
        state["told"] |= dict.fromkeys(keys, at)


def _put_in_place(state: dict[str, Any], keys: Sequence[str], notice: Notice) -> None:
    """Let one notice wait in place of others. It is as old as the latest of them: it is of use for as long as that one."""
    gone = [state["waiting"][key] for key in keys]
    kept = {
        "notice": notice.kept(),
        "since": max(int(one["since"]) for one in gone),
        "is_held": all(one["is_held"] for one in gone),
    }
    state["order"][state["order"].index(keys[0])] = notice.key
    state["waiting"][notice.key] = kept
    _forget(state, keys)


def _left_out(notices: Sequence[Notice]) -> Notice:
    count = sum(int(one.fields.get(_LEFT_OUT, 1)) for one in notices)
    return Notice(
        kind="text",
        identity=(_LEFT_OUT, *(one.key for one in notices)),
        title=f"{counted(count, 'notice')} left out",
        lines=(f"more than {_MOST_WAITING} waited for this channel",),
        fields={_LEFT_OUT: count},
    )


def _unreadable(error: Exception) -> str:
    return (
        f"Expected notices that wait and were told in {ledger_key(LEDGER)}, was {type(error).__name__}: {error}: "
        "remove the file to begin again"
    )
