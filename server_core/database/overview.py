"""What an SQLite database says about itself and across devices: DB-111, DB-112, DB-114.

Every function works inside the caller's connection.
"""

from __future__ import annotations

import sqlite3

from server_core.database.families import CLASS, CLASS_ATTRIBUTE, DEVICE, DEVICE_ATTRIBUTE, FREE
from server_core.database.filters import matches
from server_core.model.names import DATABASE_CLASS
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.ior import parse_ior
from server_core.transport.endpoint import TCP, TLS

ROOT_ATTRIBUTE = "__root_att"
"""The attribute property that names the root of a forwarded attribute."""

_COUNTED = (
    ("Devices defined", "SELECT count(*) FROM device"),
    ("Devices exported", "SELECT count(*) FROM device WHERE exported <> 0"),
    ("Device servers defined", "SELECT count(DISTINCT server) FROM device"),
    ("Device servers exported", "SELECT count(DISTINCT server) FROM device WHERE exported <> 0"),
)
_PROPERTIES = (
    ("Device properties", DEVICE),
    ("Class properties", CLASS),
    ("Device attribute properties", DEVICE_ATTRIBUTE),
    ("Class attribute properties", CLASS_ATTRIBUTE),
    ("Object properties", FREE),
)


def lines(connection: sqlite3.Connection, address: str, opened: str) -> list[str]:
    """Name, since when it runs, and how much there is (DB-112); `address` names a database that no device serves."""

    def count(sql: str) -> int:
        (number,) = connection.execute(sql).fetchone()
        return int(number)

    devices = connection.execute("SELECT name FROM device WHERE class = ?", (DATABASE_CLASS,)).fetchone()
    texts = [f"TANGO Database {devices[0] if devices else address}", " ", f"Running since {opened}", " "]
    texts += [f"{title}  = {count(sql)}" for title, sql in _COUNTED]
    texts.append(" ")
    for title, family in _PROPERTIES:
        values, changes = (count(f"SELECT count(*) FROM {table}") for table in (family.table, family.history))
        texts.append(f"{title} defined  = {values} [History lgth = {changes}]")
    return texts


def forwarded_attributes(connection: sqlite3.Connection, device: str) -> list[tuple[str, str, str]]:
    """Each forwarded attribute whose root is an attribute of `device`, however its control system is named (DB-111)."""
    here, elsewhere = (matches("value", f"{prefix}{device}/*") for prefix in ("", "tango://*/"))
    return connection.execute(
        f"SELECT device, attribute, value FROM property_attribute_device WHERE name = ? AND ({here.sql} OR "
        f"{elsewhere.sql}) ORDER BY device, attribute",
        (ROOT_ATTRIBUTE, *here.parameters, *elsewhere.parameters),
    ).fetchall()


def database_servers(connection: sqlite3.Connection) -> list[str]:
    """`host:port` of each database device that is exported (DB-114)."""
    rows = connection.execute(
        "SELECT ior FROM device WHERE domain = 'sys' AND family = 'database' AND exported <> 0 ORDER BY name"
    )
    return [address for (ior,) in rows for address in _network_addresses(ior)[:1]]


def _network_addresses(ior: str) -> list[str]:
    """`host:port` of each place that other machines can reach; none of a text that is no reference and no endpoints."""
    if ior[:4].lower() == "ior:":
        try:
            return [f"{profile.host}:{profile.port}" for profile in parse_ior(ior).profiles]
        except ProtocolError:
            return []
    words = (word.strip().partition("://") for word in ior.split(","))
    return [address for scheme, _, address in words if scheme in (TCP, TLS)]
