"""Forwarded attributes of our servers whose roots are on servers of others."""

from __future__ import annotations

from collections import defaultdict

from tests.interop.watching import WATCH
from tests.peers.fixtures import Database, Peers

ROOT, DEVICE = "test/root/1", "test/forwarding/1"


def test_events_of_a_root_on_a_pytango_server(own_peers: Peers, real_database: Database) -> None:
    """ATT-81, EVT-12, EVT-21: values, errors, configuration and data-ready events come from the root to PyTango's
    client; after a crash of the root's server there is an error, then a fresh value and events again."""
    root = own_peers.pytango_server(devices=[(ROOT, "AllTypes")], database=real_database, instance="root")
    real_database.add_server("Forwarding/ours", [(DEVICE, "Forwarding")])
    for name, attribute in (("near", "double_scalar"), ("ready", "long_scalar")):
        real_database.put_attribute_property(DEVICE, name, __root_att=f"{ROOT}/{attribute}")
    own_peers.our_server("Forwarding", [(DEVICE, "Forwarding")], real_database)
    client = own_peers.pytango_client(real_database.host)
    client(WATCH)
    client.proxy(DEVICE)
    client.proxy(ROOT, "root")
    assert client("d.near") == 2.25
    kinds = [("CHANGE_EVENT", "near"), ("ATTR_CONF_EVENT", "near"), ("DATA_READY_EVENT", "ready")]
    client(f"seen = []; watching(d, seen, *{kinds!r})")
    client("root.Push(['change', 'double_scalar', '7.5'])")
    client("root.PushFailure(['change', 'double_scalar'])")
    client("root.PushDataReady([[5], ['long_scalar']])")
    client("config = root.get_attribute_config('double_scalar'); config.unit = 'kg'; root.set_attribute_config(config)")
    assert client("wait_for(lambda: len(seen) >= 6)")
    told = defaultdict(list)
    for kind, name, what in client("seen"):
        told[kind, name].append(what)
    assert [what[:2] for what in told["change", "near"]] == [["near", 2.25], ["near", 7.5], ["AllTypes_Event"]]
    assert [what[1:3] for what in told["attr_conf", "near"]] == [["Near", ""], ["Near", "kg"]]
    assert told["data_ready", "ready"] == [[5, 3]]

    client("seen.clear()")
    root.kill()
    assert client("wait_for(lambda: ['change', 'near', ['API_EventTimeout']] in seen)")
    root.start()
    assert client("wait_for(lambda: seen[-1][2][:2] == ['near', 2.25], 15)")
    assert client("wait_for(lambda: root.Push(['change', 'double_scalar', '8.5']) is None)")
    assert client("wait_for(lambda: seen[-1][2][:2] == ['near', 8.5])")
