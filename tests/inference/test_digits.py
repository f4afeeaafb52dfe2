"""Preprocessing of drawings and photographs of a digit into the format of MNIST."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from lifelong import datasets
from lifelong.data import image_files
from lifelong.data.image_files import FORMATS, MAX_PIXELS, MAX_SIDE, open_image
from lifelong.errors import LifelongError
from lifelong.inference.digits import to_digit


def seven(
    side: int = 280,
    shift: tuple[int, int] = (0, 0),
    width: int = 18,
    ink: int = 0,
    paper: int = 255,
) -> Image.Image:
    """Returns a seven drawn with a thick pen."""
    image = Image.new("L", (side, side), paper)
    x, y = shift
    ImageDraw.Draw(image).line(
        [(90 + x, 70 + y), (190 + x, 70 + y), (120 + x, 210 + y)],
        fill=ink,
        width=width,
        joint="curve",
    )
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Returns the content of a file of this kind."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def centre(digit: np.ndarray) -> tuple[float, float]:
    """Returns row and column of the centre of mass."""
    mass = digit.astype(float)
    return tuple((mass.sum(1 - axis) @ np.arange(28)) / mass.sum() for axis in (0, 1))


def close(a: np.ndarray, b: np.ndarray) -> bool:
    """Returns whether two digits differ by less than 4 levels a pixel."""
    return float(np.abs(a.astype(int) - b.astype(int)).mean()) < 4


SEVEN = to_digit(seven())


def test_a_digit_is_white_on_black_in_28_by_28():
    assert SEVEN.shape == (28, 28) and SEVEN.dtype == np.uint8
    assert SEVEN.max() > 240 and (SEVEN[0] == 0).all() and (SEVEN[:, 0] == 0).all()


@pytest.mark.parametrize(
    "image",
    [
        seven(),
        seven(width=6),
        seven(width=40),
        seven(side=400, shift=(60, 90)),
        seven().resize((90, 280)),
        seven().resize((280, 90)),
        seven().rotate(30, fillcolor=255),
    ],
    ids=["plain", "thin", "thick", "off-centre", "narrow", "flat", "turned"],
)
def test_a_digit_fills_a_box_of_20_and_its_centre_of_mass_is_in_the_middle(image):
    digit = to_digit(image)
    rows, columns = np.nonzero(digit)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    assert all(abs(c - 14) <= 0.51 for c in centre(digit))


def test_either_polarity_of_ink_gives_the_same_digit():
    for ink, paper in ((255, 0), (0, 255)):
        assert np.array_equal(to_digit(seven(ink=ink, paper=paper)), SEVEN)
    assert close(to_digit(seven(ink=90, paper=230)), SEVEN) and close(
        to_digit(seven(ink=200, paper=40)), SEVEN
    )
    assert close(to_digit(ImageOps.invert(seven())), SEVEN)


@pytest.mark.parametrize("shift", [(-80, -60), (80, 0), (0, 60), (-33, 17), (75, 55)])
def test_the_position_of_a_drawing_does_not_change_a_bit(shift):
    assert np.array_equal(to_digit(seven(shift=shift)), SEVEN)


@pytest.mark.parametrize("side", [56, 140, 560, 1000, 2000])
def test_the_size_of_a_drawing_hardly_matters(side):
    assert close(to_digit(seven().resize((side, side), Image.Resampling.BICUBIC)), SEVEN)


def transparent(ink: int, alpha_only: bool) -> Image.Image:
    """Returns the seven in this ink on a transparent background."""
    alpha = ImageOps.invert(seven())
    colour = (
        Image.new("L", alpha.size, ink)
        if alpha_only
        else Image.composite(Image.new("L", alpha.size, ink), Image.new("L", alpha.size, 0), alpha)
    )
    return Image.merge("RGBA", [colour, colour, colour, alpha])


@pytest.mark.parametrize("ink", [0, 60, 200, 255])
def test_transparency_counts_as_paper_whatever_the_ink(ink):
    assert close(to_digit(transparent(ink, alpha_only=True)), SEVEN)


def test_colours_of_transparent_pixels_do_not_matter():
    assert close(to_digit(transparent(255, alpha_only=False)), SEVEN)


def test_an_opaque_picture_with_an_alpha_channel_is_an_opaque_picture():
    for image in (seven(), ImageOps.invert(seven())):
        assert np.array_equal(to_digit(image.convert("RGBA")), SEVEN)


def with_transparent_colour() -> Image.Image:
    image = seven().convert("P")
    image.info["transparency"] = image.getpixel((0, 0))
    return image


MODES = {
    "1": seven().convert("1"),
    "L": seven(),
    "RGB": seven().convert("RGB"),
    "CMYK": seven().convert("RGB").convert("CMYK"),
    "LA": seven().convert("LA"),
    "P": seven().convert("P"),
    "P, transparent": with_transparent_colour(),
    "YCbCr": seven().convert("RGB").convert("YCbCr"),
    "I;16": Image.fromarray(np.asarray(seven()).astype(np.uint16) * 257),
    "I": Image.fromarray(np.asarray(seven()).astype(np.int32)),
    "F": Image.fromarray(np.asarray(seven()).astype(np.float32)),
    "red": ImageOps.colorize(seven(), (220, 0, 0), "white"),
    "I, 16 bits": Image.fromarray(np.asarray(seven()).astype(np.int32) * 257),
}


@pytest.mark.parametrize("mode", MODES)
def test_any_mode_of_picture_gives_the_digit(mode):
    assert close(to_digit(MODES[mode]), SEVEN)


FILES = {
    "PNG": saved(seven()),
    "JPEG": saved(seven(), "JPEG", quality=90),
    "JPEG, CMYK": saved(MODES["CMYK"], "JPEG", quality=95),
    "WEBP": saved(seven().convert("RGB"), "WEBP"),
    "GIF": saved(seven(), "GIF"),
    "BMP": saved(seven(), "BMP"),
    "TIFF": saved(seven(), "TIFF"),
    "PPM": saved(seven(), "PPM"),
    "PNG, 16 bits": saved(MODES["I;16"]),
    "PNG, palette": saved(MODES["P, transparent"]),
    "PNG, alpha": saved(transparent(0, True)),
    "JPEG, large": saved(seven().resize((3000, 3000)), "JPEG"),
}


@pytest.mark.parametrize("kind", FILES)
def test_any_kind_of_file_gives_the_digit(kind):
    assert close(to_digit(open_image(FILES[kind])), SEVEN)
    assert close(to_digit(open_image(io.BytesIO(FILES[kind]))), SEVEN)


def test_a_photograph_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    content = saved(seven().rotate(90), "JPEG", quality=95, exif=exif)
    assert close(to_digit(open_image(content)), SEVEN)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("L", (280, 280), 255),
        Image.new("L", (280, 280), 0),
        Image.new("L", (280, 280), 128),
        Image.new("RGBA", (280, 280), (0, 0, 0, 0)),
        Image.new("RGBA", (50, 50), (255, 255, 255, 0)),
        Image.new("L", (1, 1), 0),
        Image.new("L", (1, 1), 255),
        Image.new("L", (1, 40), 255),
        Image.new("1", (9, 1)),
        Image.fromarray(np.random.default_rng(0).integers(250, 256, (60, 60)).astype(np.uint8)),
    ],
    ids=[
        "white",
        "black",
        "grey",
        "clear",
        "clear white",
        "1x1 black",
        "1x1 white",
        "1x40",
        "9x1",
        "faint noise",
    ],
)
def test_a_picture_without_contrast_is_blank(image):
    assert to_digit(image) is None


@pytest.mark.parametrize("size", [(28, 28), (5, 5), (280, 280), (1000, 1000)])
def test_a_single_dot_of_ink_is_a_digit_of_its_own(size):
    image = Image.new("L", size, 255)
    image.putpixel((size[0] // 2, size[1] // 2), 0)
    digit = to_digit(image)
    assert digit is not None and digit.shape == (28, 28) and digit.max() > 200
    assert all(abs(c - 14) <= 0.51 for c in centre(digit))


@pytest.mark.parametrize("size", [(1, 60), (60, 1), (2, 60), (1, 5000)])
def test_a_picture_one_pixel_wide_is_taken(size):
    image = Image.new("L", size, 255)
    for k in range(max(size) // 3, max(size) // 2):
        image.putpixel((0, k) if size[1] > size[0] else (k, 0), 0)
    digit = to_digit(image)
    assert digit is not None and digit.max() > 200 and digit.shape == (28, 28)


def test_ink_that_touches_the_edge_is_not_taken_for_paper():
    image = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(image).line([(140, 0), (140, 279)], fill=0, width=30)
    digit = to_digit(image)
    assert digit[13, 14] > 200 and digit[13, 5] == 0


# Files that are not pictures


def png_of(width: int, height: int) -> bytes:
    """Returns a PNG file that declares this size and contains no pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"),
    [(10_000, 5_001), (10_000, 10_000), (20_000, 20_000), (60_000, 60_000), (2**31 - 1, 1)],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_picture_is_refused_before_it_is_decoded(width, height, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("was decoded"))
    with pytest.raises(
        LifelongError,
        match=r"^The picture has [^\n]* pixels; "
        rf"give one of at most {MAX_PIXELS // 1_000_000} million\.$",
    ):
        open_image(png_of(width, height))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\0" * 1000,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"GIF",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
    ],
)
def test_a_file_that_is_no_picture_is_one_sentence(content):
    with pytest.raises(
        LifelongError,
        match=r"^That (file is not a picture that can be read; give one of PNG, "
        r"|picture is damaged)[^\n]*\.$",
    ):
        open_image(content)


