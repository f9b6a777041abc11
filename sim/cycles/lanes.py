"""Which lanes an engine has in a layer, and how they take activations."""

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lanes import Lanes
from zeroleap.hw.late_queue import LateQueue
from zeroleap.hw.matcher import Matcher
from zeroleap.hw.sparse_lanes import SparseLanes
from zeroleap.sim.cycles.in_step import InStep, InStepTogether, Sets
from zeroleap.sim.cycles.lane_times import LaneTimes
from zeroleap.sim.cycles.on_their_own import OnTheirOwn
from zeroleap.sim.cycles.one_by_one import OneByOne
from zeroleap.sim.cycles.relayed import Relayed

__all__ = ["lane_times"]


def lane_times(config: EngineConfig, *, channelwise: bool, shared: bool) -> list[LaneTimes]:
    """Return the lanes of each front end that is used, empty, at the start of a layer."""
    fronts = _lane_times(config, channelwise=channelwise, shared=shared)
    return [Relayed(lanes) for lanes in fronts] if config.queue_depth else fronts


def _lane_times(config: EngineConfig, *, channelwise: bool, shared: bool) -> list[LaneTimes]:
    depth = config.queue_depth
    if config.sparsity != "both":
        assert Lanes.BLOCK_STAGES == 1
        if shared:
            return [InStepTogether(config.groups, depth)]
        if channelwise:
            return [Sets(config.lane_sets, depth) for _ in range(config.groups)]
        return [InStep(depth) for _ in range(config.groups)]
    stages, matches = SparseLanes.BLOCK_STAGES - LateQueue.LATENCY, Matcher.MATCHES
    if shared:
        return [OnTheirOwn(config.lanes, depth, stages, matches, config.groups)]
    kind = OneByOne if channelwise else OnTheirOwn
    return [kind(config.group_lanes, depth, stages, matches) for _ in range(config.groups)]
