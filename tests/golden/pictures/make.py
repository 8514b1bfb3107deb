"""Makes the pictures of this folder, with Pillow and tifffile, and what is in them.

    python make.py        # Pillow 13.0, tifffile 2026.3, pyzstd 0.20, numpy 2.4

`expected.json` has for each file its numbers, row by row, as they were given to the writer (or to the few lines of PNG and TIFF
below, for what those two do not write); `labels` where they differ from the numbers, `spacing` where the file says it, or `error`, a
part of the message.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pyzstd
import tifffile
from PIL import Image

HERE = Path(__file__).parent
EXPECTED = {}
RANDOM = np.random.default_rng(7)


def note(name, values, labels=None, error=None, back=None, spacing=None):
    """What a file holds; `back` says how Pillow reads it, where it reads what was stored."""
    values = np.asarray(values)
    found = {"shape": list(values.shape[::-1]), "dtype": values.dtype.name, "values": values.ravel().tolist()}
    if spacing is not None:
        found["spacing"] = spacing
    if labels is not None:
        found["labels"] = np.asarray(labels).ravel().tolist()
    if error is not None:
        found = {"error": error}
    EXPECTED[name] = found
    if back is not None:
        with Image.open(HERE / name) as image:
            assert np.array_equal(np.asarray(image.convert(back) if back != image.mode else image), values), name


def labels(high, shape=(7, 11)):
    return RANDOM.integers(0, high, shape)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(rows, bits):
    """Rows of numbers as bytes."""
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in rows]
    text = ["".join(f"{value:0{bits}b}" for value in row) for row in rows]
    return [int(line.ljust((len(line) + 7) // 8 * 8, "0"), 2).to_bytes((len(line) + 7) // 8, "big") for line in text]


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(values, bits, colour=0, interlaced=False, palette=None):
    """A PNG by the standard, without filters."""
    height, width = values.shape
    parts = [values[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [values]
    data = b"".join(b"\0" + row for part in parts if part.size for row in packed(part, bits))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, int(interlaced))
    chunks = [chunk(b"IHDR", header)]
    if palette is not None:
        chunks.append(chunk(b"PLTE", bytes(palette)))
    return b"\x89PNG\r\n\x1a\n" + b"".join([*chunks, chunk(b"IDAT", zlib.compress(data)), chunk(b"IEND", b"")])


def voc(colours):
    """The palette of PASCAL VOC: the bits of a label, spread over red, green and blue."""
    palette = []
    for label in range(colours):
        colour = [0, 0, 0]
        for bit in range(8):
            for part in range(3):
                colour[part] |= ((label >> (3 * bit + part)) & 1) << (7 - bit)
        palette += colour
    return palette


def pngs():
    few = labels(4).astype(np.uint8)
    Image.fromarray(few).save(HERE / "grey8.png")
    note("grey8.png", few, back="L")
    mask = (labels(2) * 255).astype(np.uint8)
    Image.fromarray(mask).save(HERE / "mask255.png")
    note("mask255.png", mask, labels=mask // 255, back="L")
    Image.fromarray(mask == 255).save(HERE / "mask1bit.png")
    note("mask1bit.png", mask // 255)
    deep = labels(40000).astype(np.uint16)
    Image.fromarray(deep).save(HERE / "grey16.png")
    note("grey16.png", deep)
    void = np.where(labels(9) == 0, 255, labels(3)).astype(np.uint8)
    image = Image.fromarray(void, mode="L")
    image = Image.frombytes("P", image.size, void.tobytes())
    image.putpalette(voc(256))
    image.save(HERE / "voc.png")
    note("voc.png", void, back="P")
    image.save(HERE / "transparent.png", transparency=0)
    note("transparent.png", void, back="P")
    for bits in (1, 2, 4):
        values = labels(1 << bits).astype(np.uint8)
        image = Image.frombytes("P", values.shape[::-1], values.tobytes())
        image.putpalette(voc(1 << bits))
        image.save(HERE / f"palette{bits}.png", bits=bits)
        note(f"palette{bits}.png", values, back="P")
    Image.frombytes("P", mask.shape[::-1], (mask // 255).tobytes()).save(HERE / "palette_default.png")
    note("palette_default.png", mask // 255)
    values = labels(6).astype(np.uint8)
    full = np.full_like(values, 255)
    Image.fromarray(np.dstack([values] * 3)).save(HERE / "grey_as_rgb.png")
    note("grey_as_rgb.png", values)
    Image.fromarray(np.dstack([values] * 3 + [full])).save(HERE / "grey_as_rgba.png")
    note("grey_as_rgba.png", values)
    Image.fromarray(np.dstack([values, full])).save(HERE / "grey_alpha.png")
    note("grey_alpha.png", values)
    coloured = np.dstack([values] * 3)
    coloured[4, 3] = [128, 0, 5]
    Image.fromarray(coloured).save(HERE / "colours.png")
    note("colours.png", values, error="pixel (3, 4) has the colour (128, 0, 5)")
    faded = np.dstack([values, full])
    faded[2, 9, 1] = 254
    Image.fromarray(faded).save(HERE / "faded.png")
    note("faded.png", values, error="pixel (9, 2) is more or less transparent")
    for bits in (2, 4):
        values = labels(1 << bits)
        (HERE / f"grey{bits}.png").write_bytes(png(values, bits))
        note(f"grey{bits}.png", values)
    for bits in (1, 4, 8, 16):
        values = labels(1 << bits)
        (HERE / f"interlaced{bits}.png").write_bytes(png(values, bits, interlaced=True))
        note(f"interlaced{bits}.png", values)
    values = labels(4)
    (HERE / "interlaced_palette.png").write_bytes(png(values, 2, 3, True, voc(4)))
    note("interlaced_palette.png", values, back="P")
    frames = [Image.fromarray(labels(3).astype(np.uint8)) for _ in range(2)]
    frames[0].save(HERE / "animated.png", save_all=True, append_images=frames[1:])
    note("animated.png", values, error="an animated PNG cannot be read")


def bmps():
    few = labels(4).astype(np.uint8)
    Image.fromarray(few).save(HERE / "grey8.bmp")
    note("grey8.bmp", few, back="L")
    mask = (labels(2) * 255).astype(np.uint8)
    Image.fromarray(mask).save(HERE / "mask255.bmp")
    note("mask255.bmp", mask, labels=mask // 255, back="L")
    Image.fromarray(mask == 255).save(HERE / "mask1bit.bmp")
    note("mask1bit.bmp", mask // 255)
    void = np.where(labels(9) == 0, 255, labels(3)).astype(np.uint8)
    image = Image.frombytes("P", void.shape[::-1], void.tobytes())
    image.putpalette(voc(256))
    image.save(HERE / "voc.bmp")
    note("voc.bmp", void, back="P")
    values = labels(6).astype(np.uint8)
    Image.fromarray(np.dstack([values] * 3)).save(HERE / "grey_as_rgb.bmp")
    note("grey_as_rgb.bmp", values)
    Image.fromarray(np.dstack([values] * 3 + [np.full_like(values, 255)])).save(HERE / "grey_as_rgba.bmp")
    note("grey_as_rgba.bmp", values)
    coloured = np.dstack([values] * 3)
    coloured[4, 3] = [128, 0, 5]
    Image.fromarray(coloured).save(HERE / "colours.bmp")
    note("colours.bmp", values, error="pixel (3, 4) has the colour (128, 0, 5)")
    # Rows from above: a negative height, and the rows the other way round.
    data = bytearray((HERE / "grey8.bmp").read_bytes())
    start, stride = struct.unpack_from("<I", data, 10)[0], 12
    rows = [data[start + stride * y : start + stride * (y + 1)] for y in range(7)]
    data[start:] = b"".join(reversed(rows))
    struct.pack_into("<i", data, 22, -7)
    (HERE / "from_above.bmp").write_bytes(data)
    note("from_above.bmp", few, back="L")
    # Four bits, which Pillow reads and does not write.
    values = labels(16).astype(np.uint8)
    rows = [row.ljust(8, b"\0") for row in packed(values[::-1], 4)]
    palette = b"".join(bytes([*voc(16)[3 * i : 3 * i + 3][::-1], 0]) for i in range(16))
    header = struct.pack("<2sIII", b"BM", 14 + 40 + 64 + 56, 0, 14 + 40 + 64)
    header += struct.pack("<IiiHHIIiiII", 40, 11, 7, 1, 4, 0, 56, 0, 0, 16, 0)
    (HERE / "palette4.bmp").write_bytes(header + palette + b"".join(rows))
    note("palette4.bmp", values, back="P")


def tiff(name, values, spacing=None, error=None, **options):
    """A file of tifffile's."""
    tifffile.imwrite(HERE / name, values, **{"photometric": "minisblack", "metadata": None, **options})
    assert error or np.array_equal(tifffile.imread(HERE / name), values), name
    note(name, values, spacing=spacing, error=error)


