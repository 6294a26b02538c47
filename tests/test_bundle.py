"""A release: the same bytes twice, refused when anything in it changed, never lost to a failed write."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import math
import random
import shutil

import msgspec
import pytest

from risk_engine.batch import documents
from risk_engine.bundle import load_release, write_release
from risk_engine.decision.underwrite import underwrite
from risk_engine.errors import PolicyFaults, ReleaseError
from risk_engine.study import Study, train
from risk_engine.study.dataset import load_dataset
from tests.conftest import SAMPLE, STUDIES
from tests.releases import contents, manifest_of, signed_anew

PLAIN = (
    "boosting.json", "boundary.json", "calibration.json", "features.json", "golden.jsonl", "master_scale.json",
    "model.json", "scorecard.json",
)  # fmt: skip
JUNK = (None, True, -1, 1.5, math.inf, 10**400, "x", [], {}, [{"x": [None]}])


@pytest.fixture
def copied(release_dir, tmp_path):
    return shutil.copytree(release_dir, tmp_path / "release")


def spoil(folder, name, path, value):
    """Put a value in place of one node of a model's file, and sign."""
    file = folder / "model" / name
    texts = file.read_text().splitlines() if name == "golden.jsonl" else [file.read_text()]
    plain = [json.loads(text) for text in texts]
    *above, last = path if name == "golden.jsonl" else (0, *path)
    node = plain
    for key in above:
        node = node[key]
    node[last] = value
    # JSON has no infinity, but numbers that a reader may take for it
    file.write_text("".join(json.dumps(one).replace("Infinity", "1e400") + "\n" for one in plain))
    return signed_anew(folder)


def refusal(folder):
    with pytest.raises(ReleaseError) as told:
        load_release(folder)
    assert told.value.hint, "it says what to do"
    assert "\n" not in str(told.value)
    return str(told.value)


def test_training_twice_writes_the_same_bytes(release, release_dir, tmp_path):
    again = train(Study.load(STUDIES / "sample_sme.yaml"), tmp_path / "again")
    assert (again.id, again.model_id, again.policy_id) == (release.id, release.model_id, release.policy_id)
    assert contents(tmp_path / "again") == contents(release_dir)


def test_a_release_is_named_by_its_manifest(release, release_dir):
    assert release.id == hashlib.sha256((release_dir / "release.json").read_bytes()).hexdigest()
    assert release.terms.synthetic
    assert release.model.facts == tuple(release.plan.facts[place] for place in release.columns)


def test_signing_anew_what_was_not_changed_changes_no_part(copied, release):
    signed = load_release(signed_anew(copied))
    assert (signed.model_id, signed.policy_id) == (release.model_id, release.policy_id)


def test_no_release_there(tmp_path):
    assert "no release at" in refusal(tmp_path / "nothing")
    assert "risk-engine train" in refusal(tmp_path)


@pytest.mark.parametrize(
    "name", ["model/scorecard.json", "model/model_card.md", "policy/policy.yaml", "policy/rules/offer.yaml"]
)
def test_any_difference_is_named_by_its_file(copied, name):
    file = copied / name
    whole = file.read_bytes()
    file.write_bytes(whole + b"\n")
    assert f"{name} was changed" in refusal(copied)
    file.unlink()
    assert f"{name} is missing" in refusal(copied)
    file.write_bytes(whole)
    (file.parent / "more.yaml").write_bytes(b"")
    told = refusal(copied)
    assert f"{name.rpartition('/')[0]}/more.yaml was added" in told
    assert "train it again" in told


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"model": 1}', b"\xff", b'"\xff"'])
def test_a_broken_manifest(copied, text):
    (copied / "release.json").write_bytes(text)
    assert "release.json is broken" in refusal(copied)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(approved_by="nobody"),
        lambda manifest: manifest["policy"].update(approved_by="nobody"),
    ],
)
def test_a_manifest_with_a_key_nobody_defined(copied, change):
    manifest_of(copied, change)
    assert "release.json is broken: Object contains unknown field `approved_by`" in refusal(copied)


def test_the_first_day_is_the_policy_s_own(copied, release):
    manifest_of(copied, lambda manifest: manifest.update(effective_from="2001-01-01"))
    told = f"says effective_from 2001-01-01, its policy says {release.policy.effective_from}"
    assert told in refusal(copied)


@pytest.mark.parametrize("name", ["extra.txt", "model/extra.txt", "policy/rules/extra.txt", "notes/extra.txt"])
def test_what_the_manifest_does_not_name_is_refused(copied, name):
    file = copied / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    stray = "notes" if name.startswith("notes") else name
    assert f"{copied.name}/{stray} was added" in refusal(copied)
    file.unlink()
    file.symlink_to("nowhere")
    assert f"{copied.name}/{stray} was added" in refusal(copied)
    file.unlink()
    file.symlink_to(copied / "policy", target_is_directory=True)
    assert f"{copied.name}/{stray} was added" in refusal(copied)


