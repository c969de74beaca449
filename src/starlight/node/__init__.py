"""The engine: receive, store, route, forward, deliver, expire, report."""

from starlight.node.config import NodeConfig, NodeLimits
from starlight.node.engine import Node
from starlight.node.host import Application, Host, Step
from starlight.node.stored import BundleState, Stored

__all__ = ["Application", "BundleState", "Host", "Node", "NodeConfig", "NodeLimits", "Step", "Stored"]
