from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

from risk_engine.models.canonical import canonical_json

SCRIPT = """
import json, sys
from pathlib import Path

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pandas", "sklearn", "optbinning", "pyarrow", "mlflow"}:
            raise ImportError(name + " is refused here")

sys.meta_path.insert(0, Refuse())
import numpy as np
from risk_engine.facts import Fact
from risk_engine.models import DefaultProbabilityModel

folder = Path(sys.argv[1])
facts = tuple(Fact.from_json(plain) for plain in json.loads((folder / "facts").read_text()))
files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix}
model = DefaultProbabilityModel.from_files(facts, files)
rows = np.load(folder / "rows.npz")
said = model.predict(rows["values"], rows["states"])
model.contributions(rows["values"], rows["states"], 560.0)
print(json.dumps(said.default_probability.tolist()))
"""


def test_scoring_needs_no_training_library(tmp_path, model, portfolio):
    matrix, _ = portfolio
    for name, body in model.files().items():
        (tmp_path / name).write_bytes(body)
    (tmp_path / "facts").write_bytes(canonical_json([fact.to_json() for fact in model.facts]))
    np.savez(tmp_path / "rows.npz", values=matrix.values, states=matrix.states)
    ran = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    expected = model.predict(matrix.values, matrix.states).default_probability.tolist()
    assert json.loads(ran.stdout) == expected
