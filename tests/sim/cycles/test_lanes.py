"""When lanes take activations and are done, against a lane that is stepped cycle by cycle."""

from types import SimpleNamespace

import numpy as np
import pytest

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lane import Lane
from zeroleap.hw.picker import Picker
from zeroleap.sim.cycles.lanes import DONE, InStep, OneByOne, OnTheirOwn, lane_times

SEED = 4
END = "end"


class SteppedLane:
    """A queue, stages that hold a block each, and the block whose turn it is.

    As its parts say: what is queued may be taken a cycle later; an activation's blocks enter the
    first stage one a cycle; a stage is given on when the next is free or becomes so; the last stage
    loses a block with nothing to multiply at once; a turn takes a cycle a product, the end one, not
    before the other bank is open.
    """

    def __init__(self, depth, stages, opens):
        self.depth = depth
        self.opens = opens  # for each end
        self.queue = []  # (cycle, blocks)
        self.blocks = []  # of the activation that was taken, which have not entered
        self.stages = [None] * stages
        self.turn, self.left = None, 0
        self.ended = []  # the turns of ends

    def has_room(self):
        return len(self.queue) < self.depth

    def step(self, cycle, given):
        """Do one cycle, in which the blocks ``given`` may be queued."""
        if self.turn == END:
            is_free = cycle >= self.opens[len(self.ended)]
            if is_free:
                self.ended.append(cycle)
        else:
            is_free = self.turn is None or self.left == 1
        self.left -= 1
        arrived, stages = None, list(self.stages)
        if stages[-1] == 0:
            stages[-1] = None
        elif stages[-1] is not None and is_free:
            arrived, stages[-1] = stages[-1], None
        for index in reversed(range(len(stages) - 1)):
            if stages[index + 1] is None:
                stages[index + 1], stages[index] = stages[index], None
        if stages[0] is None:
            if not self.blocks and self.queue and self.queue[0][0] < cycle:
                self.blocks = list(self.queue.pop(0)[1])
            if self.blocks:
                stages[0] = self.blocks.pop(0)
        self.stages = stages
        if is_free:
            self.turn = arrived
            self.left = arrived if isinstance(arrived, int) else 1
        if given is not None:
            self.queue.append((cycle, given))


def stepped(lanes, activations):
    """Step lanes until all is done; ``activations`` are (not before, lanes, blocks of each lane).

    Returns the cycles in which they were given, and those in which the last lane ended each tile.
    """
    given, cycle, waiting = [], 0, list(activations)
    while any(len(lane.ended) < len(lane.opens) for lane in lanes):
        first, targets, blocks = waiting[0] if waiting else (None, (), ())
        goes = bool(waiting) and cycle >= first and all(lanes[at].has_room() for at in targets)
        if goes:
            given.append(cycle)
            waiting.pop(0)
        for at, lane in enumerate(lanes):
            lane.step(cycle, blocks[at] if goes and at in targets else None)
        cycle += 1
        assert cycle < 100_000
    return given, [max(turns) for turns in zip(*(lane.ended for lane in lanes), strict=True)]


def timed(lanes, tiles):
    """Do the same with the lanes under test.

    Tiles are (work, lane of each activation, cycles before which they and the end do not come, and
    the cycle in which the other bank is open).
    """
    given, done = [-1], []
    for work, owners, firsts, is_open in tiles:
        lanes.begin(SimpleNamespace(work=work, lane=owners))
        for activation, first in enumerate(firsts[:-1]):
            given.append(max(first, lanes.room(activation), given[-1] + 1))
            lanes.give(activation, given[-1])
        given.append(max(firsts[-1], lanes.room_for_end(), given[-1] + 1))
        done.append(lanes.end(given[-1], is_open) - DONE)
    return given[1:], done


def one(work, firsts, is_open=0):
    """A tile of one activation for one lane."""
    return [(np.array([work]), np.zeros(1, int), firsts, is_open)]


def test_an_activation_by_hand():
    """Given in 10, taken in 11, in the walker in 12, two stages more, its turn in 15 for 3 cycles.

    The end is given in 11, waits behind it and has its turn in 18.
    """
    assert timed(OnTheirOwn(1, 4, 3), one([[3]], [10, 11])) == ([10, 11], [18])
    assert DONE == Picker.LATENCY + Lane.LATENCY + 1 == 9
    # one stage: the turn is in 13, and the end's in 16
    assert timed(InStep(4), one([[3]], [10, 11])) == ([10, 11], [16])


