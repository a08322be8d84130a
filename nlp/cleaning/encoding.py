"""Texts that were read in the wrong encoding, put right where that is beyond doubt."""

import ftfy

_CONFIG = ftfy.TextFixerConfig(unescape_html=False, explain=False)
LOST = "\ufffd"


def mend(text: str) -> str:
    """`text` as it was meant; unchanged where it is not really mojibake."""
    if text.isascii():
        return text
    return ftfy.fix_encoding(text, _CONFIG)
