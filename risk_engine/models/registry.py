"""The model registry: runs and registered bundles in MLflow. Serving never reads it; it reads a directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from risk_engine.errors import ReleaseError

ARTIFACT_FOLDER = "bundle"


def register(bundle_dir: Path, metrics: Mapping[str, float], name: str, tracking_uri: str) -> str:
    """Log a bundle with its metrics as one run and register it as the next version of a model.

    Args:
        bundle_dir: The bundle's directory; every file in it is kept.
        metrics: Figures of the evaluation.
        name: The registered model; made where it does not exist.
        tracking_uri: MLflow's store, for instance ``sqlite:///mlflow.db``.

    Returns:
        The version's number, as MLflow writes it.

    Raises:
        ReleaseError: There is no bundle, or the store refuses.
    """
    if not bundle_dir.is_dir() or not any(bundle_dir.iterdir()):
        raise ReleaseError(f"no bundle in {bundle_dir}", hint="train one first")
    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    try:
        experiment = client.get_experiment_by_name(name)
        experiment_id = client.create_experiment(name) if experiment is None else experiment.experiment_id
        run = client.create_run(experiment_id)
        for metric, value in metrics.items():
            client.log_metric(run.info.run_id, metric, value)
        client.log_artifacts(run.info.run_id, str(bundle_dir), ARTIFACT_FOLDER)
        client.set_terminated(run.info.run_id)
        if not client.search_registered_models(f"name = '{name}'"):
            client.create_registered_model(name)
        source = f"{run.info.artifact_uri}/{ARTIFACT_FOLDER}"
        return str(client.create_model_version(name, source, run.info.run_id).version)
    except MlflowException as error:
        raise ReleaseError(f"MLflow refused the bundle: {error.message}", hint="check the tracking URI") from error
