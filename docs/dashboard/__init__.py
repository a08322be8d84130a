"""Two ready-made Superset dashboards over the views of BI, written to `docs/bi/superset/` by `make docs`.

`charts.py` says what they show; the other modules write that down in the format that Superset exports and imports.
"""
