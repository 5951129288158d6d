"""`EncodedAttribute`: images in DevEncoded values, in the formats that Tango's library defines (TYP-10).

`GRAY8`, `GRAY16` and `RGB24` are a head of four bytes (width and height, each 16 bits, high byte first) and the pixels
row by row: one byte, two bytes high byte first, or three bytes red, green, blue. `JPEG_GRAY8` and `JPEG_RGB` are JPEG
files; for these Pillow must be installed.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from enum import IntEnum
from importlib import import_module
from io import BytesIO
from typing import Any

from server_core.model.errors import DevFailed, Reason

_HEAD = 4
_LARGEST = 0xFFFF
_ORDER = sys.byteorder


class ExtractAs(IntEnum):
    """In what form a decoded image is wanted."""

    Numpy = 0
    ByteArray = 1
    Bytes = 2
    Tuple = 3
    List = 4
    String = 5
    PyTango3 = 6
    Nothing = 7


class EncodedAttribute:
    """One encoded image: `format` and `data`. A read method of a DevEncoded attribute may return it.

    Images are given as bytes (or any buffer) with `width` and `height`, as rows of pixels, or as a numpy array of two
    dimensions (three for RGB). Errors are DevFailed `API_EncodeErr` and `API_DecodeErr`.
    """

    def __init__(self) -> None:
        self.format = ""
        self.data = b""

    # ---- encoding

    def encode_gray8(self, gray8: Any, width: int = 0, height: int = 0) -> None:
        """Encode an image of 8-bit grey values."""
        self._plain("GRAY8", *_pixels(gray8, width, height, 1))

    def encode_gray16(self, gray16: Any, width: int = 0, height: int = 0) -> None:
        """Encode an image of 16-bit grey values; bytes have the machine's order."""
        width, height, data = _pixels(gray16, width, height, 2)
        self._plain("GRAY16", width, height, _high_byte_first(data))

    def encode_rgb24(self, rgb24: Any, width: int = 0, height: int = 0) -> None:
        """Encode an image of red, green and blue bytes; pixels that are numbers have red in their lowest byte."""
        self._plain("RGB24", *_pixels(rgb24, width, height, 3))

    def encode_jpeg_gray8(self, gray8: Any, width: int = 0, height: int = 0, quality: float = 100.0) -> None:
        """Encode an image of 8-bit grey values as JPEG; `quality` is 0 to 100."""
        self._jpeg("JPEG_GRAY8", "L", "L", _pixels(gray8, width, height, 1), quality)

    def encode_jpeg_rgb24(self, rgb24: Any, width: int = 0, height: int = 0, quality: float = 100.0) -> None:
        """Encode an image of red, green and blue bytes as JPEG."""
        self._jpeg("JPEG_RGB", "RGB", "RGB", _pixels(rgb24, width, height, 3), quality)

    def encode_jpeg_rgb32(self, rgb32: Any, width: int = 0, height: int = 0, quality: float = 100.0) -> None:
        """Encode an image of red, green, blue and unused bytes as JPEG."""
        self._jpeg("JPEG_RGB", "RGB", "RGBX", _pixels(rgb32, width, height, 4), quality)

    def _plain(self, name: str, width: int, height: int, data: bytes) -> None:
        self.format = name
        self.data = width.to_bytes(2, "big") + height.to_bytes(2, "big") + data

    def _jpeg(self, name: str, mode: str, raw: str, image: tuple[int, int, bytes], quality: float) -> None:
        width, height, data = image
        picture = _pillow(Reason.API_EncodeErr).frombytes(mode, (width, height), data, "raw", raw)
        file = BytesIO()
        picture.save(file, "JPEG", quality=round(quality))
        self.format, self.data = name, file.getvalue()

    # ---- decoding

    def decode_gray8(self, da: Any, extract_as: ExtractAs = ExtractAs.Numpy) -> Any:
        """The grey values of a `GRAY8` or `JPEG_GRAY8` image: a reading (DeviceAttribute) or a pair (format, bytes).

        A numpy array of shape (height, width), nested lists or tuples, or for bytes and strings a tuple
        (width, height, buffer).
        """
        name, data = _encoded_of(da)
        if name == "JPEG_GRAY8":
            return _extracted(*_from_jpeg(data, "L"), 1, extract_as)
        return _extracted(*_from_plain(name, data, "GRAY8", 1), 1, extract_as)

    def decode_gray16(self, da: Any, extract_as: ExtractAs = ExtractAs.Numpy) -> Any:
        """The grey values of a `GRAY16` image; as `decode_gray8`."""
        name, data = _encoded_of(da)
        width, height, pixels = _from_plain(name, data, "GRAY16", 2)
        return _extracted(width, height, _high_byte_first(pixels), 2, extract_as)

    def decode_rgb32(self, da: Any, extract_as: ExtractAs = ExtractAs.Numpy) -> Any:
        """The pixels of an `RGB24` or `JPEG_RGB` image as numbers with red in their lowest byte; as `decode_gray8`."""
        name, data = _encoded_of(da)
        width, height, pixels = _from_jpeg(data, "RGB") if name == "JPEG_RGB" else _from_plain(name, data, "RGB24", 3)
        return _extracted(width, height, _with_fourth_byte(pixels), 4, extract_as)