def test_formats_that_are_not_allowed_are_not_tried():
    with pytest.raises(LifelongError, match="not a picture that can be read"):
        open_image(saved(seven().convert("RGB"), "EPS"))
    assert "EPS" not in FORMATS


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "PPM", "PNG, 16 bits"])
def test_a_truncated_picture_is_one_sentence(kind):
    for share in (0.5, 0.9):
        content = FILES[kind]
        with pytest.raises(LifelongError, match=r"^That [^\n]*\.$"):
            open_image(content[: int(share * len(content))])


@pytest.mark.parametrize(("reader", "says"), [(("PNG",), "damaged or only half"), ((), "JPEG")])
def test_a_truncated_heic_picture_has_the_sentence_of_a_truncated_picture(
    monkeypatch, reader, says
):
    """The sentence names the package that is missing where HEIC cannot be read."""
    monkeypatch.setattr(image_files, "HEIC", reader)
    for rest in (0, 200):
        with pytest.raises(LifelongError, match=says):
            open_image(b"\0\0\0\x18ftypheic" + bytes(rest))


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's own about damaged tags
@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "JPEG, large"])
def test_damaged_pictures_are_read_or_refused_and_nothing_else(kind):
    """Truncated files and flipped bytes give a picture or one sentence."""
    draw = np.random.default_rng(0)
    content = FILES[kind]
    for trial in range(40):
        damaged = bytearray(content if trial % 2 else content[: draw.integers(1, len(content))])
        for position in draw.integers(0, min(len(damaged), 400 if trial % 4 else len(damaged)), 3):
            damaged[position] = draw.integers(0, 256)
        try:
            digit = to_digit(open_image(bytes(damaged)))
        except LifelongError as error:
            assert "\n" not in str(error) and str(error).endswith(".")
        else:
            assert digit is None or digit.shape == (28, 28)


