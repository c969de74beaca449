"""The routes of the bundle API where a process runs several nodes."""

from __future__ import annotations

from pathlib import Path

import httpx
from starlette.applications import Starlette
from tests.live.helpers import START, run

from starlight.app.service_routes import ServiceRoutes
from starlight.errors import StarlightError
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon, DaemonConfig
from starlight.node.config import NodeConfig
from starlight.web.answers import tell


def test_of_several_nodes_the_address_names_one(tmp_path: Path) -> None:
    """A number alone names none of them, and the error says what would."""

    async def test() -> None:
        clock = MissionClock(START, 1)
        daemons = {n: Daemon(DaemonConfig(NodeConfig(n), str(tmp_path / str(n))), clock) for n in (1, 2)}
        for daemon in daemons.values():
            await daemon.start()
        app = Starlette(routes=ServiceRoutes(daemons).routes(), exception_handlers={StarlightError: tell})
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            for service, right in (
                ("9", "Write ipn:NODE.9; the nodes are 1, 2"),
                ("any", "Write ipn:NODE.any"),
            ):
                refused = await client.post(f"/api/services/{service}")
                assert refused.status_code == 422
                assert right in refused.json()["right"]
            for service, address in (("ipn:2.9", "ipn:2.9"), ("ipn:1.any", "ipn:1.65536")):
                told = (await client.post(f"/api/services/{service}")).json()
                assert told["address"] == address
                query = {"registration": told["registration"], "to": "ipn:2.9"}
                sent = await client.post(f"/api/services/{address}/bundles", params=query, content=b"words")
                assert sent.status_code == 201
                assert sent.json()["id"].startswith(f"{address}/")
                assert (sent.json()["leaves"] is None) == (address == "ipn:1.65536")  # no plan leads to 2
        for daemon in daemons.values():
            await daemon.stop()

    run(test())
