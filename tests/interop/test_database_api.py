"""PyTango's `Database`, all of it, with our database and with pytango-db."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server_core.database.remote import RemoteStore
from server_core.database.sqlite import SqliteStore
from tests.peers.fixtures import Database, OurDatabase

PREPARED = """
def datum(name, *values):
    found = tango.DbDatum(name)
    for value in values:
        found.value_string.append(value)
    return found

def device(server, name, cls):
    found = tango.DbDevInfo()
    found.server, found.name, found._class = server, name, cls
    return found

def export(name):
    found = tango.DbDevExportInfo()
    found.name, found.ior, found.host, found.version, found.pid = name, "IOR:00", "hosta", "5", 123
    return found

def info(name, host, mode, level):
    found = tango.DbServerInfo()
    found.name, found.host, found.mode, found.level = name, host, mode, level
    return found

def vector(call, *arguments):
    found = tango.StdStringVector()
    call(*arguments, found)
    return found

def shown(value):
    if isinstance(value, tango.DbDatum):
        return [value.name, list(value.value_string)]
    if isinstance(value, (tango.DbDevImportInfo, tango.DbDevFullInfo, tango.DbServerInfo)):
        names = [name for name in dir(type(value)) if isinstance(getattr(type(value), name), property)]
        return {name: getattr(value, name) for name in names}
    if isinstance(value, tango.DbHistory):
        names = [value.get_name(), value.get_attribute_name()]
        return [*names, value.get_date(), shown(value.get_value()), value.is_deleted()]
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items()}
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return [shown(item) for item in value]
    return value

def told(call):
    try:
        return shown(eval(call))
    except tango.DevFailed as failure:
        return ["failed", failure.args[0].reason]
    except Exception as broken:
        return ["broken", repr(broken)]
