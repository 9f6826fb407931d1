# SPDX-License-Identifier: BSD-3-Clause
"""Where the project keeps what the tests need."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BERTH = Path(os.environ.get("BERTH_PROGRAM") or ROOT / "build/release/bin/berth")
STOPPABLE_BERTH = Path(os.environ.get("BERTH_STOP_POINTS_PROGRAM") or ROOT / "build/stop-points/bin/berth")
SLURM_TEST_ENV = ROOT / "slurm-test-env"
# With JupyterHub's newest release; NOTEBOOK_VENV_5 has the newest of its generation 5.
NOTEBOOK_VENV = Path(os.environ.get("BERTH_NOTEBOOK_VENV") or "/var/tmp/berth-notebook-venv")
NOTEBOOK_VENV_5 = NOTEBOOK_VENV.with_name(NOTEBOOK_VENV.name + "-5")
MOCK_SERVER = Path(__file__).resolve().parent / "mock_singleuser.py"
MOCK_NOTEBOOK = BERTH.parent / "mock_notebook_server"  # the same in C++: by the thousand
BAD_DISK = BERTH.parent / "bad_disk.so"
CHROMIUM = Path("/usr/bin/chromium")
