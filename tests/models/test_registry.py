from __future__ import annotations

import pytest

from risk_engine.errors import ReleaseError

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore:.*noload.*", "ignore::UserWarning"
)


def test_a_bundle_becomes_the_next_version_with_its_files_and_metrics(tmp_path, monkeypatch, model):
    registry = pytest.importorskip("risk_engine.models.registry", reason="needs the train extra (mlflow)")
    tracking = pytest.importorskip("mlflow.tracking")
    monkeypatch.chdir(tmp_path)
    bundle = tmp_path / "model"
    bundle.mkdir()
    for name, body in model.files().items():
        (bundle / name).write_bytes(body)
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert registry.register(bundle, {"auc": 0.81}, "sme_term_loan", uri) == "1"
    assert registry.register(bundle, {"auc": 0.82}, "sme_term_loan", uri) == "2"
    client = tracking.MlflowClient(uri, uri)
    version = client.get_model_version("sme_term_loan", "2")
    run = client.get_run(version.run_id)
    assert run.data.metrics == {"auc": 0.82}
    stored = {item.path for item in client.list_artifacts(version.run_id, "bundle")}
    assert stored == {f"bundle/{name}" for name in model.files()}
    with pytest.raises(ReleaseError, match="no bundle"):
        registry.register(tmp_path / "nowhere", {}, "sme_term_loan", uri)