"""

CALLS = """
add_device(device("Api/one", "api/a/1", "ApiA"))
add_server("Api/one", [device("Api/one", "api/a/1", "ApiA"), device("Api/one", "Api/B/2", "ApiB")])
add_server("Api/two", [device("Api/two", "api/c/1", "ApiA")])
add_device(device("nonsense", "api/d/1", "ApiA"))
add_device(device("Api/one", "nonsense", "ApiA"))
get_server_list("Api/*")
get_instance_name_list("Api")
get_instance_name_list("Nope")
get_server_class_list("Api/one")
get_device_class_list("Api/one")
get_device_name("Api/one", "ApiA")
get_device_name("Api/*", "*")
get_device_domain("api*")
get_device_family("api/*")
get_device_member("api/a/*")
get_class_list("Api*")
get_class_for_device("api/a/1")
get_class_for_device("no/such/1")
get_class_inheritance_for_device("api/a/1")
get_host_list("nada")
import_device("api/a/1")
import_device("API/b/2")
import_device("no/such/1")
import_device("dserver/Api/one")
get_device_info("api/a/1")
get_device_info("no/such/1")
export_device(export("api/a/1"))
export_device(export("no/such/1"))
import_device("api/a/1")
get_device_info("api/a/1")
get_device_exported("api/*")
get_device_exported_for_class("ApiA")
get_host_list("hosta")
get_host_server_list("hosta")
get_host_server_list("nobody")
export_server([export("api/c/1"), export("dserver/Api/two")])
get_device_exported("*pi/*")
get_host_server_list("hosta")
unexport_server("Api/two")
unexport_server("Nope/x")
get_device_exported("api/c/*")
unexport_device("api/a/1")
get_device_exported("api/a/*")
put_server_info(info("Api/one", "hosta", 1, 2))
get_server_info("Api/one")
get_server_info("api/ONE")
delete_server_info("Api/one")
delete_server_info("Api/one")
put_device_alias("api/a/1", "api_alias")
get_device_alias("api_alias")
get_device_alias("no_alias")
get_device_from_alias("api_alias")
get_alias("api/a/1")
get_alias("api/c/1")
get_alias_from_device("api/a/1")
get_device_alias_list("api*")
import_device("api_alias")
delete_device_alias("api_alias")
delete_device_alias("api_alias")
get_device_alias_list("api*")
put_attribute_alias("api/a/1/level", "api_level")
put_attribute_alias("nonsense", "api_level2")
get_attribute_alias("api_level")
get_attribute_alias("no_level")
get_attribute_from_alias("api_level")
get_alias_from_attribute("api/a/1/level")
get_alias_from_attribute("api/a/1/other")
get_attribute_alias_list("api*")
delete_attribute_alias("api_level")
get_attribute_alias_list("api*")
put_device_property("api/a/1", {"one": "1", "many": ["a", "b", "", "d"], "Spelled": ["x"]})
put_device_property("api/a/1", {"one": "2"})
get_device_property("api/a/1", ["one", "MANY", "spelled", "nope"])
get_device_property("api/a/1", "*n*")
get_device_property("no/such/1", "one")
get_device_property_list("api/a/1", "*")
get_device_property_list("api/a/1", "*e*")
get_device_property_list("no/such/1", "*")
get_device_property_history("api/a/1", "many")
get_device_property_history("api/a/1", "one")
delete_device_property("api/a/1", ["one", "nope"])
get_device_property_list("api/a/1", "*")
put_class_property("ApiA", {"one": "1", "many": ["a", "b"]})
get_class_property("ApiA", ["one", "many", "nope"])
get_class_property("Nope", "one")
get_class_property_list("ApiA")
put_class_property("ApiA", {"alone": ["a", "b"]})
get_class_property_history("ApiA", "alone")
delete_class_property("ApiA", "one")
get_class_property_list("ApiA")
put_class_property("ApiB", {"InheritedFrom": ["Parent", "Device_4Impl"]})
get_class_inheritance_for_device("api/b/2")
put_property("ApiObject", {"one": "1", "many": ["a", "b"]})
get_property("ApiObject", ["one", "many", "nope"])
get_property("Nope", "one")
get_object_list("Api*")
get_object_property_list("ApiObject", "*")
get_property_history("ApiObject", "many")
delete_property("ApiObject", ["one", "many"])
get_object_property_list("ApiObject", "*")
put_device_attribute_property("api/a/1", {"level": {"unit": "m", "abs_change": ["-1", "1"]}, "Other": {"label": "O"}})
get_device_attribute_property("api/a/1", ["level", "OTHER", "nope"])
get_device_attribute_property("api/a/1", {"level": ["unit"]})
get_device_attribute_property("no/such/1", "level")
put_device_attribute_property("api/a/1", {"alone": {"abs_change": ["-1", "1"]}})
put_device_attribute_property("api/a/1", {"alone": {"abs_change": ["-2", "2"]}})
get_device_attribute_property_history("api/a/1", "alone", "abs_change")
vector(db.get_device_attribute_list, "api/a/1")
delete_device_attribute_property("api/a/1", {"level": ["unit"]})
get_device_attribute_property("api/a/1", "level")
put_class_attribute_property("ApiA", {"level": {"unit": "m", "label": "L"}})
get_class_attribute_property("ApiA", ["level", "nope"])
get_class_attribute_property_history("ApiA", "level", "unit")
get_class_attribute_list("ApiA", "*")
delete_class_attribute_property("ApiA", {"level": ["unit"]})
get_class_attribute_property("ApiA", "level")
register_service("ApiService", "inst", "api/a/1")
get_services("ApiService", "*")
get_services("ApiService", "other")
get_service_list("ApiService")
get_device_service_list("api/a/1")
unregister_service("ApiService", "inst")
get_services("ApiService", "*")
unexport_event("api_channel")
unexport_event("no_channel")
rename_server("Api/two", "Api/three")
rename_server("Nope/x", "Api/four")
get_server_list("Api/*")
import_device("dserver/Api/three")
delete_device("api/a/1")
delete_device("api/a/1")
get_device_property_list("api/a/1", "*")
delete_server("Api/three")
delete_server("Nope/x")
get_server_list("Api/*")
delete_server("Api/one")
get_device_name("Api/*", "*")
check_access_control("api/a/1")
is_control_access_checked()
get_access_except_errors()
set_access_checked(False)
is_multi_tango_host()
check_tango_host("nonsense")
get_server_release()
get_file_name()
build_connection()
get_db_port_num() == db.get_db_port_num()
dev_name()
get_idl_version()
get_source().name
is_dbase_used()
get_access_control().name
get_timeout_millis()
"""

DIFFERENT: dict[str, tuple[Any, Any]] = {
    # pytango-db splits what is none into two names
    'add_device(device("nonsense", "api/d/1", "ApiA"))': (
        ["failed", "PyDs_PythonError"],
        ["failed", "DB_IncorrectServerName"],
    ),
    # it takes the first letter for the device
    'get_device_exported("api/a/*")': (["api/a/*", ["api/a/1"]], ["api/a/*", []]),
    'import_device("api_alias")': tuple(
        {"exported": exported, "ior": "IOR:00", "name": "api_alias", "version": "5"} for exported in (1, 0)
    ),
    # it answers with None, which is no string
    'get_alias("api/c/1")': (["failed", "PyDs_PythonError"], ["failed", "DB_AliasNotDefined"]),
    # the C++ database says so too
    'delete_server("Nope/x")': (None, ["failed", "DB_IncorrectServerName"]),
}
"""The answers that differ: pytango-db's, which has its faults there, and ours."""

NOT_CALLED = {
    *("get_property_forced", "export_event"),  # fail in PyTango 10.3 itself
    *("write_filedatabase", "reread_filedatabase"),  # are for files
    *("get_info", "get_server_name_list"),  # tell what other tests have left
}
"""Methods that are not compared."""