def test_a_block_without_products_takes_no_turn():
    """Of 5 blocks, one a cycle, only the last has its turn, in 19; the end in 21."""
    tiles = one([[0], [0], [0], [0], [2]], [10, 11])
    assert timed(OnTheirOwn(1, 4, 3), tiles) == ([10, 11], [21])


def test_the_end_waits_for_the_other_bank():
    for lanes in (OnTheirOwn(1, 4, 3), InStep(4)):
        assert timed(lanes, one([[3]], [10, 11], is_open=50)) == ([10, 11], [50])


def test_a_queue_of_two_takes_a_third_when_the_first_has_left():
    """Of 9 products each: the first has its turn in 15, when the second is in the last stage.

    Two stages are behind it and two places in the queue; so the sixth waits until the third block
    moves, when the second has its turn in 24, and enters in the cycle after the place is free.
    """
    work = np.full((7, 1, 1), 9)
    tiles = [(work, np.zeros(7, int), [10] * 8, 0)]
    given, _ = timed(OnTheirOwn(1, 2, 3), tiles)
    assert given[:6] == [10, 11, 12, 13, 14, 15]
    assert given[6] == 24


def random_tiles(random, blocks, lanes, empty, one_by_one=False):
    """Tiles whose activations come all at once, now and then or rarely, one behind the other."""
    tiles, start = [], 0
    for _ in range(4):
        count = int(random.integers(0, 16))
        most = random.choice([4, 17])
        work = random.integers(1, most, (count, blocks, 1 if one_by_one else lanes))
        work = np.where(random.random(work.shape) < empty, 0, work)
        gaps = random.integers(1, random.choice([2, 5, 40]), count + 1)
        firsts = (start + np.cumsum(gaps)).tolist()
        start = firsts[-1]
        is_open = start + int(random.integers(-50, 60))
        tiles.append((work, random.integers(0, lanes, count), firsts, is_open))
    return tiles


def activations_of(tiles, lanes, one_by_one=False):
    """Give the same as `stepped` takes it."""
    everyone = range(lanes)
    for work, owners, firsts, _ in tiles:
        for first, own, owner in zip(firsts[:-1], work.tolist(), owners.tolist(), strict=True):
            if one_by_one:
                yield first, (owner,), [[count for [count] in own]] * lanes
            else:
                yield first, everyone, [*zip(*own, strict=True)]
        yield firsts[-1], everyone, [[END]] * lanes


def check(times, tiles, depth, lanes, stages, one_by_one=False):
    opens = [is_open for *_, is_open in tiles]
    machine = [SteppedLane(depth, stages, opens) for _ in range(lanes)]
    assert timed(times, tiles) == stepped(machine, activations_of(tiles, lanes, one_by_one))


@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_lanes_in_step_are_as_one_that_is_stepped(depth, blocks):
    random = np.random.default_rng(SEED)
    for _ in range(15):
        check(InStep(depth), random_tiles(random, blocks, 1, 0), depth, 1, 1)


@pytest.mark.parametrize("empty", [0, 0.5, 0.95])
@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize("blocks", [1, 2, 5])
@pytest.mark.parametrize("lanes", [1, 3])
def test_lanes_on_their_own_wait_only_for_a_full_queue(lanes, blocks, depth, empty):
    random = np.random.default_rng(SEED)
    for _ in range(10):
        tiles = random_tiles(random, blocks, lanes, empty)
        check(OnTheirOwn(lanes, depth, 3), tiles, depth, lanes, 3)


@pytest.mark.parametrize("empty", [0, 0.5])
@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_activations_for_one_lane_wait_for_no_other(lanes, depth, empty):
    random = np.random.default_rng(SEED)
    for _ in range(10):
        tiles = random_tiles(random, 1, lanes, empty, one_by_one=True)
        check(OneByOne(lanes, depth, 3), tiles, depth, lanes, 3, one_by_one=True)


@pytest.mark.parametrize(
    ("sparsity", "channelwise", "kind"),
    [
        *(("none", False, InStep), ("activation", True, InStep)),
        *(("both", False, OnTheirOwn), ("both", True, OneByOne)),
    ],
)
def test_an_engine_has_its_kind_of_lanes(sparsity, channelwise, kind):
    config = EngineConfig(sparsity=sparsity, queue_depth=3)
    assert type(lane_times(config, channelwise=channelwise)) is kind
