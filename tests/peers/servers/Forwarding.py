"""A device whose attributes are those of another one, which its attributes' property `__root_att` names."""

from __future__ import annotations

from server_core import Device, attribute


class Forwarding(Device):
    near = attribute(name="near", label="Near", forwarded=True)
    ready = attribute(name="ready", forwarded=True)


if __name__ == "__main__":
    Forwarding.run_server()
