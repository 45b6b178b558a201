"""The sensor on a lake: it requests a delivered day, no registered one, and a re-delivered one."""

from __future__ import annotations

import shutil

import dagster as dg

from gex_assets.defs.build import build_defs
from gex_assets.defs.resources import LakeResource
from gex_assets.lake.raw.deliveries import delivered as deliveries
from gex_assets.lake.tables import Lake
from gex_assets.schemas.registry import DAY_TABLES
from gex_assets_tests.conftest import DAY, settings_for


def tick(lake, cursor: str | None = None) -> dg.SensorResult:
    definitions = build_defs(settings_for(lake))
    (sensor,) = definitions.sensors
    context = dg.build_sensor_context(
        cursor=cursor, resources={"lake": LakeResource(root=str(lake))}, repository_def=definitions.get_repository_def()
    )
    return sensor(context)


def touch_all(lake) -> None:
    for path in lake.rglob("*.dbn.zst"):
        path.write_bytes(path.read_bytes())


def test_a_delivered_day_starts_one_run_over_everything_made_from_it(fresh):
    result = tick(fresh)
    asked = {request.partition_key: request for request in result.run_requests}
    # The day before has a file of statistics only; what is made from it needs the other tables, which it does not have yet.
    assert set(asked) == {DAY.isoformat(), DAY.replace(day=5).isoformat()}
    assert {key.to_user_string() for key in asked[DAY.isoformat()].asset_selection} == set(DAY_TABLES)
    assert {key.to_user_string() for key in asked[DAY.replace(day=5).isoformat()].asset_selection} == set(DAY_TABLES)
    assert tick(fresh, result.cursor).run_requests == []


def test_a_registered_day_is_left_alone_until_it_is_delivered_again(published, tmp_path):
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    quiet = tick(lake)
    assert DAY.isoformat() not in {request.partition_key for request in quiet.run_requests}
    touch_all(lake)
    (again,) = [request for request in tick(lake, quiet.cursor).run_requests if request.partition_key == DAY.isoformat()]
    assert again.run_key.startswith(DAY.isoformat())


def test_what_a_delivery_says_of_itself(published, tmp_path):
    lake = tmp_path / "lake"
    shutil.copytree(published, lake)
    found = {one.raw_table: one for one in deliveries(Lake(lake), product="ES") if one.day == DAY}
    assert set(found) == {name for name, table in DAY_TABLES.items() if table.layer == "raw"}
    assert all(one.complete and one.plausible and one.registered for one in found.values())
    (file,) = lake.rglob("*.definition.dbn.zst")
    file.write_bytes(b"")
    manifest = next(file.parent.glob("manifest.json"))
    manifest.write_text("{")
    later = {one.raw_table: one for one in deliveries(Lake(lake), product="ES") if one.day == DAY}["raw_option_definition"]
    assert (later.complete, later.plausible, later.registered) == (False, False, False)
    assert later.size_bytes == 0
