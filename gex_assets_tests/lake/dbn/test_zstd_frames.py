from __future__ import annotations

import random

import pytest
import zstandard

from gex_assets.lake.dbn.zstd_frames import FrameWalk
from gex_assets_tests.twins.dbn_reader import RefusedError, frame_end

SKIPPABLE = (0x184D2A53).to_bytes(4, "little") + (7).to_bytes(4, "little") + b"skipped"


def framed(content: bytes, dice: random.Random) -> bytes:
    """One frame, with any of the header's forms: checksum or not, size stated or not, one segment or a window, small blocks."""
    checksum, sized = dice.random() < 0.5, dice.random() < 0.5
    if sized:
        return zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=dice.random() < 0.8).compress(content)
    frame = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=False).compressobj()
    parts = []
    while content:
        step = dice.randrange(1, 200_000)
        parts.append(frame.compress(content[:step]))
        parts.append(frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
        content = content[step:]
    return b"".join(parts) + frame.flush()


def made(seed: int) -> tuple[bytes, list[int]]:
    """A few frames, and where each ends."""
    dice = random.Random(seed)
    whole, ends = b"", []
    for _ in range(dice.randrange(1, 5)):
        length = dice.choice([0, 1, 300, 70_000, 400_000])
        content = dice.choice([dice.randbytes(length), bytes(length), b"ab" * (length // 2)])
        whole += dice.choice([framed(content, dice)] * 4 + [SKIPPABLE])
        ends.append(len(whole))
    return whole, ends


@pytest.mark.parametrize("seed", range(40))
def test_frames_end_where_the_slow_twin_says(seed: int) -> None:
    dice = random.Random(seed)
    whole, ends = made(seed)
    walk, at, between = FrameWalk(), 0, set()
    while at < len(whole):
        # Single bytes around an end, and wherever a header may stand.
        near = at < 40 or min(abs(at - end) for end in ends) < 12
        step = 1 if near else min(dice.choice([1, 3, 900, 131_072]), min(end for end in ends if end > at) - at - 8)
        step = max(step, 1)
        walk.see(whole[at : at + step])
        at += step
        if walk.is_between_frames:
            between.add(at)
    assert between == set(ends)
    assert walk.frames == sum(whole[start : start + 4] != SKIPPABLE[:4] for start in [0, *ends[:-1]])
    starts = [0, *ends[:-1]]
    found = [frame_end(whole, start)[0] for start in starts if whole[start : start + 4] != SKIPPABLE[:4]]
    assert found == [end for start, end in zip(starts, ends, strict=True) if whole[start : start + 4] != SKIPPABLE[:4]]


@pytest.mark.parametrize("seed", range(20))
def test_chunks_of_any_size_say_the_same(seed: int) -> None:
    whole, ends = made(seed)
    cut = whole[: random.Random(seed).randrange(len(whole) + 1)]
    for size in (1, 2, 5, 4_096, 131_072) if len(cut) < 50_000 else (4_096, 131_072):
        walk = FrameWalk()
        for at in range(0, len(cut), size):
            walk.see(cut[at : at + size])
        assert walk.is_between_frames == (not cut or len(cut) in ends)
        starts = zip([0, *ends[:-1]], ends, strict=True)
        assert walk.frames == sum(end <= len(cut) and whole[start : start + 4] != SKIPPABLE[:4] for start, end in starts)


@pytest.mark.parametrize("log", [10, 17, 21, 27, 28, 31])
def test_the_window_that_a_frame_asks_for_is_read(log: int) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=log, enable_ldm=False, write_content_size=False)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    walk = FrameWalk()
    walk.see(SKIPPABLE + frame.compress(b"content") + frame.flush())
    assert (walk.window_bytes, walk.frames) == (1 << log, 1)


@pytest.mark.parametrize("size", [1, 200, 300, 65_791, 65_792, 70_000])
def test_the_window_of_a_frame_of_one_segment_is_its_content(size: int) -> None:
    walk = FrameWalk()
    walk.see(zstandard.ZstdCompressor().compress(bytes(size)))
    assert walk.window_bytes == size


def test_what_begins_like_no_frame_is_never_left() -> None:
    walk = FrameWalk()
    walk.see(b"\0" * 4)
    walk.see(zstandard.ZstdCompressor().compress(b"a frame"))
    assert not walk.is_between_frames
    assert walk.frames == 0
    with pytest.raises(RefusedError):
        frame_end(b"\0" * 4, 0)
