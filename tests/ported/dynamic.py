"""A residual gas analyser: attributes and commands that come and go while it runs."""

from server_core import (
    Attr,
    AttrQuality,
    AttrWriteType,
    CmdArgType,
    Device,
    DevState,
    SpectrumAttr,
    UserDefaultAttrProp,
    attribute,
    command,
)


class Analyser(Device):
    def init_device(self):
        super().init_device()
        self._values = {"mass_18": 1.0}
        self.set_state(DevState.RUNNING)

    def initialize_dynamic_attributes(self):
        self.add_mass("mass_18")
        self.add_command(command(f=self.Total, dtype_out=float), device_level=True)

    def add_mass(self, name, **keywords):
        self.add_attribute(
            attribute(name=name, dtype=float, access=AttrWriteType.READ_WRITE, unit="mbar", **keywords),
            r_meth=self.read_mass,
            w_meth=self.write_mass,
            is_allo_meth=self.is_mass_allowed,
        )

    def read_mass(self, attr):
        return self._values.setdefault(attr.get_name(), 0.0)

    def write_mass(self, attr):
        self._values[attr.get_name()] = attr.get_write_value()

    def is_mass_allowed(self, request):
        return self.get_state() == DevState.RUNNING

    def read_trace(self, attr):
        attr.set_value([1.0, 2.0, 3.0])

    def read_dated(self, attr):
        attr.set_value_date_quality(4.5, 1234.5, AttrQuality.ATTR_WARNING)

    def Total(self):
        return sum(self._values.values())

    @command(dtype_in=int)
    def AddMass(self, mass):
        self.add_mass(f"mass_{mass}", min_value=0, max_value=100, label=f"Mass {mass}")

    @command(dtype_in=int)
    def RemoveMass(self, mass):
        self.remove_attribute(f"mass_{mass}")

    @command
    def AddTraces(self):
        trace = SpectrumAttr("trace", CmdArgType.DevDouble, AttrWriteType.READ, 16)
        self.add_attribute(trace, self.read_trace)
        properties = UserDefaultAttrProp()
        properties.set_label("With a date")
        properties.set_unit("s")
        properties.set_min_alarm("-5")
        dated = Attr("dated", CmdArgType.DevDouble, AttrWriteType.READ)
        dated.set_default_properties(properties)
        self.add_attribute(dated, self.read_dated)

    @command(dtype_in=str)
    def Retype(self, name):
        self.add_attribute(attribute(name=name, dtype=int), r_meth=self.read_mass)

    @command
    def Pause(self):
        self.set_state(DevState.STANDBY)

    @command
    def Forget(self):
        self.remove_command("Total")


DEVICES = (Analyser,)
