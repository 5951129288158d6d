"""Object references as they stand in databases: those of real servers are read, and our own say what they should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.ior import (
    TAG_CODE_SETS,
    TAG_LOCAL_SOCKET,
    Ior,
    Profile,
    device_ior,
    device_type,
    format_ior,
    level_of,
    native_endpoints,
    parse_corbaloc,
    parse_ior,
)

OF_TANGO = (  # a server on all interfaces: an IPv6 address besides, and omniORB's Unix socket (wire 4.1)
    "IOR:010000001700000049444c3a54616e676f2f4465766963655f363a312e3000000100000000000000b8000000010102000a0000003139"
    "322e302e322e3200f7aa0e000000fe9a56016b00005beb000000000000000400000000000000080000000100000000545441010000001c00"
    "00000100000001000100010000000100010509010100010000000901010003000000120000000100000008000000666430303a3a3200f7aa"
    "000002545441340000000100000003000000766d0000240000002f746d702f6f6d6e692d757365722f3030303032333533312d3137393532"
    "343938313800"
)
NIL = "IOR:01000000010000000000000000000000"
IIOP_2 = "IOR:01000000 01000000 00 000000 01000000 00000000 08000000 01 02 00 00 00000000"
NO_NUL = "IOR:01000000 01000000 41 000000 00000000"
NATIVE = "tcp://127.0.0.1:40123,unix:///run/user/1000/tangoterm/40123.sock"


def test_the_reference_of_a_real_server_is_read():
    ior = parse_ior(OF_TANGO.lower() + "\n")
    (profile,) = ior.profiles
    assert ior.type_id == "IDL:Tango/Device_6:1.0"
    assert (profile.minor, profile.key.hex()) == (2, "fe9a56016b00005beb0000000000")
    assert profile.addresses == [("192.0.2.2", 43767), ("fd00::2", 43767)]
    assert [tag for tag, _ in profile.components] == [0, 1, 3, 0x41545402]
    assert parse_ior(format_ior(ior)) == ior
    assert native_endpoints(OF_TANGO) == ""


def test_a_reference_to_nothing_has_no_profile():
    assert parse_ior(NIL) == Ior("", ())


def test_both_byte_orders_and_foreign_profiles_are_read():
    """IIOP 1.0 profiles have no components; profiles of other kinds are left out."""
    foreign = "00000001 00000002 0042 0000"
    iiop = "00000000 00000013 00 0100 00 00000002 6800 0017 00000003 6b6579"
    text = f"IOR:00000000 00000001 00 000000 00000002 {foreign} {iiop}"
    assert parse_ior(text) == Ior("", (Profile("h", 23, b"key", 0),))


def test_our_references_name_the_native_endpoints():
    text = device_ior("127.0.0.1", 40123, b"sys/tg_test/1", NATIVE)
    ior = parse_ior(text)
    assert ior.type_id == device_type(6) == "IDL:Tango/Device_6:1.0"
    assert ior.profiles[0][:4] == ("127.0.0.1", 40123, b"sys/tg_test/1", 2)
    assert ior.profiles[0].components[0][0] == TAG_CODE_SETS
    assert native_endpoints(text) == NATIVE
    assert native_endpoints(device_ior("h", 1, b"k", "", 5)) == ""


def test_the_code_sets_are_those_that_real_servers_name():
    ours = parse_ior(device_ior("h", 1, b"k", "")).profiles[0].components
    assert dict(ours)[TAG_CODE_SETS] == dict(parse_ior(OF_TANGO).profiles[0].components)[TAG_CODE_SETS]


@pytest.mark.parametrize("text", ["", "nada", NATIVE, "IOR:", "IOR:zz", "IOR:01", OF_TANGO[:200], NIL])
def test_what_is_no_reference_names_no_native_endpoints(text):
    assert native_endpoints(text) == ""


@pytest.mark.parametrize(
    "text", ["", "nada", "IOR:", "IOR:0", "IOR:zz", "IOR:01", OF_TANGO[:-4], OF_TANGO[:100], IIOP_2, NO_NUL]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ProtocolError):
        parse_ior(text)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_a_protocol_error_comes(octets):
    text = "IOR:" + octets.hex()
    try:
        ior = parse_ior(text)
    except ProtocolError:
        assert native_endpoints(text) == ""
    else:
        assert parse_ior(format_ior(ior)) == ior


@pytest.mark.parametrize(
    ("text", "profiles"),
    [
        ("corbaloc:iiop:localhost:10000/database", [("localhost", 10000, b"database", 0)]),
        ("corbaloc:iiop:1.2@h:1/test/nodb/1", [("h", 1, b"test/nodb/1", 2)]),
        ("corbaloc:iiop:1.0@:10000/database", [("localhost", 10000, b"database", 0)]),
        ("corbaloc::h/%20%ff", [("h", 2809, b" \xff", 0)]),
        ("corbaloc:iiop:[fd00::2]:7/k", [("fd00::2", 7, b"k", 0)]),
        ("corbaloc:iiop:a:1,:1.1@b:2/k", [("a", 1, b"k", 0), ("b", 2, b"k", 1)]),
    ],
)
def test_corbaloc(text, profiles):
    """Without a version it is IIOP 1.0 (wire 2.1)."""
    assert parse_corbaloc(text) == Ior("", tuple(Profile(*profile) for profile in profiles))


@pytest.mark.parametrize(
    "text",
    ["", "corbaloc:iiop:h:1", "corbaloc:rir:/k", "corbaloc:iiop:h:0/k", "corbaloc:iiop:h:65536/k", "tango://h:1/k"],
)
def test_corbalocs_that_are_none(text):
    with pytest.raises(ProtocolError):
        parse_corbaloc(text)


def test_what_a_profile_holds_depends_on_its_version():
    """wire 4: components from IIOP 1.1 on; another major version is refused for what it is."""
    one, none = (parse_ior(format_ior(Ior("", (Profile("h", 1, b"k", minor, ((9, b"x"),)),)))) for minor in (1, 0))
    assert [ior.profiles[0].components for ior in (one, none)] == [((9, b"x"),), ()]
    lengths = [len(format_ior(Ior("", (Profile("host", 1, b"key1", minor),)))) for minor in (0, 1)]
    assert lengths[0] < lengths[1]
    text = format_ior(Ior("", (Profile("host", 1, b"key1", 1),)))
    with pytest.raises(ProtocolError, match=r"IIOP 2\.1"):
        parse_ior(text.replace("010101", "010201", 1))


def test_further_interfaces_are_alternate_addresses():
    """wire 4.1, tag 3"""
    (profile,) = parse_ior(device_ior("192.0.2.2", 7, b"a/b/c", NATIVE, alternates=["10.0.0.1", "fd00::2"])).profiles
    assert profile.addresses == [("192.0.2.2", 7), ("10.0.0.1", 7), ("fd00::2", 7)]


def test_the_unix_socket_of_a_server():
    """wire 4.1: the component of omniORB."""
    ior = parse_ior(device_ior("192.0.2.2", 7, b"a/b/c", NATIVE, local=("vm", "/tmp/omni-user/000023531-1795249818")))
    (theirs,) = [content for tag, content in parse_ior(OF_TANGO).profiles[0].components if tag == TAG_LOCAL_SOCKET]
    (ours,) = [content for tag, content in ior.profiles[0].components if tag == TAG_LOCAL_SOCKET]
    assert ours == theirs


def test_levels():
    """`Device` is the first one; what comes after the sixth is not known here (wire 4.3)."""
    assert [level_of(device_type(level)) for level in range(1, 8)] == [1, 2, 3, 4, 5, 6, None]
    assert level_of("IDL:omg.org/CORBA/Object:1.0") is level_of("IDL:Tango/Device_1:1.0") is level_of("") is None