def test_a_file_that_leads_nowhere_is_missing(copied):
    (copied / "model" / "model_card.md").unlink()
    (copied / "model" / "model_card.md").symlink_to("nowhere")
    assert "model/model_card.md is missing" in refusal(copied)


def test_hidden_files_are_no_part_of_a_release(copied, release):
    for folder in (copied, copied / "model", copied / "policy"):
        (folder / ".DS_Store").write_bytes(b"")
    assert load_release(copied).id == release.id


def test_an_id_that_is_not_the_files(copied):
    manifest_of(copied, lambda manifest: manifest["policy"].update(id="0" * 64))
    assert "the id of policy does not match its files" in refusal(copied)


@pytest.mark.parametrize("name", [*PLAIN, "boosting.txt"])
@pytest.mark.parametrize("text", [b"", b"{", b"\xff"])
def test_a_file_that_is_not_what_its_name_says(copied, name, text):
    (copied / "model" / name).write_bytes(text)
    assert refusal(signed_anew(copied)).startswith(
        (f"{name} is broken: ", f"{name} has no line", "no golden vectors in")
    )


SPOILED = {
    "a truth for lines": ("calibration.json", ("lines",), True, "Expected `object`, got `bool` - at `$.lines`"),
    "a component without a line": ("calibration.json", ("lines",), {}, "model is broken: 'scorecard'"),
    "a numbered grade": ("master_scale.json", ("grades", 0, 0), 1, "Expected `str`, got `int` - at `$.grades[0][0]`"),
    "no floor": ("master_scale.json", ("floor",), 0, "bounds rise from above the floor, which is above 0"),
    "a number for an expression": ("features.json", (0, "expression"), 1.5, "feature 1 of features.json is broken"),
    "no expression": ("features.json", (0, "expression"), "1 +", "features.json is broken: '1 +' is no expression"),
    "a clip without ends": ("features.json", (0, "clip"), [], "Expected `array` of length 2, got 0 - at `$.clip`"),
    "a clip that holds nothing": ("features.json", (0, "clip"), [1, 0], "clip=(1.0, 0.0) is empty"),
    "a number with words": ("features.json", (0, "words"), ["x"], "other words than its expression has"),
    "too many decimals": ("features.json", (0, "decimals"), 10**400, "features.json is broken: decimals=1000"),
    "a reason nobody knows": ("features.json", (0, "reason"), "x", "no reason named 'x'"),
    "a fact nobody measures": ("model.json", ("facts", 0), "x", "model is broken: 'x'"),
    "points in words": ("scorecard.json", ("facts", 0, "bins", 0, "points"), "x", "got `str` - at `$.facts[0].bins["),
    "a bin less": ("scorecard.json", ("facts", 0, "bins"), [], "do not cover every state"),
    "a column before the first": ("boosting.json", ("sections", 0, 1, 0), -1, "boosting.json is broken: Expected"),
    "a column past the last": ("boosting.json", ("sections", 0, 1, 0), 999, "model is broken: index 999 is out of"),
    "no bands": ("boundary.json", ("starts",), [], "boundary.json is broken: 0 bands"),
    "a band of other facts": ("boundary.json", ("means", 0), [1.0], "boundary.json is broken"),
    "a band of no width": ("boundary.json", ("width",), 0, "at `$.width`"),
    "a state nobody knows": ("golden.jsonl", (0, "states", 0), 9, "golden.jsonl is broken: Invalid enum value 9"),
    "a value less": ("golden.jsonl", (0, "values"), [], "golden.jsonl is broken: vectors of 0 and"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_one_value_spoiled_under_a_good_hash(copied, case):
    name, path, value, words = SPOILED[case]
    told = refusal(spoil(copied, name, path, value))
    assert words in told
    assert len(told) < 400


def kinds_of_nodes(plain, path=()):
    """The path of one node of each kind: what a list holds past its first entry is alike."""
    yield path
    entries = (
        plain.items() if isinstance(plain, dict) else list(enumerate(plain))[:2] if isinstance(plain, list) else ()
    )
    for key, value in entries:
        yield from kinds_of_nodes(value, (*path, key))


@pytest.mark.parametrize("name", PLAIN)
def test_any_damage_is_told_or_decided_with(copied, name):
    """Some nodes, replaced by junk under a good hash: the release decides, or its reader says what is wrong."""
    whole = (copied / "model" / name).read_bytes()
    lines = whole.splitlines() if name == "golden.jsonl" else [whole]
    paths = [path for path in kinds_of_nodes([json.loads(line) for line in lines]) if path]
    applications = list(documents(SAMPLE, ["F00001", "F00006", "F00011"]))
    for path, junk in random.Random(1).sample(list(itertools.product(paths, JUNK)), 40):
        (copied / "model" / name).write_bytes(whole)
        spoiled = spoil(copied, name, path if name == "golden.jsonl" else path[1:], junk)
        with contextlib.suppress(ReleaseError, PolicyFaults):
            damaged = load_release(spoiled)
            for one in applications:
                underwrite(one, damaged, as_of=one.application.as_of, decision_id="d-1")


def test_a_file_taken_out_of_the_manifest_too(copied):
    for name in ("golden.jsonl", "boundary.json"):
        (copied / "model" / name).unlink()
        assert name in refusal(signed_anew(copied))


def test_golden_vectors_see_a_model_that_was_signed_anew(copied):
    file = copied / "model" / "golden.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) >= 10
    lines[3]["default_probability"] += 1e-6
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    told = refusal(signed_anew(copied))
    assert "scores golden vector 4 as" in told
    assert "train it again" in told


def test_golden_vectors_see_points_that_were_moved(copied):
    file = copied / "model" / "calibration.json"
    stated = json.loads(file.read_text())
    stated["lines"][stated["decider"]]["shift"] += 0.01
    file.write_text(json.dumps(stated))
    assert "scores golden vector 1 as" in refusal(signed_anew(copied))


def test_golden_vectors_see_a_score_that_was_moved(copied):
    first = json.loads((copied / "model" / "golden.jsonl").read_text().splitlines()[0])
    told = refusal(spoil(copied, "golden.jsonl", (0, "score"), first["score"] + 1))
    assert f"with {first['score']:g} points, not" in told


def test_a_policy_that_was_signed_anew_still_has_to_keep_its_examples(copied):
    file = copied / "policy" / "rules" / "offer.yaml"
    file.write_text(file.read_text().replace("apr > max_apr", "apr > max_apr + 1"))
    with pytest.raises(PolicyFaults, match=r"offer\.yaml:\d+"):
        load_release(signed_anew(copied))


# --- writing


@pytest.fixture(scope="module")
def rewrite(release):
    """Write the trained release again, from what it holds."""
    study = Study.load(STUDIES / "sample_sme.yaml")
    training = load_dataset(study).matrix.columns(fact.name for fact in release.model.facts)

    def write(out, **changes):
        given = {
            "terms": release.terms,
            "model": release.model,
            "features": release.plan.features,
            "training": training,
            "card": "card",
            "policy": study.policy,
        }
        return write_release(out, **{**given, **changes})

    return write


def test_an_earlier_release_is_replaced_and_nothing_else_is_touched(rewrite, copied, tmp_path):
    neighbor = tmp_path / "release.new"
    neighbor.mkdir()
    (neighbor / "mine.txt").write_text("mine")
    written = rewrite(copied)
    assert load_release(copied).id == written.id
    assert (copied / "model" / "model_card.md").read_text() == "card"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["release", "release.new"]
    assert (neighbor / "mine.txt").read_text() == "mine"


def test_a_directory_that_is_not_a_release_is_left_alone(rewrite, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ReleaseError, match=r"exists and is not a release .*--out"):
        rewrite(tmp_path)
    with pytest.raises(ReleaseError, match="is not a release"):
        rewrite(tmp_path / "thesis.txt")
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_an_empty_or_missing_directory_is_filled(rewrite, tmp_path, monkeypatch):
    rewrite(tmp_path / "new" / "deep")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    rewrite(type(tmp_path)("."))
    assert contents(tmp_path / "empty") == contents(tmp_path / "new" / "deep")


def test_a_place_that_cannot_be_written(rewrite, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ReleaseError, match=r"cannot write .*file/release.*--out"):
        rewrite(tmp_path / "file" / "release")


def broken_policy(study_policy, folder):
    shutil.copytree(study_policy, folder)
    (folder / "policy.yaml").write_text("id: [")
    return folder


def test_a_failed_write_keeps_the_earlier_release(rewrite, copied, release, tmp_path):
    before = contents(copied)
    policy = broken_policy(Study.load(STUDIES / "sample_sme.yaml").policy, tmp_path / "policy")
    with pytest.raises(PolicyFaults, match=r"policy\.yaml"):
        rewrite(copied, policy=policy)
    with pytest.raises(PolicyFaults):
        rewrite(copied, policy=tmp_path / "no policy")
    other_order = msgspec.structs.replace(release.terms, facts=release.terms.facts[::-1])
    with pytest.raises(ReleaseError, match="names other features"):  # what was written does not load
        rewrite(copied, terms=other_order)
    assert contents(copied) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy", "release"]
    assert load_release(copied).id == release.id


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("parameters.yaml", "limit_step:", "limit_stride:", "a parameter limit_step"),
        ("tables/rate_by_grade.yaml", "table: rate_by_grade", "table: rate", "a table rate_by_grade"),
    ],
)
def test_a_policy_without_what_every_decision_needs_is_refused_at_once(rewrite, tmp_path, file, old, new, told):
    policy = tmp_path / "policy"
    shutil.copytree(Study.load(STUDIES / "sample_sme.yaml").policy, policy)
    text = (policy / file).read_text()
    assert old in text
    (policy / file).write_text(text.replace(old, new))
    with pytest.raises(PolicyFaults, match=told):
        rewrite(tmp_path / "release", policy=policy)
