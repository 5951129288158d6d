"""The tabs of a device."""
