"""Mail: quoted replies, forwarded heads, signatures and legal footers."""


def own_words(text: str, found: set[str]) -> str:
    """`text` without what the mail client or the company's template added; names what it met in `found`."""
    return text
