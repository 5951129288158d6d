"""Tango's interface definition (IDL, levels 1 to 6) as one table: types, exceptions, operations (wire 5, 6).

The texts below are close to IDL; a line that is indented continues the one before. A *type* is the text of one: the
name of a primitive, `string`, `any`, `void`, the name of an entry of the tables, `seq<type>`, `type[n]` for a fixed
number of them, or `tuple<type,type,...>`: types one after the other, such as the arguments of an operation.
`definition` says what a type is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

_ENUMS = """
LockerLanguage: CPP JAVA CPP_6 JAVA_6
TraceContextFormat: W3C_TC_V0
AttrQuality: ATTR_VALID ATTR_INVALID ATTR_ALARM ATTR_CHANGING ATTR_WARNING
AttrWriteType: READ READ_WITH_WRITE WRITE READ_WRITE WT_UNKNOWN
AttrDataFormat: SCALAR SPECTRUM IMAGE FMT_UNKNOWN
DevSource: DEV CACHE CACHE_DEV
ErrSeverity: WARN ERR PANIC
DevState: ON OFF CLOSE OPEN INSERT EXTRACT MOVING STANDBY FAULT INIT RUNNING ALARM DISABLE UNKNOWN
DispLevel: OPERATOR EXPERT DL_UNKNOWN
AttributeDataType: ATT_BOOL ATT_SHORT ATT_LONG ATT_LONG64 ATT_FLOAT ATT_DOUBLE ATT_UCHAR ATT_USHORT ATT_ULONG
    ATT_ULONG64 ATT_STRING ATT_STATE DEVICE_STATE ATT_ENCODED ATT_NO_DATA
PipeWriteType: PIPE_READ PIPE_READ_WRITE PIPE_WT_UNKNOWN
"""

_ALIASES = """
DevBoolean = boolean; DevDouble = double; DevFloat = float; DevShort = short; DevLong = long; DevLong64 = longlong;
DevString = string; DevUChar = octet; DevUShort = ushort; DevULong = ulong; DevULong64 = ulonglong;
DevVarBooleanArray = seq<boolean>; DevVarDoubleArray = seq<double>; DevVarFloatArray = seq<float>;
DevVarShortArray = seq<short>; DevVarLongArray = seq<long>; DevVarLong64Array = seq<longlong>;
DevVarCharArray = seq<octet>; DevVarStringArray = seq<string>; DevVarUShortArray = seq<ushort>;
DevVarULongArray = seq<ulong>; DevVarULong64Array = seq<ulonglong>; DevVarEncodedArray = seq<DevEncoded>;
JavaUUID = ulonglong[2]; CppClntIdent = ulong; DevInfoVersionList = seq<DevInfoVersion>;
DevVarStateArray = seq<DevState>; DevCmdInfoList = seq<DevCmdInfo>; DevCmdInfoList_2 = seq<DevCmdInfo_2>;
DevErrorList = seq<DevError>; NamedDevErrorList = seq<NamedDevError>; AttributeConfigList = seq<AttributeConfig>;
AttributeConfigList_2 = seq<AttributeConfig_2>; AttributeConfigList_3 = seq<AttributeConfig_3>;
AttributeConfigList_5 = seq<AttributeConfig_5>; AttributeValueList = seq<AttributeValue>;
AttributeValueList_3 = seq<AttributeValue_3>; AttributeValueList_4 = seq<AttributeValue_4>;
AttributeValueList_5 = seq<AttributeValue_5>; PipeConfigList = seq<PipeConfig>;
DevVarPipeDataEltArray = seq<DevPipeDataElt>; DevCmdHistoryList = seq<DevCmdHistory>; EltInArrayList = seq<EltInArray>;
TimeValList = seq<TimeVal>; AttrQualityList = seq<AttrQuality>; AttributeDimList = seq<AttributeDim>;
DevErrorListList = seq<DevErrorList>; DevAttrHistoryList = seq<DevAttrHistory>;
DevAttrHistoryList_3 = seq<DevAttrHistory_3>
"""

_STRUCTS = """
DevVarLongStringArray: DevVarLongArray lvalue, DevVarStringArray svalue
DevVarDoubleStringArray: DevVarDoubleArray dvalue, DevVarStringArray svalue
DevEncoded: DevString encoded_format, DevVarCharArray encoded_data
JavaClntIdent: string MainClass, JavaUUID uuid
W3CTraceContextV0: string trace_parent, string trace_state
CppClntIdent_6: CppClntIdent cpp_clnt, TraceContext trace_context
JavaClntIdent_6: JavaClntIdent java_clnt, TraceContext trace_context
DevInfoVersion: string key, string value
DevInfo_6: string dev_class, string server_id, string server_host, long server_version, string doc_url,
    string dev_type, DevInfoVersionList version_info
