"""Pictures: the steps in which one travels, what is taken out of it, and what is no picture."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ExifTags, Image, ImageCms

from starlight.errors import InputError
from starlight.media import pictures
from starlight.media.tasks import MakeSteps, Picture, ShowPicture

Pixels = npt.NDArray[np.uint8]


def landscape(width: int, height: int, noise: float = 2.0) -> Image.Image:
    """Return a drawn landscape: sky, hills, and the noise of a camera."""
    draw = np.random.default_rng(7)
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    hills = 0.55 + 0.1 * np.sin(9 * across) + 0.05 * np.sin(31 * across + 1) + 0.02 * np.sin(77 * across)
    ground = down > hills
    base = np.stack((210 - 60 * down, 170 - 40 * down, 140 - 10 * down), axis=-1)
    base[ground] *= (0.5 + 0.3 * np.sin(40 * across * down))[ground][:, None] ** 0.3
    noisy = base + draw.normal(0, noise, base.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def file_of(image: Image.Image, kind: str = "JPEG", **more: object) -> bytes:
    """Return a picture as a file."""
    file = BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def opened(picture: Picture) -> Image.Image:
    """Return a step as an image."""
    image = Image.open(BytesIO(picture.data))
    assert f"image/{(image.format or '').lower()}" == picture.media_type
    assert image.size == (picture.width, picture.height)
    return image


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Return the peak signal-to-noise ratio of two pictures, in dB."""
    difference = np.asarray(one.convert("RGB"), float) - np.asarray(other.convert("RGB"), float)
    return float(10 * np.log10(255**2 / (difference**2).mean()))


def png_header(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG that claims to have so many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


PHOTO = landscape(1600, 1200, 6.0)
PHOTO_FILE = file_of(PHOTO, quality=92)


def test_a_photograph_travels_in_three_steps() -> None:
    """A preview of 1 kB, a middle step of 20 kB and the full picture, each true to the photograph."""
    steps = pictures.make_steps(MakeSteps(PHOTO_FILE))
    assert steps.middle is not None
    assert len(steps.preview.data) <= 1000
    assert 5_000 <= len(steps.middle.data) <= 20_000
    assert (steps.full.width, steps.full.height) == PHOTO.size
    assert len(steps.full.data) < len(PHOTO_FILE)
    for step, least in ((steps.preview, 27), (steps.middle, 28), (steps.full, 30)):
        assert psnr(opened(step), PHOTO.resize(opened(step).size, Image.Resampling.LANCZOS)) >= least


def test_a_small_picture_has_no_middle_step() -> None:
    """Where the full picture is about as small as a middle one, there is none between."""
    steps = pictures.make_steps(MakeSteps(file_of(landscape(320, 240))))
    assert steps.middle is None
    assert len(steps.full.data) <= 40_000


@pytest.mark.parametrize("side", [3000, 4])
def test_noise_and_narrow_pictures_fit_as_well(side: int) -> None:
    """A picture that nothing makes small fits into its steps, and so does one a few pixels high."""
    noise = np.random.default_rng(3).integers(0, 255, (300, side, 3)).astype(np.uint8)
    steps = pictures.make_steps(MakeSteps(file_of(Image.fromarray(noise), "PNG")))
    assert len(steps.preview.data) <= pictures.PREVIEW_BYTES
    assert steps.middle is None or len(steps.middle.data) <= pictures.MIDDLE_BYTES


def with_exif(orientation: int) -> bytes:
    """Return a photograph whose left half is red, which tells where it was taken, and to be turned."""
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Model] = "SECRETCAM"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (37.0, 33.0, 59.0)
    return file_of(image, exif=exif.tobytes(), comment=b"SECRETCOMMENT")


def test_a_picture_is_turned_as_its_camera_says() -> None:
    """A photograph whose camera lay on its side is upright in each step, without being told so."""
    steps = pictures.make_steps(MakeSteps(with_exif(6)))
    for step in (steps.preview, steps.full):
        image = opened(step).convert("RGB")
        assert image.size == (40, 80)
        red, _, blue = (int(level) for level in np.asarray(image)[10, 20])
        assert red > 200 > blue
        assert not image.getexif()


def test_what_the_camera_wrote_is_in_no_step() -> None:
    """Neither place nor camera nor comment is in any step, and their author is told what was taken out."""
    source = with_exif(1)
    assert b"SECRETCAM" in source
    steps = pictures.make_steps(MakeSteps(source))
    assert steps.removed == ("place", "camera")
    for step in (steps.preview, steps.full):
        assert b"SECRET" not in step.data
        assert "exif" not in opened(step).info


def test_on_purpose_the_file_is_sent_as_it_is() -> None:
    """Who keeps what the camera wrote sends the very file; its preview still tells nothing."""
    source = with_exif(6)
    steps = pictures.make_steps(MakeSteps(source, keep=True))
    assert steps.full == Picture(source, "image/jpeg", 40, 80)
    assert steps.removed == ()
    assert b"SECRET" not in steps.preview.data


def test_colours_of_another_profile_become_those_of_screens() -> None:
    """A picture in another profile is converted to sRGB, and its profile left out."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    screen = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = file_of(landscape(64, 48, 0), "PNG", icc_profile=screen)
    steps = pictures.make_steps(MakeSteps(plain))
    assert "icc_profile" not in opened(steps.full).info
    # A profile that does not fit is passed over: better its colours than no picture.
    assert pictures.make_steps(MakeSteps(file_of(landscape(64, 48, 0), "PNG", icc_profile=profile)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_all_kinds_of_pixels_can_be_sent(mode: str) -> None:
    """Black and white, grey, palettes, transparency, print colours and 16 bits all have steps."""
    plain = landscape(120, 90)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(plain.convert("L"), np.uint16) * 200)
    else:
        image = plain.convert("RGBA").convert(mode) if mode in ("LA", "RGBA") else plain.convert(mode)
    steps = pictures.make_steps(MakeSteps(file_of(image, "TIFF")))
    full = opened(steps.full)
    assert full.size == (120, 90)
    assert np.asarray(full.convert("L"), float).std() > 10


def test_of_a_moving_picture_the_first_frame_goes() -> None:
    """The steps of a moving picture are of its first frame, and their author is told how many there were."""
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    steps = pictures.make_steps(MakeSteps(file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])))
    assert steps.frames == 3
    assert opened(steps.full).convert("RGB").getpixel((15, 15))[0] > 200  # type: ignore[index]


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (b"", "0 bytes"),
        (b"<svg onload=alert(1)>", "no picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60), "HEIC"),
        (png_header(50_000, 50_000), "50000 x 50000"),
        (png_header(300, 300, zlib.compress(bytes(100))), "damaged"),
        (PHOTO_FILE[: len(PHOTO_FILE) // 2], "damaged"),
        (PHOTO_FILE[:300], "damaged|no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "no picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(picture: bytes, told: str) -> None:
    """Nothing, markup, unknown formats, too many pixels and files cut off are refused with a reason."""
    with pytest.raises(InputError, match=told):
        pictures.make_steps(MakeSteps(picture))
    with pytest.raises(InputError, match=told):
        pictures.show(ShowPicture(picture, 100))


def test_a_picture_is_drawn_anew_to_be_shown() -> None:
    """A browser is given WebP of our own drawing, upright and no larger than it asks for."""
    shown = pictures.show(ShowPicture(with_exif(6), 20)).picture
    assert (shown.media_type, shown.width, shown.height) == ("image/webp", 10, 20)
    assert b"SECRET" not in shown.data
