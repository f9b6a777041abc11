"""When lanes take activations and are done, against lanes that are stepped cycle by cycle.

Long streams are compared with lanes that are followed block by block, which those check too.
"""

import numpy as np
import pytest

from zeroleap.hw.config import EngineConfig
from zeroleap.hw.lane import Lane
from zeroleap.hw.picker import Picker
from zeroleap.sim.cycles.in_step import InStep, Sets
from zeroleap.sim.cycles.lane_times import DONE
from zeroleap.sim.cycles.lanes import lane_times
from zeroleap.sim.cycles.on_their_own import OnTheirOwn
from zeroleap.sim.cycles.one_by_one import OneByOne
from zeroleap.sim.cycles.relayed import Relayed
from zeroleap.sim.cycles.stream import TileStream
from zeroleap.sim.cycles.together import Together

SEED = 4
END = "end"


class SteppedLane:
    """A queue, stages that hold a block each, a queue of matches, and the block whose turn it is.

    As its parts say: what is queued may be taken a cycle later; an activation's blocks enter the
    first stage one a cycle; a stage is given on when the next is free or becomes so; the last stage
    while the queue of matches is not full, where a block with nothing to multiply is lost; a turn
    takes a cycle a product, the end one, not before the other bank is open. Without a queue of
    matches the last stage is given on when a turn begins.
    """

    def __init__(self, depth, stages, matches, opens):
        self.depth = depth
        self.opens = opens  # for each end
        self.queue = []  # (cycle, blocks)
        self.blocks = []  # of the activation that was taken, which have not entered
        self.stages = [None] * stages
        self.matches = matches
        self.found = []
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
        if not self.matches:
            if is_free:
                arrived, stages[-1] = stages[-1], None
        else:
            has_room = len(self.found) < self.matches
            if is_free and self.found:
                arrived = self.found.pop(0)
            if has_room:
                self.found += [stages[-1]] if stages[-1] else []
                stages[-1] = None
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