# ---- images as they are given


def _pixels(image: Any, width: int, height: int, depth: int) -> tuple[int, int, bytes]:
    """Width, height and bytes (`depth` a pixel, in the machine's order) of an image."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        data = bytes(image)
    elif isinstance(image, str):
        data = image.encode("latin-1")
    elif hasattr(image, "tobytes"):
        if image.ndim > 1:
            height, width = image.shape[:2]
        data = image.tobytes()
    else:
        rows = list(image)
        if rows and isinstance(rows[0], (bytes, bytearray, str, Sequence)):
            height, width = len(rows), len(rows[0]) // (depth if isinstance(rows[0], (bytes, bytearray, str)) else 1)
            data = b"".join(_row(row, depth) for row in rows)
        else:
            data = _row(rows, depth)
    if not 0 < width <= _LARGEST or not 0 < height <= _LARGEST or len(data) != width * height * depth:
        raise DevFailed.of(
            Reason.API_EncodeErr,
            f"{len(data)} bytes are no image of {width} x {height} pixels of {depth} bytes",
            "EncodedAttribute",
        )
    return width, height, data


def _row(row: Any, depth: int) -> bytes:
    if isinstance(row, str):
        return row.encode("latin-1")
    if isinstance(row, (bytes, bytearray)):
        return bytes(row)
    order = "little" if depth > 2 else _ORDER
    try:
        return b"".join(_pixel(pixel, depth, order) for pixel in row)
    except (OverflowError, TypeError) as error:
        raise DevFailed.of(
            Reason.API_EncodeErr, f"a pixel does not fit into {depth} bytes: {error}", "EncodedAttribute"
        ) from error


def _pixel(pixel: Any, depth: int, order: Any) -> bytes:
    return bytes(pixel) if isinstance(pixel, (tuple, list, bytes)) else int(pixel).to_bytes(depth, order)


def _high_byte_first(data: bytes) -> bytes:
    """16-bit values between the machine's order and the order of the format; the same both ways."""
    if _ORDER == "big":
        return data
    swapped = bytearray(data)
    swapped[0::2], swapped[1::2] = data[1::2], data[0::2]
    return bytes(swapped)


def _with_fourth_byte(data: bytes) -> bytes:
    wide = bytearray(len(data) // 3 * 4)
    for place in range(3):
        wide[place::4] = data[place::3]
    return bytes(wide)


# ---- images as they are wanted


def _encoded_of(value: Any) -> tuple[str, bytes]:
    """Format and bytes of a reading, a pair, or another EncodedAttribute."""
    if isinstance(value, EncodedAttribute):
        return value.format, value.data
    pair = getattr(value, "value", value)
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise DevFailed.of(Reason.API_DecodeErr, f"{value!r} is not an encoded value", "EncodedAttribute")
    return str(pair[0]), bytes(pair[1])


def _from_plain(name: str, data: bytes, wanted: str, depth: int) -> tuple[int, int, bytes]:
    if name != wanted:
        raise DevFailed.of(Reason.API_DecodeErr, f"Not a supported format: {name}, not {wanted}", "EncodedAttribute")
    width, height = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:_HEAD], "big")
    if len(data) != _HEAD + width * height * depth:
        raise DevFailed.of(
            Reason.API_DecodeErr,
            f"{len(data)} bytes are no {name} image of {width} x {height} pixels",
            "EncodedAttribute",
        )
    return width, height, data[_HEAD:]


def _from_jpeg(data: bytes, mode: str) -> tuple[int, int, bytes]:
    image = _pillow(Reason.API_DecodeErr)
    try:
        picture = image.open(BytesIO(data)).convert(mode)
    except OSError as error:
        raise DevFailed.of(Reason.API_DecodeErr, f"not a JPEG image: {error}", "EncodedAttribute") from error
    return picture.width, picture.height, picture.tobytes()


def _extracted(width: int, height: int, data: bytes, depth: int, extract_as: ExtractAs) -> Any:
    if extract_as is ExtractAs.Numpy:
        import numpy

        return numpy.frombuffer(data, dtype={1: "u1", 2: "u2", 4: "<u4"}[depth]).reshape(height, width)
    if extract_as is ExtractAs.String:
        return width, height, data.decode("latin-1")
    if extract_as in (ExtractAs.Bytes, ExtractAs.ByteArray):
        return width, height, data if extract_as is ExtractAs.Bytes else bytearray(data)
    kind = list if extract_as is ExtractAs.List else tuple
    flat = struct.unpack({1: "={}B", 2: "={}H", 4: "<{}I"}[depth].format(width * height), data)
    return kind(kind(flat[row * width : (row + 1) * width]) for row in range(height))


def _pillow(reason: str) -> Any:
    try:
        return import_module("PIL.Image")
    except ImportError as error:
        raise DevFailed.of(reason, "JPEG images need Pillow (pip install pillow)", "EncodedAttribute") from error
