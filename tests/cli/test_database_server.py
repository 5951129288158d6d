"""`tangoterm database`: the embedded database as a TANGO_HOST for other programs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server_core.database.remote import RemoteStore
from server_core.database.sqlite import SqliteStore
from server_core.model.errors import DevFailed

Start = Callable[..., Any]

ENDLESS = "count(*) from (with recursive n(i) as (select 1 union all select i + 1 from n) select * from n)"


def output(program: Any) -> str:
    code, text, errors = program.finish()
    assert code == 0, errors
    return str(text)


def test_a_database_file_is_served(tangoterm: Start, tmp_path: Path) -> None:
    """DB-1, DB-3, DB-220: as the device sys/database/2 on a fixed port; a slow query holds up nobody, and programs that
    use the file directly see the same."""
    file = tmp_path / "names.sqlite"
    tangoterm("database", "--file", str(file), "--port", "0").wait_ready()
    direct = SqliteStore(file)
    (host,) = direct.database_servers()
    here = {"TANGO_HOST": host}
    state = json.loads(output(tangoterm("--json", "info", "sys/database/2", env=here)))
    assert (state["class"], state["state"], state["status"]) == ("DataBase", "ON", "Device is OK")
    assert "TANGO Database sys/database/2" in output(tangoterm("call", "sys/database/2", "DbInfo", env=here))
    output(tangoterm("prop", "set", "free:Obj", "P", "1", "2", env=here))
    assert direct.get_property("Obj", ["P"]) == {"P": ["1", "2"]}
    direct.put_property("Obj", {"P": ["3"]})
    direct.close()
    assert output(tangoterm("--plain", "prop", "get", "free:Obj", "P", env=here)) == '["3"]\n'

    slow, quick = RemoteStore(host), RemoteStore(host)
    ended: list[float] = []

    def query() -> None:
        try:
            slow.command("DbMySqlSelect", ENDLESS)
        except DevFailed:
            ended.append(time.monotonic())

    thread = threading.Thread(target=query)
    thread.start()
    time.sleep(0.1)
    assert quick.servers() == ["DataBaseds/2"]
    answered = time.monotonic()
    thread.join()
    assert answered < ended[0]
    slow.close()
    quick.close()
