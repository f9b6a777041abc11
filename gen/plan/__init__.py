"""Decides how the engine does each layer."""

from zeroleap.gen.plan.layer import plan_layer
from zeroleap.gen.plan.network import plan_network
from zeroleap.gen.plan.plan import Arithmetic, Plan, Room
from zeroleap.gen.plan.step import PlannedLayer

__all__ = ["Arithmetic", "Plan", "PlannedLayer", "Room", "plan_layer", "plan_network"]
