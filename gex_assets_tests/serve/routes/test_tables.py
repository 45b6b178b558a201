"""Rows over HTTP are the rows of the tables: in every format, thinned, chosen, and page by page."""

from __future__ import annotations

import io
import math
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pytest

from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import TABLES
from gex_assets.serve.routes.row_models import page_model
from gex_assets.serve.table_specs import SPECS
from gex_assets.time_units import WINDOW_NS
from gex_assets_tests.serve.servers import Client

DAY = date(2026, 1, 6)
IDS = [spec.path for spec in SPECS]


def stored(lake: Path, name: str) -> pa.Table:
    return Lake(lake).open(name, product="ES", day=DAY).read()


def all_pages(served: Client, path: str, *, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = served.json(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}")
        assert len(page["rows"]) <= limit
        rows += page["rows"]
        if page["next"] is None:
            return rows
        cursor = f"&cursor={page['next']}"


def in_order(served: Client, path: str) -> pa.Table:
    answer = served.ask(f"{path}&format=arrow&limit=20000")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream", answer.body
    return pa.ipc.open_stream(answer.plain).read_all()


def test_arrow_has_the_rows_of_the_table_in_its_types(served: Client, published: Path) -> None:
    for name, path in (("silver_gex_levels", "levels"), ("regime_scores", "regimes"), ("silver_forward", "forward")):
        found, expected = in_order(served, f"/v1/{path}/ES?date={DAY}"), stored(published, name)
        assert found.column_names == ["date", *expected.column_names]
        assert found.drop_columns(["date"]).cast(expected.schema).equals(expected)


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_every_format_has_the_same_numbers(served: Client, spec: Any) -> None:
    path = f"/v1/{spec.path}/ES?limit=200"
    arrow = pa.ipc.open_stream(served.ask(f"{path}&format=arrow").plain).read_all()
    rows = served.json(f"{path}&times=ns")["rows"]
    text = served.ask(path, Accept="text/csv").plain
    csv = pcsv.read_csv(io.BytesIO(b"".join(line for line in text.splitlines(keepends=True) if not line.startswith(b"#"))))
    assert len(rows) == arrow.num_rows == csv.num_rows
    for name in arrow.column_names:
        expected = arrow[name].to_pylist()
        of_json = [row[name] for row in rows]
        assert all(map(equal, of_json, expected)), name
        if not pa.types.is_nested(arrow[name].type):
            assert all(map(equal, csv[name].to_pylist(), expected)), name


def equal(found: Any, expected: Any) -> bool:
    if isinstance(expected, date):
        return str(found) == expected.isoformat()
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(equal, found, expected))
    if isinstance(expected, float):
        return found is None if math.isnan(expected) else found is not None and float(found) == expected
    if isinstance(found, str) and isinstance(expected, int):
        return found == str(expected)
    return (found in (None, "")) if expected is None else found == expected


@pytest.mark.parametrize("limit", [1, 7, 150])
def test_pages_join_to_the_whole(served: Client, limit: int) -> None:
    path = f"/v1/levels/ES?convention=flow,field&scope=selected&columns=net_gex&every={12 if limit == 1 else 1}"
    whole = served.json(f"{path}&limit=20000")["rows"]
    assert len(whole) > limit
    assert all_pages(served, path, limit=limit) == whole


def test_a_range_of_time_and_every_minute(served: Client, published: Path) -> None:
    rows = stored(published, "silver_gex_levels")
    found = in_order(served, f"/v1/levels/ES?date={DAY}&since=14:30&until=14:33:00.000000001&every=12&convention=magic8")
    ends = rows["ts_window_end"]
    start = pa.scalar(1767709800_000_000_000)
    kept = pc.and_(pc.greater_equal(ends, start), pc.less_equal(ends, pc.add(start, pa.scalar(180_000_000_000))))
    kept = pc.and_(kept, pc.equal(rows["convention"].cast(pa.string()), "magic8"))
    expected = [one for one in rows.filter(kept)["ts_window_end"].to_pylist() if one % (12 * WINDOW_NS) == 0]
    assert found["ts_window_end"].to_pylist() == expected
    assert len(set(expected)) == 4