TimeVal: long tv_sec, long tv_usec, long tv_nsec
DevCmdInfo: string cmd_name, long cmd_tag, long in_type, long out_type, string in_type_desc, string out_type_desc
DevCmdInfo_2: string cmd_name, DispLevel level, long cmd_tag, long in_type, long out_type, string in_type_desc,
    string out_type_desc
DevError: string reason, ErrSeverity severity, string desc, string origin
NamedDevError: string name, long index_in_call, DevErrorList err_list
AttributeConfig: string name, AttrWriteType writable, AttrDataFormat data_format, long data_type, long max_dim_x,
    long max_dim_y, string description, string label, string unit, string standard_unit, string display_unit,
    string format, string min_value, string max_value, string min_alarm, string max_alarm, string writable_attr_name,
    DevVarStringArray extensions
AttributeConfig_2: string name, AttrWriteType writable, AttrDataFormat data_format, long data_type, long max_dim_x,
    long max_dim_y, string description, string label, string unit, string standard_unit, string display_unit,
    string format, string min_value, string max_value, string min_alarm, string max_alarm, string writable_attr_name,
    DispLevel level, DevVarStringArray extensions
AttributeValue: any value, AttrQuality quality, TimeVal time, string name, long dim_x, long dim_y
AttributeDim: long dim_x, long dim_y
AttributeValue_3: any value, AttrQuality quality, TimeVal time, string name, AttributeDim r_dim, AttributeDim w_dim,
    DevErrorList err_list
AttributeValue_4: AttrValUnion value, AttrQuality quality, AttrDataFormat data_format, TimeVal time, string name,
    AttributeDim r_dim, AttributeDim w_dim, DevErrorList err_list
AttributeValue_5: AttrValUnion value, AttrQuality quality, AttrDataFormat data_format, long data_type, TimeVal time,
    string name, AttributeDim r_dim, AttributeDim w_dim, DevErrorList err_list
ChangeEventProp: string rel_change, string abs_change, DevVarStringArray extensions
PeriodicEventProp: string period, DevVarStringArray extensions
ArchiveEventProp: string rel_change, string abs_change, string period, DevVarStringArray extensions
EventProperties: ChangeEventProp ch_event, PeriodicEventProp per_event, ArchiveEventProp arch_event
AttributeAlarm: string min_alarm, string max_alarm, string min_warning, string max_warning, string delta_t,
    string delta_val, DevVarStringArray extensions
AttributeConfig_3: string name, AttrWriteType writable, AttrDataFormat data_format, long data_type, long max_dim_x,
    long max_dim_y, string description, string label, string unit, string standard_unit, string display_unit,
    string format, string min_value, string max_value, string writable_attr_name, DispLevel level,
    AttributeAlarm att_alarm, EventProperties event_prop, DevVarStringArray extensions,
    DevVarStringArray sys_extensions
AttributeConfig_5: string name, AttrWriteType writable, AttrDataFormat data_format, long data_type,
    boolean memorized, boolean mem_init, long max_dim_x, long max_dim_y, string description, string label,
    string unit, string standard_unit, string display_unit, string format, string min_value, string max_value,
    string writable_attr_name, DispLevel level, string root_attr_name, DevVarStringArray enum_labels,
    AttributeAlarm att_alarm, EventProperties event_prop, DevVarStringArray extensions,
    DevVarStringArray sys_extensions
PipeConfig: string name, string description, string label, DispLevel level, PipeWriteType writable,
    DevVarStringArray extensions