class FollowedLanes:
    """`OnTheirOwn`, with each block followed through its lanes as it comes."""

    def __init__(self, lanes, depth, stages, matches, groups=1):
        self.depth, self.stages, self.matches, self.groups = depth, stages, matches, groups
        self.taken = [np.full(lanes, -2)] * depth
        self.left = [np.zeros(lanes, int)] * stages
        self.turns = [[0] * matches for _ in range(lanes)]
        self.entered = self.free = np.zeros(lanes, int)

    def begin(self, stream):
        self.work = stream.work

    def room(self, activation):
        return self.room_for_end()

    def room_for_end(self):
        return int(self.taken[-self.depth].max()) + 1

    def give(self, activation, given):
        for index, work in enumerate(self.work[activation]):
            self.take(given, work, is_first=index == 0)

    def end(self, given, opens):
        self.take(given, np.ones(len(self.free), int), is_first=True)
        turns = np.maximum(self.free - 1, np.repeat(opens, len(self.free) // self.groups))
        self.free = turns + 1
        return [int(turn) + DONE for turn in turns.reshape(self.groups, -1).max(axis=1)]

    def take(self, given, work, is_first):
        self.entered = np.maximum(self.entered + 1, self.left[-self.stages])
        if is_first:
            self.entered = np.maximum(self.entered, given + 2)
            self.taken.append(self.entered - 1)
        room = np.array([turns[-self.matches] for turns in self.turns]) + 1
        looked_up = np.maximum(self.entered + self.stages, self.left[-1] + 1)
        self.left.append(np.maximum(looked_up, room))
        turns = np.maximum(self.left[-1] + 1, self.free)
        for lane in np.flatnonzero(work):
            self.turns[lane].append(turns[lane])
        self.free = np.where(work > 0, turns + work, self.free)


def stepped(lanes, activations, size=None):
    """Step lanes until all is done; ``activations`` are (not before, lanes, blocks of each lane).

    Returns the cycles in which they were given, and those in which the last lane of each group of
    ``size`` ended each tile.
    """
    size = size or len(lanes)
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
    ends = zip(*(lane.ended for lane in lanes), strict=True)
    groups = range(0, len(lanes), size)
    return given, [[max(turns[at : at + size]) for at in groups] for turns in ends]


def timed(lanes, tiles):
    """Do the same with the lanes under test.

    Tiles are (work, lane of each activation, cycles before which they and the end do not come, and
    the cycles in which the other bank of each group is open). A part of a tile has no end.
    """
    given, done = [-1], []
    for work, owners, firsts, opens in tiles:
        lanes.begin(TileStream(None, None, None, 0, work, owners, 0))
        for activation, first in enumerate(firsts[:-1]):
            given.append(max(first, lanes.room(activation), given[-1] + 1))
            lanes.give(activation, given[-1])
        if opens is None:
            continue
        given.append(max(firsts[-1], lanes.room_for_end(), given[-1] + 1))
        done.append([end - DONE for end in lanes.end(given[-1], opens)])
    return given[1:], done


def sharing(lanes, depth, stages, matches, groups):
    """Make groups of lanes on their own, with as many lanes in all, that share a stream."""
    size = lanes // groups
    return Together([OnTheirOwn(size, depth, stages, matches) for _ in range(groups)])


def one(work, firsts, is_open=0):
    """A tile of one activation for one lane."""
    return [(np.array([work]), np.zeros(1, int), firsts, [is_open])]


def test_an_activation_by_hand():
    """Given in 10, taken in 11, walked in 12, looked up, queued, its turn in 15 for 3 cycles.

    The end is given in 11, waits behind it and has its turn in 18.
    """
    assert timed(OnTheirOwn(1, 4, 2, 16), one([[3]], [10, 11])) == ([10, 11], [[18]])
    assert DONE == Picker.LATENCY + Lane.LATENCY + 1 == 9
    # one stage: the turn is in 13, and the end's in 16
    assert timed(InStep(4), one([[3]], [10, 11])) == ([10, 11], [[16]])


def test_a_block_without_products_takes_no_turn():
    """Of 5 blocks, one a cycle, only the last has its turn, in 19; the end in 21."""
    tiles = one([[0], [0], [0], [0], [2]], [10, 11])
    assert timed(OnTheirOwn(1, 4, 2, 16), tiles) == ([10, 11], [[21]])


def test_the_end_waits_for_the_other_bank():
    for lanes in (OnTheirOwn(1, 4, 2, 16), InStep(4)):
        assert timed(lanes, one([[3]], [10, 11], is_open=50)) == ([10, 11], [[50]])


def test_a_queue_of_two_takes_a_third_when_the_first_has_left():
    """Of 9 products each: the first has its turn in 15, the second in 24, and one waits for it.

    So the second is looked up until 16, a cycle after the first left the queue of matches, and the
    third until 25. Behind the one that is looked up one is walked, and two are in the queue: the
    sixth waits until the second moves on, and the seventh until the third does.
    """
    work = np.full((7, 1, 1), 9)
    tiles = [(work, np.zeros(7, int), [10] * 8, [0])]
    given, _ = timed(OnTheirOwn(1, 2, 2, 1), tiles)
    assert given[:7] == [10, 11, 12, 13, 14, 16, 25]


def random_tiles(random, blocks, lanes, empty, one_by_one=False, groups=1):
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
        opens = (start + random.integers(-50, 60, groups)).tolist()
        tiles.append((work, random.integers(0, lanes, count), firsts, opens))
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


def check(times, tiles, depth, lanes, stages, matches, one_by_one=False):
    groups = len(tiles[0][-1])
    size = lanes // groups
    machine = [
        SteppedLane(depth, stages, matches, [opens[lane // size] for *_, opens in tiles])
        for lane in range(lanes)
    ]
    assert timed(times, tiles) == stepped(machine, activations_of(tiles, lanes, one_by_one), size)


@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_lanes_in_step_are_as_one_that_is_stepped(depth, blocks):
    random = np.random.default_rng(SEED)
    for _ in range(15):
        check(InStep(depth), random_tiles(random, blocks, 1, 0), depth, 1, 1, 0)


@pytest.mark.parametrize("empty", [0, 0.5, 0.95])
@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize("blocks", [1, 2, 5])
@pytest.mark.parametrize("matches", [1, 3, 16])
@pytest.mark.parametrize("lanes", [1, 3])
def test_lanes_on_their_own_wait_only_for_a_full_queue(lanes, matches, blocks, depth, empty):
    random = np.random.default_rng(SEED)
    for _ in range(5):
        tiles = random_tiles(random, blocks, lanes, empty)
        check(OnTheirOwn(lanes, depth, 2, matches), tiles, depth, lanes, 2, matches)


def long_tiles(random, lanes, groups, empty):
    """Tiles and parts of tiles; the work of some lanes, and of some activations, is small."""
    tiles, start = [], 0
    for _ in range(12):
        count, blocks = int(random.integers(0, 150)), int(random.integers(1, 6))
        most = 1 + np.minimum.outer(random.integers(1, 17, count), random.integers(1, 17, lanes))
        work = random.integers(1, most[:, None], (count, blocks, lanes))
        work = np.where(random.random(work.shape) < empty, 0, work)
        gaps = random.integers(1, random.choice([2, 5, 40]), count + 1)
        firsts = (start + np.cumsum(gaps)).tolist()
        start = firsts[-1]
        opens = (start + random.integers(-500, 600, groups)).tolist()
        tiles.append((work, np.zeros(count, int), firsts, opens if random.random() < 0.6 else None))
    return tiles


@pytest.mark.parametrize("empty", [0, 0.5, 0.95])
@pytest.mark.parametrize("depth", [2, 7, 64])
@pytest.mark.parametrize(("stages", "matches"), [(1, 16), (2, 1), (2, 5), (2, 16), (5, 3)])
@pytest.mark.parametrize(("lanes", "groups"), [(1, 1), (6, 2)])
def test_chunks_are_as_block_after_block(lanes, groups, stages, matches, depth, empty):
    tiles = long_tiles(np.random.default_rng(SEED), lanes, groups, empty)
    sizes = lanes, depth, stages, matches, groups
    assert timed(sharing(*sizes), tiles) == timed(FollowedLanes(*sizes), tiles)


@pytest.mark.parametrize("empty", [0, 0.5, 0.95])
@pytest.mark.parametrize("depth", [2, 8])
@pytest.mark.parametrize("matches", [1, 3, 16])
@pytest.mark.parametrize(("lanes", "groups"), [(3, 1), (4, 2)])
def test_block_after_block_is_as_stepped(lanes, groups, matches, depth, empty):
    random = np.random.default_rng(SEED)
    for blocks in (1, 2, 5):
        for _ in range(3):
            tiles = random_tiles(random, blocks, lanes, empty, groups=groups)
            followed = FollowedLanes(lanes, depth, 2, matches, groups)
            check(followed, tiles, depth, lanes, 2, matches)


@pytest.mark.parametrize("empty", [0, 0.5])
@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("matches", [1, 16])
@pytest.mark.parametrize("lanes", [1, 2, 5])
def test_activations_for_one_lane_wait_for_no_other(lanes, matches, depth, empty):
    random = np.random.default_rng(SEED)
    for _ in range(10):
        tiles = random_tiles(random, 1, lanes, empty, one_by_one=True)
        times = OneByOne(lanes, depth, 2, matches)
        check(times, tiles, depth, lanes, 2, matches, one_by_one=True)


@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize(("lanes", "sets"), [(1, 1), (4, 2), (6, 2), (4, 4)])
def test_activations_for_one_set_wait_for_no_other(sets, lanes, blocks, depth):
    """Lanes 0, 2 and 4 of 6 in 2 sets have one queue: as activations for one lane each, of two."""
    random = np.random.default_rng(SEED)
    for _ in range(10):
        tiles = random_tiles(random, blocks, lanes, 0, one_by_one=True)
        owned = [(work, owners % sets, *rest) for work, owners, *rest in tiles]
        machine = [SteppedLane(depth, 1, 0, [opens[0] for *_, opens in tiles]) for _ in range(sets)]
        expected = stepped(machine, activations_of(owned, sets, one_by_one=True))
        assert timed(Sets(sets, depth), tiles) == expected


def test_groups_that_share_wait_for_each_other_by_hand():
    """Two groups of a lane, a queue of 2: 9 products each in the first, 1 in the second.

    The first takes the sixth in 16 and the seventh in 25, as it would alone. Its turns begin in 15
    and every 9 cycles, so that it is done in 78. The second has its turn for the seventh in 30, and
    for the end, given in 34, in 39: 5 later, as all that comes to an empty lane.
    """
    work = np.stack([np.full((7, 1), 9), np.full((7, 1), 1)], axis=2)
    tiles = [(work, np.zeros(7, int), [10] * 8, [0, 0])]
    given, [done] = timed(sharing(2, 2, 2, 1, groups=2), tiles)
    assert given == [10, 11, 12, 13, 14, 16, 25, 34]
    assert done == [78, 39]


def test_each_group_that_shares_waits_for_a_bank_of_its_own():
    for opens, expected in (([50, 0], [50, 18]), ([0, 50], [18, 50]), ([60, 50], [60, 50])):
        tiles = [(np.array([[[3, 3]]]), np.zeros(1, int), [10, 11], opens)]
        assert timed(sharing(2, 4, 2, 16, groups=2), tiles) == ([10, 11], [expected])


@pytest.mark.parametrize("empty", [0, 0.5, 0.95])
@pytest.mark.parametrize("depth", [2, 8])
@pytest.mark.parametrize("matches", [1, 16])
@pytest.mark.parametrize(("lanes", "groups"), [(2, 2), (6, 2), (4, 4)])
def test_groups_that_share_are_as_one_but_for_their_banks(lanes, groups, matches, depth, empty):
    random = np.random.default_rng(SEED)
    for blocks in (1, 2, 5):
        for _ in range(3):
            tiles = random_tiles(random, blocks, lanes, empty, groups=groups)
            check(sharing(lanes, depth, 2, matches, groups), tiles, depth, lanes, 2, matches)


@pytest.mark.parametrize("depth", [2, 3, 8])
def test_groups_in_step_that_share_differ_only_in_their_banks(depth):
    """The work of one lane is that of all."""
    random = np.random.default_rng(SEED)
    for blocks in (1, 2, 5):
        for _ in range(5):
            tiles = random_tiles(random, blocks, 1, 0, groups=2)
            both = [(np.repeat(work, 2, axis=2), *rest) for work, *rest in tiles]
            opens = [[opens[group] for *_, opens in tiles] for group in range(2)]
            machine = [SteppedLane(depth, 1, 0, opens[group]) for group in range(2)]
            times = Together([InStep(depth) for _ in range(2)])
            assert timed(times, tiles) == stepped(machine, activations_of(both, 2), 1)


@pytest.mark.parametrize(
    ("sparsity", "channelwise", "kind"),
    [
        *(("none", False, InStep), ("activation", True, Sets)),
        *(("both", False, OnTheirOwn), ("both", True, OneByOne)),
    ],
)
def test_an_engine_has_its_kind_of_lanes(sparsity, channelwise, kind):
    """Each group has its own; if they share, they have one front end."""
    for groups in (1, 2, 4):
        config = EngineConfig(lanes=4 * groups, groups=groups, sparsity=sparsity, queue_depth=3)
        times = lane_times(config, channelwise=channelwise, shared=False)
        assert [type(each.lanes) for each in times] == [kind] * groups
        [shared] = lane_times(config, channelwise=channelwise, shared=True)
        assert type(shared) is Together
        assert [type(part.lanes) for part in shared.parts] == [kind] * groups


@pytest.mark.parametrize("groups", [1, 2])
def test_lanes_of_an_engine_are_those_of_a_group_with_its_queue(groups):
    """A queue of 3 and 4 lanes, whether or not they share; the stepped ones know no engine."""
    config = EngineConfig(lanes=4 * groups, groups=groups, sparsity="both", queue_depth=3)
    tiles = random_tiles(np.random.default_rng(SEED), 2, 4, 0.5)
    for times in lane_times(config, channelwise=False, shared=False):
        check(times.lanes, tiles, 3, 4, 2, 16)
    tiles = random_tiles(np.random.default_rng(SEED), 2, 4 * groups, 0.5, groups=groups)
    [times] = lane_times(config, channelwise=False, shared=True)
    times = Together([part.lanes for part in times.parts])
    check(times, tiles, 3, 4 * groups, 2, 16)


def test_groups_that_share_wait_for_the_relay_of_the_slowest():
    groups = [Relayed(Rooms([room] * 5, room_for_end=40)) for room in (0, 20)]
    times = Together(groups)
    for activation, given in enumerate((5, 6)):
        times.give(activation, given)
    assert [group.lanes.given for group in groups] == [[7, 8], [22, 23]]
    assert [group.room(2) for group in groups] == [7, 22]
    assert [times.room(2), times.room_for_end()] == [22, 22]
    assert times.end(22, [3, 4]) == [142, 3, 142, 4]


class Rooms:
    """Lanes that have room in given cycles, and note what comes when."""

    def __init__(self, rooms, room_for_end):
        self.rooms, self.end_room, self.given = rooms, room_for_end, []

    def room(self, activation):
        return self.rooms[activation]

    def give(self, activation, given):
        self.given.append(given)

    def room_for_end(self):
        return self.end_room

    def end(self, given, opens):
        self.given.append(given)
        return [given + 100, *opens]


def test_a_relay_of_two_by_hand():
    """An activation is sent a cycle after it was given, and comes in the next.

    That there is room is known a cycle late.
    """
    times = Relayed(Rooms([0, 0, 20, 0, 0], room_for_end=40))
    assert [times.room(0), times.room_for_end()] == [1, 1]
    for activation, given in enumerate((5, 6, 7)):
        times.give(activation, given)
    assert times.lanes.given == [7, 8, 22]
    assert times.room(3) == 8  # the second was sent in 7
    times.give(3, 9)
    assert times.room(4) == 22  # the third was sent in 21
    times.give(4, 30)
    assert times.lanes.given[3:] == [23, 32]
    assert times.end(31, [3]) == [142, 3]
    assert times.lanes.given[5:] == [42]
