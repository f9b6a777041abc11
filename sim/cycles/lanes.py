"""Which lanes an engine has in a layer, and how they take activations."""

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.late_queue import LateQueue
from zeroleap.hw.matcher import Matcher
from zeroleap.hw.sparse_lanes import SparseLanes
from zeroleap.sim.cycles.in_step import InStep, Sets
from zeroleap.sim.cycles.lane_times import LaneTimes
from zeroleap.sim.cycles.on_their_own import OnTheirOwn
from zeroleap.sim.cycles.one_by_one import OneByOne
from zeroleap.sim.cycles.relayed import Relayed
from zeroleap.sim.cycles.together import Together

__all__ = ["lane_times"]


def lane_times(config: EngineConfig, *, channelwise: bool, shared: bool) -> list[LaneTimes]:
    """Return the lanes of each front end that is used, empty, at the start of a layer."""
    groups = [_group(config, channelwise=channelwise) for _ in range(config.groups)]
    if config.queue_depth:
        groups = [Relayed(lanes) for lanes in groups]
    return [Together(groups)] if shared else groups


def _group(config: EngineConfig, *, channelwise: bool) -> LaneTimes:
    depth = config.queue_depth
    if config.sparsity != "both":
        assert Lanes.BLOCK_STAGES == 1
        return Sets(config.lane_sets, depth) if channelwise else InStep(depth)
    stages, matches = SparseLanes.BLOCK_STAGES - LateQueue.LATENCY, Matcher.MATCHES
    kind = OneByOne if channelwise else OnTheirOwn
    return kind(config.group_lanes, depth, stages, matches)