def test_a_large_picture_is_reduced_before_it_is_processed():
    image = open_image(FILES["JPEG, large"])
    assert MAX_SIDE <= max(image.size) <= 3000 / 2


# MNIST itself


@pytest.mark.parametrize("polarity", ["white on black", "black on white"])
def test_a_digit_of_mnist_pasted_on_a_large_canvas_comes_back_close(polarity):
    sample = datasets.load("mnist-sample")
    distances = []
    for image in sample.test_images[:200:4, 0].numpy():
        canvas = Image.new("L", (280, 280), 0)
        canvas.paste(Image.fromarray(image).resize((140, 140), Image.Resampling.BICUBIC), (20, 90))
        digit = to_digit(canvas if polarity == "white on black" else ImageOps.invert(canvas))
        distances.append(np.abs(digit.astype(float) - image).mean())
    assert (
        np.mean(distances) < 12 and np.max(distances) < 30
    )  # of 255; two digits of one class differ by 30 to 40


def test_a_digit_of_mnist_itself_stays_nearly_as_it_is():
    sample = datasets.load("mnist-sample")
    distances = [
        np.abs(to_digit(Image.fromarray(image)).astype(float) - image).mean()
        for image in sample.test_images[::40, 0].numpy()
    ]
    assert np.mean(distances) < 5