DevPipeDataElt: string name, AttrValUnion value, DevVarPipeDataEltArray inner_blob, string inner_blob_name
DevPipeBlob: string name, DevVarPipeDataEltArray blob_data
DevPipeData: string name, TimeVal time, DevPipeBlob data_blob
AttDataReady: string name, long data_type, long ctr
DevIntrChange: boolean dev_started, DevCmdInfoList_2 cmds, AttributeConfigList_5 atts
DevInfo: string dev_class, string server_id, string server_host, long server_version, string doc_url
DevInfo_3: string dev_class, string server_id, string server_host, long server_version, string doc_url,
    string dev_type
DevCmdHistory: TimeVal time, boolean cmd_failed, any value, DevErrorList errors
DevAttrHistory: boolean attr_failed, AttributeValue value, DevErrorList errors
DevAttrHistory_3: boolean attr_failed, AttributeValue_3 value
EltInArray: long start, long nb_elt
DevAttrHistory_4: string name, TimeValList dates, any value, AttrQualityList quals, EltInArrayList quals_array,
    AttributeDimList r_dims, EltInArrayList r_dims_array, AttributeDimList w_dims, EltInArrayList w_dims_array,
    DevErrorListList errors, EltInArrayList errors_array
DevAttrHistory_5: string name, AttrDataFormat data_format, long data_type, TimeValList dates, any value,
    AttrQualityList quals, EltInArrayList quals_array, AttributeDimList r_dims, EltInArrayList r_dims_array,
    AttributeDimList w_dims, EltInArrayList w_dims_array, DevErrorListList errors, EltInArrayList errors_array
DevCmdHistory_4: TimeValList dates, any value, AttributeDimList dims, EltInArrayList dims_array,
    DevErrorListList errors, EltInArrayList errors_array, long cmd_type
ZmqCallInfo: long version, ulong ctr, string method_name, DevVarCharArray oid, boolean call_is_except
"""

_EXCEPTIONS = """
DevFailed: DevErrorList errors
MultiDevFailed: NamedDevErrorList errors
"""

_UNIONS = """
TraceContext TraceContextFormat: W3C_TC_V0 W3CTraceContextV0 data
ClntIdent LockerLanguage: CPP CppClntIdent cpp_clnt, JAVA JavaClntIdent java_clnt, CPP_6 CppClntIdent_6 cpp_clnt_6,
    JAVA_6 JavaClntIdent_6 java_clnt_6
AttrValUnion AttributeDataType: ATT_BOOL DevVarBooleanArray bool_att_value,
    ATT_SHORT DevVarShortArray short_att_value, ATT_LONG DevVarLongArray long_att_value,
    ATT_LONG64 DevVarLong64Array long64_att_value, ATT_FLOAT DevVarFloatArray float_att_value,
    ATT_DOUBLE DevVarDoubleArray double_att_value, ATT_UCHAR DevVarCharArray uchar_att_value,
    ATT_USHORT DevVarUShortArray ushort_att_value, ATT_ULONG DevVarULongArray ulong_att_value,
    ATT_ULONG64 DevVarULong64Array ulong64_att_value, ATT_STRING DevVarStringArray string_att_value,
    ATT_STATE DevVarStateArray state_att_value, DEVICE_STATE DevState dev_state_att,
    ATT_ENCODED DevVarEncodedArray encoded_att_value, ATT_NO_DATA DevBoolean union_no_data
