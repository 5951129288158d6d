"""Object references: where a device is reached and what it is, as the text that stands in the database.

    IOR:0100...                                  what servers export: type id, host, port, object key, components
    corbaloc:iiop:1.2@host:port/key              what people write: no type id, any number of addresses

A server of this project adds a component of its own, which names its native endpoints; others ignore it.

Source: wire 4; CORBA 3.0, chapters 13.6 (IOR, corbaloc) and 15.7 (IIOP profiles).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.primitives import LITTLE, Reader, put_octets, put_string, put_ulong, put_ushort
from server_core.protocol.operations import LATEST_LEVEL

TAG_CODE_SETS = 1
TAG_ALTERNATE_ADDRESS = 3
TAG_NATIVE_ENDPOINTS = 0x544E474F
"""The component that holds the text of a server's native endpoints, `TNGO`; its content is an encapsulated string."""

TAG_LOCAL_SOCKET = 0x41545402
"""omniORB's component that names a Unix socket and the host where it is (wire 4.1)."""

_TAG_INTERNET_IOP = 0
_PREFIX = "ior:"
_DEFAULT_PORT = 2809

_CODE_SETS = bytes.fromhex("01000000 01000100 01000000 01000105 09010100 01000000 09010100")
"""Latin-1 natively and UTF-8 by conversion; wide characters, which Tango has none of, as everybody says (wire 4.1)."""

_ADDRESS = re.compile(r"(?:(?:iiop)?:(?:1\.(\d{1,3})@)?)(\[[^]]+\]|[^:\[\]@]*)(?::(\d{1,5}))?\Z", re.IGNORECASE)
_TYPE_ID = re.compile(r"IDL:Tango/Device(?:_([2-9]))?:1\.0\Z")


class Profile(NamedTuple):
    """One way to reach an object by IIOP 1.`minor`; `components` are (tag, content)."""

    host: str
    port: int
    key: bytes
    minor: int = 2
    components: tuple[tuple[int, bytes], ...] = ()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """All its addresses, the first one first; ProtocolError when an alternate one cannot be read."""
        found = [(self.host, self.port)]
        for tag, content in self.components:
            if tag == TAG_ALTERNATE_ADDRESS:
                reader = Reader.of_encapsulation(content)
                found.append((reader.string(), reader.ushort()))
        return found


class Ior(NamedTuple):
    """An object reference: the id of its interface, empty where none is said, and its IIOP profiles. The reference to
    nothing has no profile."""

    type_id: str
    profiles: tuple[Profile, ...]


def parse_ior(text: str) -> Ior:
    """The reference that `IOR:` and hexadecimal digits spell; ProtocolError when they spell none."""
    text = text.strip()
    if text[: len(_PREFIX)].lower() != _PREFIX:
        raise ProtocolError(f"{text!r:.60} is not an object reference: it does not start with IOR:")
    try:
        data = bytes.fromhex(text[len(_PREFIX) :])
    except ValueError as error:
        raise ProtocolError(f"{text!r:.60} is not an object reference: {error}") from error
    return read_ior(Reader.of_encapsulation(data))


def read_ior(reader: Reader) -> Ior:
    """The reference that comes next; profiles other than IIOP are left out. ProtocolError when it is malformed."""
    type_id = reader.string()
    profiles = []
    for _ in range(reader.ulong()):
        tag, content = reader.ulong(), reader.octets()
        if tag == _TAG_INTERNET_IOP:
            profiles.append(_read_profile(Reader.of_encapsulation(content)))
    return Ior(type_id, tuple(profiles))


def _read_profile(reader: Reader) -> Profile:
    major, minor = reader.octet(), reader.octet()
    if major != 1:
        raise ProtocolError(f"an object reference for IIOP {major}.{minor}, which is not known")
    host, port, key = reader.string(), reader.ushort(), reader.octets()
    components = []
    if minor > 0:
        for _ in range(reader.ulong()):
            components.append((reader.ulong(), reader.octets()))
    return Profile(host, port, key, minor, tuple(components))


