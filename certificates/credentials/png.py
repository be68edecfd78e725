"""A credential baked into a picture: it travels in a PNG's text, which readers of Open Badges look for."""

from io import BytesIO

from PIL import Image, PngImagePlugin

KEY = "openbadgecredential"


class PictureError(ValueError):
    """The bytes are no PNG that can be read."""


def bake(picture: bytes, credential: str) -> bytes:
    """The picture with the credential inside: JSON with its proof, or a JWT. One that was inside before is replaced."""
    with _opened(picture) as image:
        info = PngImagePlugin.PngInfo()
        info.add_itxt(KEY, credential)
        out = BytesIO()
        image.save(out, "PNG", pnginfo=info, optimize=False)
        return out.getvalue()


def baked(picture: bytes) -> str | None:
    """The credential inside a picture; None if there is none. Raises PictureError."""
    with _opened(picture) as image:
        try:
            image.load()  # Text may stand behind the picture.
        except (OSError, ValueError, SyntaxError) as error:
            raise PictureError(str(error)) from error
        text = getattr(image, "text", {}).get(KEY)
        return str(text) if text is not None else None


def _opened(picture: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(picture), formats=["PNG"])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError("the picture is no PNG") from error