VARIES = re.compile(
    r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+[-\w]+ \w* ?\d{0,4} ?at \d\d:\d\d:\d\d"
)


def dateless(value: Any) -> Any:
    """`value` without its dates."""
    if isinstance(value, str):
        return VARIES.sub("<date>", value)
    if isinstance(value, dict):
        return {name: dateless(item) for name, item in value.items()}
    return [dateless(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def answers(our_database: OurDatabase, real_database: Database) -> dict[str, tuple[Any, Any]]:
    """What pytango-db and ours answer to each call; a call that is made again has its number behind it."""
    for database in (real_database, our_database):
        database.client(PREPARED)
    found: dict[str, tuple[Any, Any]] = {}
    for call in CALLS.strip().splitlines():
        told = f"told({call if call.startswith('vector(') else f'db.{call}'!r})"
        times = sum(known.partition("  #")[0] == call for known in found)
        name = f"{call}  #{times + 1}" if times else call
        found[name] = (dateless(real_database.client(told)), dateless(our_database.client(told)))
    return found


def test_every_method_answers_as_with_a_real_database(answers: dict[str, tuple[Any, Any]]) -> None:
    """DB-2, DB-3, wire 12: PyTango's client understands all our answers, and finds in them what it finds in others'."""
    assert {call: both for call, both in answers.items() if both[0] != both[1]} == DIFFERENT
    assert not [call for call, both in answers.items() if isinstance(both[1], list) and both[1][:1] == ["broken"]]


def test_all_methods_are_called(our_database: OurDatabase) -> None:
    methods = our_database.client("[name for name in dir(db) if name[0] != '_' and name not in dir(tango.Connection)]")
    called = set(re.findall(r"^(?:vector\(db\.)?(\w+)", CALLS, re.MULTILINE))
    assert set(methods) - called <= NOT_CALLED


def test_what_the_database_says_of_itself(our_database: OurDatabase) -> None:
    """DB-1, DB-112, DB-114."""
    info = our_database.client("db.get_info()").splitlines()
    assert info[0] == "TANGO Database sys/database/2"
    assert [line.partition(" = ")[0].strip() for line in info if " = " in line][:4] == [
        *("Devices defined", "Devices exported", "Device servers defined", "Device servers exported"),
    ]
    assert our_database.client("db.command_inout('DbGetCSDbServerList')") == [our_database.host]
    our_database.client.proxy("sys/database/2")
    assert our_database.client("[d.info().dev_class, d.info().server_id, d.adm_name(), d.StoredProcedureRelease]") == [
        *("DataBase", "DataBaseds/2", "dserver/DataBaseds/2", "release 1.13"),
    ]


def test_properties_of_any_text(our_database: OurDatabase, real_database: Database) -> None:
    """TYP-7, TYP-8: names and properties are UTF-8 for PyTango, whose databases carry its bytes unseen."""
    for database in (our_database, real_database):
        store = RemoteStore(database.host)
        store.put_property("Texts", {"ours": ["20 °C", "5 kΩ", "\N{GREEK SMALL LETTER MU}m", ""]})
        database.client("db.put_property('Texts', {'theirs': ['20 °C', '5 kΩ']})")
        assert database.client("db.get_property('Texts', 'ours')['ours']") == ["20 °C", "5 kΩ", "μm", ""]
        assert store.get_property("Texts", ["theirs"]) == {"theirs": ["20 °C", "5 kΩ"]}
        store.close()
    direct = SqliteStore(our_database.file)
    assert direct.get_property("Texts", ["theirs"]) == {"theirs": ["20 °C", "5 kΩ"]}
    direct.close()


_OF_PIPES = ("Put{}PipeProperty", "Delete{}Pipe", "Delete{}PipeProperty", "Get{}PipeList", "Get{}PipePropertyHist")
ONLY_OURS = {
    *(f"Db{command}".format(owner) for command in _OF_PIPES for owner in ("Device", "Class")),
    *("DbDeleteAllDevicePipeProperty", "DbGetForwardedAttributeListForDevice"),
}
"""The commands that pytango-db has not, and the C++ database has."""


def test_the_interface_of_the_device(our_database: OurDatabase, real_database: Database) -> None:
    """DB-2, DB-220: the commands with their types, and the attributes."""
    ours, real = (
        database.client(
            """
            d = tango.DeviceProxy("sys/database/2")
            commands = {info.cmd_name: [info.in_type, info.out_type] for info in d.command_list_query()}
            attributes = {info.name: [info.data_type, info.data_format] for info in d.attribute_list_query()}
            [commands, attributes]
            """
        )
        for database in (our_database, real_database)
    )
    assert {name: types for name, types in ours[0].items() if name not in ONLY_OURS} == real[0]
    assert ours[0].keys() - real[0].keys() == ONLY_OURS
    assert ours[1] == real[1]
