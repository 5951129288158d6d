"""Images in encoded values, byte by byte as Tango's library makes them."""

from __future__ import annotations

import importlib.util

import numpy
import pytest

from server_core import CmdArgType, DevFailed, EncodedAttribute
from server_core.model.conversion import to_scalar
from server_core.model.encoded import ExtractAs

GREY = [[1, 2, 3], [4, 5, 6]]
GREY16 = [[1, 2, 3], [4, 5, 0x1234]]
RGB = [[0x010203, 0x040506, 0x070809], [0x0A0B0C, 0x0D0E0F, 0x101112]]
HEAD = b"\x00\x03\x00\x02"


@pytest.mark.parametrize("image", [GREY, numpy.array(GREY, "u1"), [bytes(row) for row in GREY]])
def test_grey_images(image: object) -> None:
    """TYP-10"""
    encoded = EncodedAttribute()
    encoded.encode_gray8(image)
    assert to_scalar(CmdArgType.DevEncoded, encoded) == ("GRAY8", HEAD + bytes(range(1, 7)))
    assert encoded.decode_gray8(encoded).tolist() == GREY
    assert encoded.decode_gray8((encoded.format, encoded.data), ExtractAs.List) == GREY
    assert encoded.decode_gray8(encoded, ExtractAs.Bytes) == (3, 2, bytes(range(1, 7)))


@pytest.mark.parametrize("image", [GREY16, numpy.array(GREY16, "u2")])
def test_images_of_16_bits(image: object) -> None:
    """TYP-10"""
    encoded = EncodedAttribute()
    encoded.encode_gray16(image)
    assert encoded.data == HEAD + b"\0\1\0\2\0\3\0\4\0\5\x12\x34"
    assert encoded.decode_gray16(encoded).tolist() == GREY16
    assert encoded.decode_gray16(encoded, ExtractAs.Tuple) == tuple(map(tuple, GREY16))


def test_colour_images() -> None:
    """TYP-10"""
    encoded = EncodedAttribute()
    encoded.encode_rgb24(bytes(range(18)), 3, 2)
    assert (encoded.format, encoded.data) == ("RGB24", HEAD + bytes(range(18)))
    assert encoded.decode_rgb32(encoded).tolist() == [[131328, 328707, 526086], [723465, 920844, 1118223]]
    encoded.encode_rgb24(RGB)
    assert encoded.data[4:10] == bytes([3, 2, 1, 6, 5, 4])
    assert encoded.decode_rgb32(encoded, ExtractAs.List) == RGB


def test_what_is_no_image_is_refused() -> None:
    """TYP-10"""
    encoded = EncodedAttribute()
    with pytest.raises(DevFailed, match="API_EncodeErr: 5 bytes are no image of 3 x 2 pixels of 1 bytes"):
        encoded.encode_gray8(b"12345", 3, 2)
    with pytest.raises(DevFailed, match="a pixel does not fit into 1 bytes"):
        encoded.encode_gray8([[256]])
    with pytest.raises(DevFailed, match="API_DecodeErr: Not a supported format: RGB24, not GRAY8"):
        encoded.decode_gray8(("RGB24", b""))
    with pytest.raises(DevFailed, match="API_DecodeErr: 4 bytes are no GRAY8 image"):
        encoded.decode_gray8(("GRAY8", HEAD))


def test_jpeg_images() -> None:
    """TYP-10: with Pillow, else an error that says so."""
    encoded = EncodedAttribute()
    if importlib.util.find_spec("PIL") is None:
        with pytest.raises(DevFailed, match="API_EncodeErr: JPEG images need Pillow"):
            encoded.encode_jpeg_gray8([[0] * 8] * 8)
        return
    encoded.encode_jpeg_gray8([[100] * 8] * 8)
    assert (encoded.format, encoded.data[:2]) == ("JPEG_GRAY8", b"\xff\xd8")
    assert abs(int(encoded.decode_gray8(encoded)[0, 0]) - 100) < 3