"""

_OPERATIONS = """
level 0
boolean _is_a(string id)
boolean _non_existent()
level 1
string _get_name()
string _get_description()
DevState _get_state()
string _get_status()
string _get_adm_name()
any command_inout(string command, any argin) raises DevFailed
AttributeConfigList get_attribute_config(DevVarStringArray names) raises DevFailed
void set_attribute_config(AttributeConfigList new_conf) raises DevFailed
AttributeValueList read_attributes(DevVarStringArray names) raises DevFailed
void write_attributes(AttributeValueList values) raises DevFailed
void ping() raises DevFailed
DevVarStringArray black_box(long n) raises DevFailed
DevInfo info() raises DevFailed
DevCmdInfoList command_list_query() raises DevFailed
DevCmdInfo command_query(string command) raises DevFailed
level 2
any command_inout_2(string command, any argin, DevSource source) raises DevFailed
AttributeValueList read_attributes_2(DevVarStringArray names, DevSource source) raises DevFailed
AttributeConfigList_2 get_attribute_config_2(DevVarStringArray names) raises DevFailed
DevCmdInfoList_2 command_list_query_2() raises DevFailed
DevCmdInfo_2 command_query_2(string command) raises DevFailed
DevCmdHistoryList command_inout_history_2(string command, long n) raises DevFailed
DevAttrHistoryList read_attribute_history_2(string name, long n) raises DevFailed
level 3
AttributeValueList_3 read_attributes_3(DevVarStringArray names, DevSource source) raises DevFailed
void write_attributes_3(AttributeValueList values) raises DevFailed MultiDevFailed
DevAttrHistoryList_3 read_attribute_history_3(string name, long n) raises DevFailed
DevInfo_3 info_3() raises DevFailed
AttributeConfigList_3 get_attribute_config_3(DevVarStringArray names) raises DevFailed
void set_attribute_config_3(AttributeConfigList_3 new_conf) raises DevFailed
level 4
DevAttrHistory_4 read_attribute_history_4(string name, long n) raises DevFailed
DevCmdHistory_4 command_inout_history_4(string command, long n) raises DevFailed
any command_inout_4(string command, any argin, DevSource source, ClntIdent cl_ident) raises DevFailed
AttributeValueList_4 read_attributes_4(DevVarStringArray names, DevSource source, ClntIdent cl_ident) raises DevFailed
void write_attributes_4(AttributeValueList_4 values, ClntIdent cl_ident) raises DevFailed MultiDevFailed
void set_attribute_config_4(AttributeConfigList_3 new_conf, ClntIdent cl_ident) raises DevFailed
AttributeValueList_4 write_read_attributes_4(AttributeValueList_4 values, ClntIdent cl_ident)
    raises DevFailed MultiDevFailed
level 5
AttributeConfigList_5 get_attribute_config_5(DevVarStringArray names) raises DevFailed
void set_attribute_config_5(AttributeConfigList_5 new_conf, ClntIdent cl_ident) raises DevFailed
AttributeValueList_5 read_attributes_5(DevVarStringArray names, DevSource source, ClntIdent cl_ident) raises DevFailed
AttributeValueList_5 write_read_attributes_5(AttributeValueList_4 values, DevVarStringArray r_names,
    ClntIdent cl_ident) raises DevFailed MultiDevFailed