def packed_by_hand(name, values, predictor, order="<"):
    """One strip with Zstandard, which Pillow's libtiff was built without, or with a predictor of floats."""
    size, (height, width) = values.itemsize, values.shape
    kind = {"u": 1, "i": 2, "f": 3}[values.dtype.kind]
    data = values.astype(values.dtype.newbyteorder(order))
    if predictor == 2:
        data = np.diff(data, axis=1, prepend=data.dtype.type(0)).astype(data.dtype)
    if predictor == 3:
        planes = values.astype(values.dtype.newbyteorder(">")).view(np.uint8).reshape(height, width, size)
        planes = planes.transpose(0, 2, 1).reshape(height, width * size)
        data = np.diff(planes, axis=1, prepend=np.uint8(0)).astype(np.uint8)
    data = data.tobytes()
    data = pyzstd.compress(data) if predictor < 3 else zlib.compress(data)
    tags = [(256, width), (257, height), (258, 8 * size), (259, 50000 if predictor < 3 else 8), (262, 1)]
    tags += [(273, 8 + 2 + 12 * 11 + 4), (277, 1), (278, height), (279, len(data)), (317, predictor), (339, kind)]
    start = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8) + struct.pack(order + "H", len(tags))
    start += b"".join(struct.pack(order + "HHII", tag, 4, 1, value) for tag, value in tags)
    (HERE / name).write_bytes(start + struct.pack(order + "I", 0) + data)
    note(name, values)


