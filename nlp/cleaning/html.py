"""HTML and entities to text, only where the text really is HTML: « <3 » and « a < b » stay."""

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_NAMES = (
    "a|abbr|address|article|b|big|blockquote|body|br|button|center|code|col|dd|del|div|dl|dt|em|font|footer|form"
    "|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|meta|nav|o:p|ol|option|p|pre|q|s|script"
    "|section|select|small|span|strike|strong|style|sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt"
    "|u|ul|video|xml"
)
# `[^<>]` can't run past the next bracket, so a megabyte of `<p <p <p` stays linear.
_TAG = re.compile(rf"</?(?:{_NAMES})(?:\s[^<>]{{0,4000}}|\s*/)?>|<!--|<!doctype\b", re.IGNORECASE)
_BLOCK = re.compile(
    r"(?=<(?:p|div|br|hr|li|tr|h[1-6]|blockquote|table|ul|ol|dl|dd|dt|section|article|header|footer|pre)\b)"
    r"|(?<=</p>)|(?<=</div>)|(?<=</li>)|(?<=</tr>)|(?<=</h[1-6]>)|(?<=</table>)|(?<=</ul>)|(?<=</blockquote>)",
    re.IGNORECASE,
)
_CELL = re.compile(r"(?=<t[dh]\b)", re.IGNORECASE)
_HIDDEN = "script, style, head, title, template, noscript, textarea, iframe, svg, object, [hidden]"
_QUOTES = "blockquote, .gmail_quote, .yahoo_quoted, .moz-cite-prefix ~ *"
# Parsing takes quadratic time in the depth; what is nested deeper than anyone writes is cut by rule instead.
_DEEPEST = 2000
_ANY_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,4000}>")
_ENTITY = re.compile(r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_BARE_ENTITY = re.compile(r"&(?:amp;)*(nbsp|amp|lt|gt|quot)(?![\w;=])")
_AMP = re.compile(r"&(?:amp;)+")


def looks_like_html(text: str) -> bool:
    """Whether `text` holds at least one real tag."""
    return "<" in text and _TAG.search(text) is not None


def entities(text: str) -> str:
    """Character references resolved however often they were escaped (`&amp;amp;eacute;` -> `é`)."""
    if "&" not in text:
        return text
    text = _ENTITY.sub(_resolve, text)
    text = _BARE_ENTITY.sub(lambda found: html.unescape(f"&{found[1]};"), text)
    return _AMP.sub("&", text)


def _resolve(found: re.Match[str]) -> str:
    return html.unescape(_AMP.sub("&", found[0]))


def to_text(text: str) -> str:
    """The words of an HTML text: blocks on lines of their own, quoted blocks marked by `> `, scripts gone."""
    marked = _CELL.sub(" ", _BLOCK.sub("\n", re.sub(r"\s+", " ", text)))
    if text.count("<") - 2 * text.count("</") > _DEEPEST:
        return _ANY_TAG.sub(" ", marked)
    tree = LexborHTMLParser(marked)
    for node in tree.css(_HIDDEN):
        node.decompose()
    root = tree.body or tree.root
    if root is None:
        return ""
    for quote in tree.css("blockquote"):
        if not _inside_quote(quote):
            quote.replace_with(_as_quote(quote.text()))
    return root.text()


def _inside_quote(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == "blockquote":
            return True
        parent = parent.parent
    return False


def _as_quote(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n>\n" + "".join(f"> {line}\n" for line in lines)
