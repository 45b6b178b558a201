"""All definitions of one installation, built from its settings, for the UI, the command line and the tests."""

import warnings
from datetime import date

import dagster as dg

from gex_assets.conventions import conventions
from gex_assets.defs.bronze import bronze_assets
from gex_assets.defs.checks import non_blocking_checks
from gex_assets.defs.gold import gold_assets
from gex_assets.defs.history import history_asset
from gex_assets.defs.jobs import jobs
from gex_assets.defs.notices.sensors import notice_sensors
from gex_assets.defs.pages.brief_page import brief_page_asset
from gex_assets.defs.pages.day_page import day_page_asset
from gex_assets.defs.pages.morning_brief import morning_brief
from gex_assets.defs.partitions import calendar_start, daily
from gex_assets.defs.premarket import premarket_assets
from gex_assets.defs.product_assets import ProductAssets
from gex_assets.defs.progress import progress_logger
from gex_assets.defs.raw import raw_assets
from gex_assets.defs.regime import regime_assets
from gex_assets.defs.resources import HeldDay, LakeResource
from gex_assets.defs.sensors import delivery_sensor
from gex_assets.defs.silver import silver_assets
from gex_assets.defs.upkeep.check_day import check_day_job, checks_after_failure
from gex_assets.defs.upkeep.history_after_days import history_after_days
from gex_assets.defs.upkeep.latest_day import latest_day_check, latest_day_sensor
from gex_assets.defs.upkeep.up_to_date import up_to_date_check
from gex_assets.market.products import product
from gex_assets.settings import Settings

__all__ = ["build_defs"]


def build_defs(
    settings: Settings, *, reaching: date | None = None, upkeep: bool = True, with_today: bool = False
) -> dg.Definitions:
    """The definitions of this installation.

    Parameters
    ----------
    reaching : a day that the calendar shall reach back to, see `partitions.calendar_start`.
    upkeep : whether there is what keeps days up to date: checks and sensors. `gex run` does without:
        `gex status` says the same after it.
    with_today : as of `partitions.daily`, for a run of the day that is still running.

    Raises
    ------
    SettingsError, SymbolError
        A user-defined convention or a product cannot be used.
    """
    conventions(settings.conventions)
    # The project needs checks by partition, which Dagster calls a preview; a test fails where an upgrade drops them.
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    partitions = daily(calendar_start(settings, reaching=reaching), with_today=with_today)
    definitions: list[dg.AssetsDefinition] = []
    checks: list[dg.AssetChecksDefinition] = []
    dateless: list[dg.AssetChecksDefinition] = []
    own_assets: list[tuple[ProductAssets, list[dg.AssetsDefinition]]] = []
    for name in settings.products:
        assets = ProductAssets(product=product(name).name, settings=settings, partitions=partitions)
        own = [*raw_assets(assets), *bronze_assets(assets), *premarket_assets(assets), *silver_assets(assets)]
        own += [*gold_assets(assets), *regime_assets(assets)]
        own += [day_page_asset(assets), brief_page_asset(assets)]
        definitions += [*own, history_asset(assets)]
        checks += non_blocking_checks(assets)
        checks += [up_to_date_check(assets)] if upkeep else []
        dateless += [latest_day_check(assets)] if upkeep else []
        own_assets.append((assets, own))
    keys = [key for definition in definitions for key in definition.keys]
    named = jobs(keys, products=settings.products, lake=settings.lake, without=dateless)
    sensors = [*(delivery_sensor(assets, own, named) for assets, own in own_assets), *notice_sensors(settings)]
    if upkeep:
        every = [assets for assets, _ in own_assets]
        named.append(check_day_job(every))
        sensors += [history_after_days(settings.products), latest_day_sensor(every)]
        sensors.append(checks_after_failure(named[-1], products=settings.products))
    return dg.Definitions(
        assets=definitions,
        asset_checks=[*checks, *dateless],
        jobs=named,
        schedules=[morning_brief(settings.products)],
        sensors=sensors,
        resources={"lake": LakeResource(root=str(settings.lake)), "held_day": HeldDay.of(settings)},
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, "progress": progress_logger},
    )