def test_moments_in_every_form_mean_the_same(served: Client) -> None:
    bodies = [
        served.json(f"/v1/forward/ES?date={DAY}&since={since}&until=14:31")["rows"]
        for since in ("14:30", "14:30:00", "2026-01-06T14:30:00Z", "2026-01-06T08:30:00.000-06:00", "1767709800000000000")
    ]
    assert bodies[0]
    assert all(body == bodies[0] for body in bodies)


def test_strikes_and_expirations_of_the_chain(served: Client, published: Path) -> None:
    rows = stored(published, "silver_gex_chain")
    strikes = sorted(set(rows["strike"].to_pylist()))
    low, high = strikes[3], strikes[5]
    found = in_order(served, f"/v1/chain/ES?date={DAY}&strike_from={low}&strike_to={high}&columns=gamma&every=12")
    assert sorted(set(found["strike"].to_pylist())) == strikes[3:6]
    assert served.json(f"/v1/chain/ES?date={DAY}&expiration=2031-01-01&limit=1")["rows"] == []
    expiration = page_of_first(served)["ts_expiration"][:10]
    assert len(served.json(f"/v1/chain/ES?date={DAY}&expiration={expiration}&limit=5")["rows"]) == 5


def page_of_first(served: Client) -> dict[str, Any]:
    return dict(served.json(f"/v1/chain/ES?date={DAY}&limit=1")["rows"][0])


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_every_answer_says_what_its_numbers_mean(served: Client, spec: Any) -> None:
    page = served.json(f"/v1/{spec.path}/ES?limit=3")
    page_model(TABLES[spec.name]).model_validate(page)
    units = {one["name"]: one["unit"] for one in page["columns"]}
    assert units == {"date": "", **{column.name: column.unit for column in TABLES[spec.name].columns}}
    for facts in page["conventions"]:
        assert facts["convention"]
        if "scale" in units:
            assert facts["unit"]
    if page["rows"] and page["known_since"]["column"]:
        assert page["known_since"]["latest"] == max(row[page["known_since"]["column"]] for row in page["rows"])
    text = served.ask(f"/v1/{spec.path}/ES?limit=3&format=csv").plain.decode()
    for word in ("# conventions: ", "# known_since: ", "# units: "):
        assert word in text
    assert not served.ask(f"/v1/{spec.path}/ES?limit=3&format=csv&notes=false").plain.startswith(b"#")
    said = pa.ipc.open_stream(served.ask(f"/v1/{spec.path}/ES?limit=3&format=arrow").plain).schema
    assert {b"conventions", b"known_since"} <= set(said.metadata)
    assert all(field.metadata[b"unit"].decode() == units[field.name] for field in said)


@pytest.mark.parametrize("spec", SPECS, ids=IDS)
def test_examples_of_the_documentation_are_rows(spec: Any) -> None:
    assert set(spec.example) <= {"date", *TABLES[spec.name].column_names}


def test_chosen_columns_come_with_the_key_and_the_convention(served: Client) -> None:
    row = served.json("/v1/levels/ES?columns=call_wall&limit=1")["rows"][0]
    assert {*TABLES["silver_gex_levels"].key, "date", "scale", "weight_used", "call_wall"} <= set(row)
    assert "put_wall" not in row


def test_an_etag_says_that_nothing_has_changed(served: Client) -> None:
    first = served.ask("/v1/levels/ES?limit=5")
    again = served.ask("/v1/levels/ES?limit=5", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    for other in ("/v1/levels/ES?limit=6", "/v1/levels/ES?limit=5&times=ns", "/v1/levels/ES?limit=5&format=csv"):
        assert served.ask(other, If_None_Match=first.headers["etag"]).status == 200


@pytest.mark.parametrize(
    ("accepted", "used"), [("gzip", "gzip"), ("gzip, zstd", "zstd"), ("br", None), ("", None), ("zstd;q=0", None)]
)
def test_answers_are_compressed_as_the_reader_accepts(served: Client, accepted: str, used: str | None) -> None:
    plain = served.ask("/v1/levels/ES?limit=50")
    packed = served.ask("/v1/levels/ES?limit=50", Accept_Encoding=accepted)
    assert packed.headers.get("content-encoding") == used
    assert packed.plain == plain.body
    if used:
        assert len(packed.body) < len(plain.body) / 2


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("text/html, application/json;q=0.5", "application/json"),
        ("*/*", "application/json"),
        ("application/vnd.apache.arrow.stream;q=0.9, text/csv;q=0.1", "application/vnd.apache.arrow.stream"),
    ],
)
def test_accept_chooses_the_format(served: Client, accept: str, kind: str) -> None:
    assert served.ask("/v1/regimes/ES?limit=1", Accept=accept).headers["content-type"].startswith(kind)


