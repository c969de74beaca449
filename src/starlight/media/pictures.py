"""Pictures in steps: a preview that travels with the words, a middle one, and the full one.

Each step is AVIF or WebP, whichever is smaller at qualities that look alike; what the camera wrote into the
file (place, time, its own name) is in none of them, as each is drawn anew from the pixels. All of it runs in
the media process.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError, features

from starlight.errors import InputError
from starlight.media.tasks import PIXELS_MAX, Drawn, MakeSteps, Picture, ShowPicture, Steps

PREVIEW_BYTES = 1000
"""At most: 38 s at 209 bit/s, beside the words."""

MIDDLE_BYTES = 20_000
"""At most: 13 min at 209 bit/s."""

PREVIEW_SIDES = (192, 160, 128, 96, 64, 40)
MIDDLE_SIDES = (1600, 1280, 960, 800, 640, 480, 320)
FULL_SIDE = 8192
"""Pixels of the longer side, from the largest that may fit to one that always does."""

AVIF_PIXELS_MAX = 16 * 10**6
"""Of a larger picture WebP is good enough: AVIF would take seconds and a gigabyte."""

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")
"""What cameras, telephones and screens make; each decoder more is one more that a stranger's bytes reach."""

_KINDS = {"JPEG": "image/jpeg", "TIFF": "image/tiff", "BMP": "image/bmp", "GIF": "image/gif"}
_HEIF = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")


class Quality:
    """The qualities at which AVIF and WebP look alike (measured: within 1 dB of each other).

    Args:
        avif, webp: of the two, 0 to 100.
        speed: of AVIF, 0 to 10; the slower, the smaller by some per cent.
    """

    def __init__(self, avif: int, webp: int, speed: int = 6) -> None:
        self.avif, self.webp, self.speed = avif, webp, speed


COARSE, FINE = Quality(40, 60), Quality(55, 78)
FULL = Quality(60, 82, speed=8)


def make_steps(task: MakeSteps) -> Steps:
    """Make the steps in which a picture travels.

    Raises:
        InputError: it is none that can be read here, has too many pixels, or is damaged.
    """
    with _opened(task.picture) as source:
        kind = _KINDS.get(source.format or "", f"image/{(source.format or '').lower()}")
        removed = () if task.keep else tuple(_told_by(source))
        frames = int(getattr(source, "n_frames", 1))
        upright = _upright(source)
    full = _smallest(_within(upright, FULL_SIDE), FULL)
    if task.keep:
        full = Picture(task.picture, kind, *upright.size)
    preview = _fitting(upright, PREVIEW_SIDES, PREVIEW_BYTES)
    # One that saves less than half is not worth its bundle.
    middle = _fitting(upright, MIDDLE_SIDES, MIDDLE_BYTES) if len(full.data) > 2 * MIDDLE_BYTES else None
    return Steps(preview, middle, full, removed, frames)


def show(task: ShowPicture) -> Drawn:
    """Draw a picture anew for a browser; errors as of `make_steps`."""
    with _opened(task.picture) as source:
        upright = _within(_upright(source), task.side_max)
    return Drawn(_encoded(upright, "WEBP", quality=90, method=1))


def _opened(picture: bytes) -> Image.Image:
    """Return a picture whose header alone has been read: its size is known before a pixel is."""
    if not picture:
        raise InputError("the picture has 0 bytes", where="picture", right="Choose another")
    # Ours below is the limit that is told; Pillow's own would first warn, then raise at twice as many.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(BytesIO(picture), formats=FORMATS)
    except UnidentifiedImageError:
        raise _no_picture(picture) from None
    except (OSError, ValueError, SyntaxError, RuntimeError):
        raise _damaged() from None
    width, height = image.size
    if width * height > PIXELS_MAX or not (width and height):
        right = f"It has at most {PIXELS_MAX // 10**6} million pixels; make it smaller, or send it as a file"
        raise InputError(f"the picture has {width} x {height} pixels", where="picture", right=right)
    return image


def _no_picture(picture: bytes) -> InputError:
    if picture[4:12] in _HEIF:
        right = "Send it as JPEG: a telephone's setting calls that the most compatible format; or as a file"
        return InputError("HEIC pictures can't be read here", where="picture", right=right)
    right = f"Such are {', '.join(FORMATS)}; send anything else as a file"
    return InputError("it is no picture that can be read here", where="picture", right=right)


def _damaged() -> InputError:
    right = "It may have been cut off on its way; take it from where it was made"
    return InputError("the picture is damaged", where="picture", right=right)


def _upright(source: Image.Image) -> Image.Image:
    """Return the pixels of a picture as they are to be looked at: upright, in the colours of screens."""
    try:
        source.seek(0)
        source.load()
        image = ImageOps.exif_transpose(source)
        profile = source.info.get("icc_profile")
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError, TypeError):
        raise _damaged() from None
    alpha = image.mode in ("RGBA", "LA", "PA") or "transparency" in source.info
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _in_screen_colours(image, profile, "RGBA" if image.mode == "RGBA" else "RGB")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _in_eight_bits(image)
    image = image.convert("RGBA" if alpha else "RGB")
    image.info = {}  # Where Pillow keeps the profile, the camera's words and comments: they end here.
    return image


def _in_screen_colours(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    """Return a picture in sRGB; a profile that can't be read changes nothing."""
    try:
        screen = ImageCms.createProfile("sRGB")
        found = ImageCms.profileToProfile(image, BytesIO(profile), screen, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return found or image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Return a picture of finer steps of grey, as measuring cameras make it, with its brightest as white."""
    levels = np.asarray(image, np.float64)
    return Image.fromarray((levels * (255 / max(1.0, float(levels.max())))).clip(0, 255).astype(np.uint8))


def _told_by(source: Image.Image) -> Iterable[str]:
    """Yield the kinds of things that the camera wrote into a picture."""
    try:
        exif = source.getexif()
        if exif.get_ifd(ExifTags.IFD.GPSInfo):
            yield "place"
        # Of the orientation alone nobody learns anything.
        if set(exif) - {ExifTags.Base.Orientation} or "xmp" in source.info or "comment" in source.info:
            yield "camera"
    except (OSError, ValueError, SyntaxError, TypeError, KeyError):
        yield "camera"


def _within(image: Image.Image, side: int) -> Image.Image:
    if max(image.size) <= side:
        return image
    smaller = image.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    return smaller


def _fitting(image: Image.Image, sides: tuple[int, ...], most: int) -> Picture:
    """Return a picture as large as fits into so many bytes, and then as fine."""
    for side in sides:
        smaller = _within(image, side)
        found = _smallest(smaller, COARSE)
        if len(found.data) <= most:
            finer = _smallest(smaller, FINE)
            return finer if len(finer.data) <= most else found
    # Of noise alone: as coarse as there is.
    return _encoded(_within(image, sides[-1]), "WEBP", quality=1, method=6)


def _smallest(image: Image.Image, quality: Quality) -> Picture:
    """Return a picture in the one of two formats in which it is smaller."""
    found = [_encoded(image, "WEBP", quality=quality.webp, method=4)]
    if features.check("avif") and image.width * image.height <= AVIF_PIXELS_MAX:
        found.append(_encoded(image, "AVIF", quality=quality.avif, speed=quality.speed))
    return min(found, key=lambda each: len(each.data))


def _encoded(image: Image.Image, kind: str, **options: int) -> Picture:
    file = BytesIO()
    image.save(file, kind, **options)
    return Picture(file.getvalue(), f"image/{kind.lower()}", *image.size)
