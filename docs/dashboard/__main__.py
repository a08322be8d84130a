"""Packs the dashboards for a company's own database, as Superset imports them.

python -m docs.dashboard FILE.zip [SQLALCHEMY_URI]
"""

import sys
from pathlib import Path

from docs.dashboard.files import pack

if not 2 <= len(sys.argv) <= 3:
    raise SystemExit(__doc__)
pack(Path(sys.argv[1]), *sys.argv[2:])