def format_ior(ior: Ior) -> str:
    """The text that `parse_ior` reads. ProtocolError when a host or the type id does not fit Latin-1."""
    out = bytearray((LITTLE,))
    write_ior(out, ior)
    return "IOR:" + out.hex()


def write_ior(out: bytearray, ior: Ior) -> None:
    """Append a reference."""
    put_string(out, ior.type_id)
    put_ulong(out, len(ior.profiles))
    for profile in ior.profiles:
        put_ulong(out, _TAG_INTERNET_IOP)
        put_octets(out, _profile_content(profile))


def _profile_content(profile: Profile) -> bytearray:
    out = bytearray((LITTLE, 1, profile.minor))
    put_string(out, profile.host)
    put_ushort(out, profile.port)
    put_octets(out, profile.key)
    if profile.minor > 0:
        put_ulong(out, len(profile.components))
        for tag, content in profile.components:
            put_ulong(out, tag)
            put_octets(out, content)
    return out


def parse_corbaloc(text: str) -> Ior:
    """The reference that `corbaloc:[iiop]:[1.N@]host[:port][,...]/key` spells: IIOP 1.0, and port 2809, unless it says
    otherwise; ProtocolError when it spells none."""
    scheme, _, rest = text.strip().partition(":")
    addresses, slash, key = rest.partition("/")
    if scheme.lower() != "corbaloc" or not slash:
        raise ProtocolError(f"{text!r:.100} is not an object reference (corbaloc:iiop:host:port/key)")
    octets = unquote_to_bytes(key)
    profiles = []
    for address in addresses.split(","):
        found = _ADDRESS.match(address)
        if found is None or not (port := int(found[3] or _DEFAULT_PORT)) or port > 0xFFFF:
            raise ProtocolError(f"{address!r:.100} in {text!r:.100} is not an address that is known here")
        host = found[2].strip("[]") or "localhost"
        profiles.append(Profile(host, port, octets, int(found[1] or 0)))
    return Ior("", tuple(profiles))


def device_type(level: int) -> str:
    """The id of the interface of devices of a level, from 1 on."""
    return f"IDL:Tango/Device_{level}:1.0" if level > 1 else "IDL:Tango/Device:1.0"


def level_of(type_id: str) -> int | None:
    """The interface level that a type id names, from 1 to 6; None when it is no device of a level known here."""
    found = _TYPE_ID.match(type_id)
    if found is None:
        return None
    level = int(found[1] or 1)
    return level if level <= LATEST_LEVEL else None


def device_ior(
    host: str,
    port: int,
    key: bytes,
    native_endpoints: str,
    level: int = LATEST_LEVEL,
    alternates: Iterable[str] = (),
    local: tuple[str, str] | None = None,
) -> str:
    """The reference that a server exports for a device: reached at `host` and `port` under `key`, and by the native
    protocol at `native_endpoints` (comma-separated, empty for none).

    `alternates` are further hosts, at the same port; `local` is the name of the server's machine and the path of its
    Unix socket, which clients there prefer.
    """
    components = [(TAG_CODE_SETS, _CODE_SETS)]
    for alternate in alternates:
        content = bytearray((LITTLE,))
        put_string(content, alternate)
        put_ushort(content, port)
        components.append((TAG_ALTERNATE_ADDRESS, bytes(content)))
    if local is not None:
        content = bytearray((LITTLE,))
        for text in local:
            put_string(content, text)
        components.append((TAG_LOCAL_SOCKET, bytes(content)))
    if native_endpoints:
        content = bytearray((LITTLE,))
        put_string(content, native_endpoints)
        components.append((TAG_NATIVE_ENDPOINTS, bytes(content)))
    return format_ior(Ior(device_type(level), (Profile(host, port, key, 2, tuple(components)),)))


def native_endpoints(text: str) -> str:
    """The native endpoints that a reference names; empty when it names none, or is no reference at all."""
    if text.strip()[: len(_PREFIX)].lower() != _PREFIX:
        return ""
    try:
        for profile in parse_ior(text).profiles:
            for tag, content in profile.components:
                if tag == TAG_NATIVE_ENDPOINTS:
                    return Reader.of_encapsulation(content).string()
    except ProtocolError:
        pass
    return ""
