"""The engine: receive, store, route, forward, deliver, expire, report."""

from starlight.node.config import Limits, NodeConfig
from starlight.node.engine import Node
from starlight.node.host import Application, Host, Step
from starlight.node.stored import State, Stored

__all__ = ["Application", "Host", "Limits", "Node", "NodeConfig", "State", "Step", "Stored"]
