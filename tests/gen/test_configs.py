"""Named configurations and files; what is wrong with one is said in one line."""

import re

import pytest

from zeroleap.gen import configs
from zeroleap.gen.errors import InputError
from zeroleap.hw.config import EngineConfig


def test_named_configurations_are_listed_by_their_lanes():
    lanes = {name: configs.load(name).lanes for name in configs.names()}
    assert {"small": 8, "medium": 32, "large": 64}.items() <= lanes.items()
    assert list(lanes.values()) == sorted(lanes.values())


def test_a_file_states_only_what_differs_from_the_default(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("lanes = 3\n")
    assert configs.load(path) == EngineConfig(name="mine", lanes=3)


def test_a_single_option_overrides_and_shows_in_the_name():
    config = configs.load("small", lanes=16, sparsity="none")
    assert (config.lanes, config.sparsity) == (16, "none")
    assert config.name == "small, lanes=16, sparsity=none"


@pytest.mark.parametrize(
    ("lanes", "fields", "lane_sets"),
    [
        *((8, {}, 4), (6, {}, 2), (3, {}, 1), (16, {"groups": 4}, 4), (8, {"groups": 2}, 4)),
        *((8, {"sparsity": "both"}, 1), (8, {"banks": 1}, 1), (8, {"queue_depth": 0}, 1)),
    ],
)
def test_a_group_has_as_many_sets_as_share_its_lanes(lanes, fields, lane_sets):
    assert EngineConfig(lanes=lanes, sets=4, **fields).lane_sets == lane_sets


def test_weights_that_no_header_points_to_are_only_refused_with_headers():
    most = 2**16
    assert EngineConfig(sparsity="both", weight_bytes=most, headers=most).weight_bytes == most
    assert EngineConfig(sparsity="activation", weight_bytes=most + 1).weight_bytes == most + 1
    assert EngineConfig(headers=4).headers == 4


@pytest.mark.parametrize(
    ("lanes", "groups", "group_lanes", "frame"),
    [(8, 1, 8, 1), (3, 1, 3, 1), (8, 2, 4, 2), (48, 4, 12, 4), (32, 8, 4, 4), (64, 8, 8, 4)],
)
def test_lanes_are_split_evenly_and_a_frame_is_a_word_at_most(lanes, groups, group_lanes, frame):
    """One group may have any number of lanes."""
    config = EngineConfig(lanes=lanes, groups=groups)
    assert (config.group_lanes, config.frame) == (group_lanes, frame)


def test_engines_that_differ_have_different_digests():
    """The number of headers counts too; the name does not."""
    config = EngineConfig(sparsity="both")
    others = [EngineConfig(sparsity="both", headers=513), EngineConfig(), EngineConfig(lanes=9)]
    others += [EngineConfig(sparsity="both", groups=2)]
    assert len({config.digest, *(other.digest for other in others)}) == 5
    assert EngineConfig(name="other", sparsity="both").digest == config.digest


def test_what_is_written_reads_back_the_same(tmp_path):
    config = EngineConfig(name='a "name" with \\ and é', lanes=24, groups=2, queue_depth=3)
    path = tmp_path / "config.toml"
    path.write_text(configs.to_toml(config))
    assert configs.load(path) == config


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lanes = 0", "lanes must be an integer in 1..128, not 0"),
        ("lanes = '8'", "lanes must be an integer in 1..128, not '8'"),
        ("lanes = true", "not True"),
        ("sparsity = 'half'", "sparsity must be 'none' or 'activation' or 'both', not 'half'"),
        ("headers = 3", "headers must be an integer in 4..65536, not 3"),
        ("headers = 65537", "headers must be an integer in 4..65536, not 65537"),
        (
            "sparsity = 'both'\nweight_bytes = 65537",
            "weight_bytes must be at most 65536 with sparsity 'both', not 65537",
        ),
        (
            "lanes = 65\nweight_bytes = 524289",
            "weight_bytes must be at most 524288 with more than 64 lanes, not 524289",
        ),
        ("sparsity = 3", "sparsity must be"),
        ("groups = 0", "groups must be an integer in 1..8, not 0"),
        ("groups = 9", "groups must be an integer in 1..8, not 9"),
        ("groups = '2'", "groups must be an integer in 1..8, not '2'"),
        ("groups = true", "groups must be an integer in 1..8, not True"),
        ("groups = 3\nlanes = 12", "groups must be 1, 2, 4 or 8, not 3"),
        ("groups = 6\nlanes = 24", "groups must be 1, 2, 4 or 8, not 6"),
        ("groups = 2\nlanes = 12", "lanes must be a multiple of 4 in each of 2 groups, not 12"),
        ("groups = 4", "lanes must be a multiple of 4 in each of 4 groups, not 8"),
        ("groups = 8\nlanes = 34", "lanes must be a multiple of 4 in each of 8 groups, not 34"),
        ("sets = 3", "sets must be 1, 2, 4, 8 or 16, not 3"),
        ("banks = 1\nsparsity = 'both'", "banks must be 2 with several groups or sparsity 'both'"),
        ("banks = 1\ngroups = 2", "banks must be 2 with several groups or sparsity 'both', not 1"),
        ("queue_depth = 1", "queue_depth must be 0, with lanes in step, or at least 2, not 1"),
        ("queue_depth = 0\nsparsity = 'both'", "queue_depth must be 0, with lanes in step, or"),
        ("multiplier_bits = 17", "multiplier_bits must be 16 or 18, not 17"),
        ("activation_bytes = 66", "activation_bytes must be a multiple of 4, not 66"),
        (
            "read_words = 2\nactivation_bytes = 68",
            "activation_bytes must be a multiple of 8, not 68",
        ),
        ("read_words = 3", "read_words must be an integer in 1..2, not 3"),
        ("banks = 1\nread_words = 2", "read_words must be 1 with one bank, not 2"),
        ("lane = 8", "unknown key 'lane'; accepted are name, lanes, groups, sets, sparsity"),
        ("lanes = ", "is not TOML"),
        ("name = 3", "name must be a string"),
        ("\udcff", "is not TOML"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path, text, named):
    path = tmp_path / "bad.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError, match=re.escape(named)) as refusal:
        configs.load(path)
    assert "bad.toml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["tiny", "", "__init__", "absent.toml", "./small"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(InputError, match=r"accepted are .*small, .*medium, .* or a TOML file"):
        configs.load(name)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="Is a directory"):
        configs.load(f"{tmp_path}/")