def test_head_is_get_without_a_body(served: Client) -> None:
    head, get = served.ask("/v1/levels/ES?limit=5", method="HEAD"), served.ask("/v1/levels/ES?limit=5")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("levels/ES?date=2026-01-09", 404, "days are 2026-01-06 to 2026-01-06"),
        ("levels/NQ", 404, "products are ['ES']"),
        ("levels/es", 422, "product"),
        ("levels/..%2f..%2fetc", 404, "path"),
        ("levels/ES?date=2026-02-30", 422, "2026-02-30"),
        ("levels/ES?date=2026-01-06&from=2026-01-06", 422, "both"),
        ("levels/ES?from=2026-01-07&to=2026-01-06", 422, "exchange"),
        ("levels/ES?since=14:30&from=2026-01-05&to=2026-01-07", 200, ""),
        ("levels/ES?since=25:00", 422, "since"),
        ("levels/ES?since=14:31&until=14:30", 422, "until"),
        ("levels/ES?columns=net_gexx", 422, "did you mean net_gex"),
        ("levels/ES?columns=net_gex;DROP", 422, "columns"),
        ("levels/ES?limit=0", 422, "limit"),
        ("levels/ES?limit=1000000", 422, "limit"),
        ("levels/ES?every=-1", 422, "every"),
        ("levels/ES?wrong=1", 422, "wrong"),
        ("levels/ES?cursor=AAAA", 400, "cursor"),
        ("levels/ES?cursor=%00", 422, "cursor"),
        ("levels/ES?format=xml", 422, "format"),
        ("feature-names/ES?since=14:30", 422, "no moments"),
        ("chain/ES?strike_from=nan", 422, "strike_from"),
        ("chain/ES?strike_from=7000&strike_to=6900", 422, "exchange them"),
        ("chain/ES?expiration=2026-13-01", 422, "expiration"),
        ("schema/raw_option_mbo", 404, "table"),
        ("nothing", 404, "path"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_what_to_do(served: Client, path: str, status: int, words: str) -> None:
    if status == 200:
        assert served.ask(f"/v1/{path}").status == 200
    else:
        assert words in served.problem(f"/v1/{path}", status)


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/v1?wrong=1&odd=2", "no parameters"),
        ("/v1/schema/silver_gex?wrong=1&odd=2", "no parameters"),
        ("/v1/days?wrong=1&odd=2", "parameters of product, from, to, limit"),
        ("/v1/levels/ES?wrong=1&odd=2&limit=1", "parameters of date, from, to, since, until, every, columns, limit"),
        ("/v1/levels/ES/latest?wrong=1&odd=2", "parameters of convention, scope, date"),
        ("/v1/stream?wrong=1&odd=2", "parameters of product, date"),
        (f"/v1/replay/ES/{DAY}?wrong=1&odd=2", "parameters of speed, from, stride"),
    ],
)
def test_unknown_parameters_are_named_with_the_known_ones(served: Client, path: str, known: str) -> None:
    said = served.problem(path, 422)
    assert said.startswith(f"Expected {known}")
    assert "was wrong, odd:" in said


def test_a_cursor_belongs_to_its_request(served: Client) -> None:
    cursor = served.json("/v1/levels/ES?limit=1&columns=net_gex")["next"]
    assert "others" in served.problem(f"/v1/levels/ES?limit=1&columns=call_wall&cursor={cursor}", 400)
    assert served.ask(f"/v1/levels/ES?limit=9&columns=net_gex&cursor={cursor}").status == 200


def test_other_methods_are_refused(served: Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert "read-only" in served.problem("/v1/levels/ES", 405, method=method)


def test_an_unacceptable_format_is_a_problem(served: Client) -> None:
    assert "text/csv" in served.problem("/v1/levels/ES", 406, Accept="image/png")


def test_a_convention_that_nobody_knows_is_refused_and_the_known_are_named(served: Client) -> None:
    answer = served.ask("/v1/levels/ES?convention=field,fields")
    assert answer.status == 422
    assert b"Expected a convention of field, " in answer.plain
    assert b"was fields: did you mean field?" in answer.plain
