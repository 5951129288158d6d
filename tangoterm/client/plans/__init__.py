"""What proxies can do, as plans: one module for each part of a device.

Every function takes the device's handle first; the rest are the parameters of the proxy method.
"""
