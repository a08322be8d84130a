"""The version of what BI may rely on."""

VERSION = "1.1"