def tiffs():
    for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"):
        values = labels(100).astype(kind) - (np.array(3, kind) if kind[0] != "u" else np.array(0, kind))
        tiff(f"{kind}.tif", values)
        tiff(f"{kind}_big_endian.tif", values, byteorder=">")
    deep = labels(40000).astype(np.uint16)
    tiff("bigtiff.tif", deep, bigtiff=True)
    tiff("bigtiff_big_endian.tif", deep, bigtiff=True, byteorder=">")
    tiff("strips.tif", deep, rowsperstrip=2)
    tiff("strips_deflate.tif", deep, rowsperstrip=3, compression="zlib")
    tiff("deflate_predictor.tif", deep, compression="zlib", predictor=2)
    tiff("deflate_predictor_big_endian.tif", deep, compression="zlib", predictor=2, byteorder=">")
    wide = labels(5, (37, 50)).astype(np.uint8)
    tiff("tiles.tif", wide, tile=(16, 32))
    tiff("tiles_deflate.tif", wide.astype(np.uint16), tile=(16, 16), compression="zlib", predictor=2, byteorder=">")
    mask = (labels(2) * 255).astype(np.uint8)
    tifffile.imwrite(HERE / "mask255.tif", mask, photometric="minisblack", metadata=None)
    note("mask255.tif", mask, labels=mask // 255)
    stack = labels(6, (4, 7, 11)).astype(np.uint8)
    tiff("stack.tif", stack)
    tiff("stack_shaped.tif", stack, metadata={})
    tiff("stack_deflate.tif", stack.astype(np.int16), compression="zlib", rowsperstrip=2)
    tiff("stack_tiles.tif", labels(6, (3, 20, 17)).astype(np.uint8), tile=(16, 16), compression="zlib")
    imagej = {"unit": "um", "spacing": 2.5, "axes": "ZYX"}
    resolution = {"imagej": True, "resolution": (2.0, 4.0)}
    tiff("imagej.tif", stack, spacing=[0.0005, 0.00025, 0.0025], metadata=imagej, **resolution)
    tiff("imagej_no_unit.tif", stack, metadata={"axes": "ZYX"}, imagej=True)
    channels = {"imagej": True, "error": "a TIFF stack over channels cannot be read"}
    tiff("imagej_channels.tif", stack[:, None].repeat(2, 1), metadata={"axes": "ZCYX"}, **channels)
    sizes = {"axes": "ZYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 3, "PhysicalSizeZUnit": "mm"}
    tiff("ome.ome.tif", stack, spacing=[0.00025, 0.0005, 3.0], ome=True, metadata=sizes)
    times = {"ome": True, "error": "a TIFF stack over times cannot be read"}
    tiff("ome_times.ome.tif", stack, metadata={"axes": "TYX"}, **times)
    tiff("four_axes.tif", stack[None].repeat(2, 0), metadata={}, error="a TIFF stack over more axes than three")
    tiff("nnunet.tif", stack, spacing=[0.5, 0.75, 3.0])
    (HERE / "nnunet.json").write_text('{"spacing": [3.0, 0.75, 0.5]}')
    # The resolution of a printer is no size of a voxel.
    tiff("inches.tif", deep, resolution=(72, 72), resolutionunit="INCH")
    tiff("white.tif", mask, photometric="miniswhite", error="a TIFF in which 0 is white cannot be read")
    coloured = np.dstack([mask, mask, mask // 255])
    error = "and a label map has one number per pixel"
    tiff("colours.tif", coloured, photometric="rgb", error=error)
    tifffile.imwrite(HERE / "grey_as_rgb.tif", np.dstack([deep] * 3), photometric="rgb", metadata=None, byteorder=">")
    note("grey_as_rgb.tif", deep)
    planes = np.stack([mask] * 3)
    tiff("planes.tif", planes, photometric="rgb", planarconfig="separate", error="with colours in planes")
    tiff("complex.tif", deep.astype(np.complex64), error="a TIFF with complex numbers of 64 bits cannot be read")
    with tifffile.TiffWriter(HERE / "pages_differ.tif") as file:
        file.write(stack[0], photometric="minisblack", metadata=None)
        file.write(wide, photometric="minisblack", metadata=None)
    note("pages_differ.tif", wide, error="a TIFF whose pages differ (11 x 7 of u8 and 50 x 37 of u8)")
    with tifffile.TiffWriter(HERE / "with_thumbnail.tif") as file:
        file.write(wide, photometric="minisblack", metadata=None)
        file.write(wide[::2, ::2], photometric="minisblack", metadata=None, subfiletype=1)
    note("with_thumbnail.tif", wide)
    # What libtiff packs, through Pillow.
    for name in ("tiff_lzw", "packbits", "tiff_adobe_deflate", "tiff_deflate"):
        Image.fromarray(wide).save(HERE / f"{name}.tif", compression=name)
        note(f"{name}.tif", wide)
    Image.fromarray(labels(60000, (90, 60)).astype(np.uint16)).save(HERE / "lzw16.tif", compression="tiff_lzw")
    with Image.open(HERE / "lzw16.tif") as image:
        note("lzw16.tif", np.asarray(image))
    Image.fromarray(wide).save(HERE / "lzw_predictor.tif", compression="tiff_lzw", tiffinfo={317: 2})
    note("lzw_predictor.tif", wide)
    Image.fromarray(wide).save(HERE / "jpeg.tif", compression="jpeg")
    note("jpeg.tif", wide, error="a TIFF with JPEG compression cannot be read")
    Image.fromarray(mask == 255).save(HERE / "mask1bit.tif")
    note("mask1bit.tif", mask // 255)
    Image.fromarray(mask == 255).save(HERE / "fax.tif", compression="group4")
    note("fax.tif", mask // 255, error="with fax compression")
    void = np.where(labels(9) == 0, 255, labels(3)).astype(np.uint8)
    image = Image.frombytes("P", void.shape[::-1], void.tobytes())
    image.putpalette(voc(256))
    image.save(HERE / "voc.tif")
    note("voc.tif", void, back="P")
    frames = [Image.fromarray(slice) for slice in stack]
    frames[0].save(HERE / "pillow_stack.tif", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    note("pillow_stack.tif", stack)
    packed_by_hand("zstd.tif", deep, 1)
    packed_by_hand("zstd_predictor.tif", deep, 2, ">")
    packed_by_hand("float_predictor.tif", labels(1000).astype(np.float32) / 7, 3)
    packed_by_hand("float_predictor_big_endian.tif", labels(1000).astype(np.float64) / 7, 3, ">")
    with tifffile.TiffFile(HERE / "float_predictor.tif") as file:
        assert file.pages[0].predictor == 3
    # What tifffile says of its own accord: the shape, with the samples behind those of a page.
    described = {"photometric": "rgb"}
    tifffile.imwrite(HERE / "grey_as_rgb_shaped.tif", np.dstack([deep] * 3), **described)
    note("grey_as_rgb_shaped.tif", deep)
    tifffile.imwrite(HERE / "grey_as_rgb_stack.tif", np.stack([stack] * 3, -1), **described)
    note("grey_as_rgb_stack.tif", stack)
    sizes = {"axes": "ZYXS", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.5, "PhysicalSizeZ": 3}
    tifffile.imwrite(HERE / "grey_as_rgb.ome.tif", np.stack([stack] * 3, -1), ome=True, metadata=sizes, **described)
    note("grey_as_rgb.ome.tif", stack, spacing=[0.00025, 0.0005, 0.003])
    # OME in XML that other programs write, with SizeZ behind what its name is a part of.
    element = "<o:Pixels PhysicalSizeZ='3' PhysicalSizeX = '0.25' PhysicalSizeXUnit='&#xB5;m' PhysicalSizeY='0.5' SizeC='1' SizeT='{}' SizeZ='{}'/>"
    xml = "<?xml version='1.0'?><o:OME xmlns:o='http://www.openmicroscopy.org/Schemas/OME/2016-06'><o:Image ID='Image:0'>" + element
    for name, sizes, found in [
        ("ome_prefix.ome.tif", (1, 4), {"spacing": [0.00025, 0.0005, 0.003]}),
        ("ome_prefix_times.ome.tif", (4, 1), {"error": "a TIFF stack over times cannot be read"}),
        ("ome_prefix_other.ome.tif", (1, 5), {"error": "a TIFF of 4 pages whose description tells of 5"}),
    ]:
        text = (xml + "</o:Image></o:OME>").format(*sizes)
        tifffile.imwrite(HERE / name, stack, photometric="minisblack", description=text, metadata=None)
        note(name, stack, **found)
    # libtiff undoes no predictor there; tifffile does.
    tifffile.imwrite(HERE / "packbits_predictor.tif", deep, photometric="minisblack", compression="packbits", predictor=2)
    note("packbits_predictor.tif", deep, error="a TIFF with PackBits and predictor 2 cannot be read")


if __name__ == "__main__":
    pngs()
    bmps()
    tiffs()
    jpeg = np.zeros((16, 16), np.uint8)
    jpeg[4:9, 4:9] = 255
    Image.fromarray(jpeg).save(HERE / "mask.jpg")
    note("mask.jpg", jpeg, error="JPEG is not a format that is read; it changes the numbers of a label map")
    text = ",\n".join(f" {json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(EXPECTED.items()))
    (HERE / "expected.json").write_text("{\n" + text + "\n}\n")
    print(len(EXPECTED), "files")
