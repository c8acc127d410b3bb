"""The whole Dagster graph as text, one attribute a line: what its snapshot holds."""

from collections.abc import Iterable, Iterator

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph  # has no public name


def describe(definitions: dg.Definitions) -> str:
    """Return every attribute that an operator relies on, each line beginning with its owner."""
    graph = definitions.resolve_asset_graph()
    lines = [
        *_assets(graph),
        *_checks(graph),
        *_jobs(definitions, graph),
        *_schedules(definitions),
        *_sensors(definitions),
        *(f"resource {name}" for name in sorted(definitions.resources or {})),
    ]
    return "\n".join(lines)


def _assets(graph: AssetGraph) -> Iterator[str]:
    for key in _sorted(graph.get_all_asset_keys()):
        asset, name = graph.get(key), f"asset {key.to_user_string()}"
        yield from _attributes(
            name,
            execution=asset.execution_type.value.lower(),
            group=asset.group_name,
            kinds=_listed(asset.kinds),
            owners=_listed(asset.owners),
            description="yes" if asset.description else None,
            pools=_listed(asset.pools),
            partitions=asset.partitions_def,
            backfill=asset.backfill_policy,
            freshness=asset.freshness_policy,
            automation=asset.automation_condition,
            io_manager=asset.io_manager_key,
        )
        yield from (
            f"{name} reads {parent.to_user_string()}" for parent in _sorted(asset.parent_keys)
        )


def _checks(graph: AssetGraph) -> Iterator[str]:
    for key in sorted(graph.asset_check_keys, key=lambda key: key.to_user_string()):
        check, name = graph.get(key), f"check {key.to_user_string()}"
        yield f"{name} {'blocks' if check.blocking else 'does not block'}"
        others = _sorted(graph.get(key).parent_entity_keys - {key.asset_key})
        yield from (f"{name} reads {other.to_user_string()}" for other in others)


def _jobs(definitions: dg.Definitions, graph: AssetGraph) -> Iterator[str]:
    for name in sorted(job.name for job in definitions.jobs or []):
        job = definitions.resolve_job_def(name)
        assets = set(job.asset_layer.executable_asset_keys)
        ops = [] if assets else sorted(job.nodes, key=lambda node: node.name)
        is_whole = assets == set(graph.executable_asset_keys)
        yield from _attributes(
            f"job {name}",
            assets="all" if is_whole else _listed(key.to_user_string() for key in assets),
            partitions=job.partitions_def,
            executor=job.executor_def.name,
            retries=job.op_retry_policy,
            tags=_listed(f"{tag}={value}" for tag, value in job.tags.items()),
        )
        yield from (f"job {name} op {op.name} pool: {op.definition.pool or 'none'}" for op in ops)


def _schedules(definitions: dg.Definitions) -> Iterator[str]:
    for schedule in sorted(definitions.schedules or [], key=lambda schedule: schedule.name):
        yield from _attributes(
            f"schedule {schedule.name}",
            job=schedule.job_name,
            cron=schedule.cron_schedule,
            timezone=schedule.execution_timezone,
            default=schedule.default_status.value.lower(),
        )


def _sensors(definitions: dg.Definitions) -> Iterator[str]:
    for sensor in sorted(definitions.sensors or [], key=lambda sensor: sensor.name):
        yield from _attributes(
            f"sensor {sensor.name}",
            type=sensor.sensor_type.value.lower(),
            jobs=_listed(target.job_name for target in sensor.targets),
            seconds=sensor.minimum_interval_seconds,
            default=sensor.default_status.value.lower(),
        )


def _attributes(name: str, **attributes: object) -> Iterator[str]:
    for attribute, value in attributes.items():
        yield f"{name} {attribute}: {'none' if value is None else value}"


def _sorted(keys: Iterable[dg.AssetKey]) -> list[dg.AssetKey]:
    return sorted(keys, key=lambda key: key.to_user_string())


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(sorted(names)) or None