DevAttrHistory_5 read_attribute_history_5(string name, long n) raises DevFailed
PipeConfigList get_pipe_config_5(DevVarStringArray names) raises DevFailed
void set_pipe_config_5(PipeConfigList new_conf, ClntIdent cl_ident) raises DevFailed
DevPipeData read_pipe_5(string name, ClntIdent cl_ident) raises DevFailed
void write_pipe_5(DevPipeData value, ClntIdent cl_ident) raises DevFailed
DevPipeData write_read_pipe_5(DevPipeData value, ClntIdent cl_ident) raises DevFailed
level 6
DevInfo_6 info_6() raises DevFailed
"""


class Primitive(NamedTuple):
    """A type of fixed size: its letter in `struct` formats, its size, which is its alignment too, its TypeCode kind."""

    letter: str
    size: int
    kind: int


class Basic(NamedTuple):
    """`string`, `any` or `void`."""

    name: str


class Enum(NamedTuple):
    """An enumeration: an unsigned long, the place of a label."""

    name: str
    labels: tuple[str, ...]


class Field(NamedTuple):
    """A member of a struct or a case of a union."""

    name: str
    type: str


class Struct(NamedTuple):
    """Members one after the other; nameless for a `tuple<...>`."""

    name: str
    fields: tuple[Field, ...]


class Union(NamedTuple):
    """The place of a label of the enumeration `discriminator`, then what the case of that place holds."""

    name: str
    discriminator: str
    cases: tuple[Field, ...]


class Sequence(NamedTuple):
    """A count, then so many elements."""

    element: str


class Array(NamedTuple):
    """So many elements without a count."""

    element: str
    length: int


Definition = Primitive | Basic | Enum | Struct | Union | Sequence | Array


class WireOperation(NamedTuple):
    """One operation: the interface level that has it first (0: every CORBA object), its arguments, its result, the
    exceptions that it may answer instead.
    """

    name: str
    level: int
    arguments: tuple[Field, ...]
    result: str
    raises: tuple[str, ...]

    @property
    def signature(self) -> str:
        """The type of all its arguments together."""
        return f"tuple<{','.join(argument.type for argument in self.arguments)}>"


PRIMITIVES = {
    "boolean": Primitive("?", 1, 8), "octet": Primitive("B", 1, 10), "short": Primitive("h", 2, 2),
    "ushort": Primitive("H", 2, 4), "long": Primitive("i", 4, 3), "ulong": Primitive("I", 4, 5),
    "longlong": Primitive("q", 8, 23), "ulonglong": Primitive("Q", 8, 24), "float": Primitive("f", 4, 6),
    "double": Primitive("d", 8, 7),
}  # fmt: skip


def _statements(text: str) -> Iterator[str]:
    return iter(text.strip().replace("\n    ", " ").split("\n"))


def _fields(text: str) -> tuple[Field, ...]:
    """The members in `type name, type name`."""
    pairs = (member.split() for member in text.split(", ") if member)
    return tuple(Field(name, type) for type, name in pairs)


def _structs(text: str) -> dict[str, Struct]:
    split = (statement.split(": ") for statement in _statements(text))
    return {name: Struct(name, _fields(members)) for name, members in split}


def _unions() -> dict[str, Union]:
    found = {}
    for statement in _statements(_UNIONS):
        head, cases = statement.split(": ")
        name, discriminator = head.split()
        by_label = {label: Field(member, type) for label, type, member in map(str.split, cases.split(", "))}
        found[name] = Union(name, discriminator, tuple(by_label[label] for label in ENUMS[discriminator].labels))
    return found


def _operations() -> Iterator[WireOperation]:
    level = 0
    for statement in _statements(_OPERATIONS):
        head, _, rest = statement.partition("(")
        first, second = head.split()
        if first == "level":
            level = int(second)
            continue
        arguments, _, raises = rest.partition(")")
        yield WireOperation(second, level, _fields(arguments), first, tuple(raises.split()[1:]))


ENUMS: dict[str, Enum] = {
    name: Enum(name, tuple(labels.split())) for name, labels in (line.split(": ") for line in _statements(_ENUMS))
}
ALIASES: dict[str, str] = dict(
    alias.strip().split(" = ") for line in _statements(_ALIASES) for alias in line.strip(";").split(";")
)
STRUCTS: dict[str, Struct] = _structs(_STRUCTS)
EXCEPTIONS: dict[str, Struct] = _structs(_EXCEPTIONS)
UNIONS: dict[str, Union] = _unions()
OPERATIONS: dict[str, WireOperation] = {operation.name: operation for operation in _operations()}

_NAMED: dict[str, Definition] = {
    **PRIMITIVES, **ENUMS, **STRUCTS, **EXCEPTIONS, **UNIONS,
    "string": Basic("string"), "any": Basic("any"), "void": Basic("void"),
}  # fmt: skip


def repository_id(name: str) -> str:
    """How CORBA calls an entry of the tables: `IDL:Tango/DevFailed:1.0`."""
    return f"IDL:Tango/{name}:1.0"


@cache
def definition(type: str) -> Definition:
    """What a type is made of, aliases resolved; KeyError for a name that the tables do not have."""
    if type in ALIASES:
        return definition(ALIASES[type])
    if type.startswith("seq<"):
        return Sequence(type[4:-1])
    if type.startswith("tuple<"):
        return Struct("", tuple(Field("", element) for element in type[6:-1].split(",") if element))
    if type.endswith("]"):
        element, _, length = type[:-1].partition("[")
        return Array(element, int(length))
    return _NAMED[type]
