"""A portfolio: which release decides which case, told in one YAML file.

::

    name: retail and small business
    routes:
      - {product: [sme_term_loan], applicant_kind: [company, sole_trader], release: releases/sme}
      - {product: [consumer_loan], applicant_kind: [person], customer_kind: [new, existing], release: releases/consumer}

Without ``customer_kind`` a route holds for every kind. Paths are from the portfolio's folder. No two routes may hold
for the same case; a case that none holds for is referred, never scored.

The id of a portfolio is the sha256 of its name, its routes and the ids of their releases: moving it changes nothing,
another release behind a route does.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from risk_engine.application import SECTIONS
from risk_engine.bundle import Release, load_release, release_id
from risk_engine.errors import Fault, PolicyFaults, PortfolioFaults, ReleaseError
from risk_engine.rules import Case
from risk_engine.rules.written import Written
from risk_engine.yaml_reader import in_order, read_yaml

APPLICANT_KINDS = SECTIONS["applicant"].columns["kind"].words
CUSTOMER_KINDS = SECTIONS["application"].columns["customer_kind"].words
ROUTED_BY = ("product", "applicant_kind", "customer_kind")
"""What a route looks at of a case."""


class Route(msgspec.Struct, frozen=True):
    """Cases that one release decides.

    Attributes:
        product: Names of products.
        applicant_kind: Kinds of applicant.
        customer_kind: Kinds of customer.
        release: Id of the release.
    """

    product: tuple[str, ...]
    applicant_kind: tuple[str, ...]
    customer_kind: tuple[str, ...]
    release: str

    def holds(self, case: Case) -> bool:
        """Whether the release behind it decides the case."""
        return all(getattr(case, name) in getattr(self, name) for name in ROUTED_BY)


@dataclass(frozen=True, slots=True)
class Routes:
    """A portfolio's file, read and checked, before its releases are loaded.

    Attributes:
        name: What its owner calls it.
        routes: No two of them hold for the same case.
        folders: Where the release of each route stands, in their order.
        places: File and line of each route.
    """

    name: str
    routes: tuple[Route, ...]
    folders: tuple[Path, ...]
    places: tuple[str, ...]

    @property
    def id(self) -> str:
        """Content hash of what it says."""
        said = {"name": self.name, "routes": self.routes}
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Routes and their releases, loaded; wherever a release decides, a portfolio can.

    Attributes:
        id: Content hash: name, routes, ids of the releases.
        name: What its owner calls it.
        routes: No two of them hold for the same case.
        releases: The releases, each once, in the order of the routes.
    """

    id: str
    name: str
    routes: tuple[Route, ...]
    releases: tuple[Release, ...]

    def release_for(self, case: Case) -> Release | None:
        """The release that decides a case; None where no route holds for it."""
        chosen = next((route.release for route in self.routes if route.holds(case)), None)
        return next((release for release in self.releases if release.id == chosen), None)


def load_release_or_portfolio(path: Path) -> Release | Portfolio:
    """What a command was given to decide with: a release's directory, or a portfolio's ``.yaml`` file.

    Raises:
        ReleaseError: The release is missing or cannot be trusted.
        PortfolioFaults: Every fault of the portfolio.
    """
    is_portfolio = path.suffix in (".yaml", ".yml")
    return load_portfolio(path) if is_portfolio else load_release(path)


def load_portfolio(path: Path) -> Portfolio:
    """Load a portfolio and every release it routes to.

    Raises:
        PortfolioFaults: Everything wrong with the file, each with its line, or else every release that cannot be
            trusted.
        DefinitionFaults: The file is not strict YAML.
    """
    read = read_routes(path)
    loaded: dict[str, Release] = {}
    faults: list[Fault] = []
    for route, folder, place in zip(read.routes, read.folders, read.places, strict=True):
        try:
            release = loaded[route.release] = loaded.get(route.release) or load_release(folder)
        except (ReleaseError, PolicyFaults) as error:
            faults.append(Fault(place, folder.name, "a release that can be trusted", error.message))
            continue
        faults += [
            Fault(place, product, f"{release.policy.product}, the product its release decides on")
            for product in route.product
            if product != release.policy.product
        ]
    if faults:
        raise PortfolioFaults(faults)
    return Portfolio(read.id, read.name, read.routes, tuple(loaded.values()))


def read_routes(path: Path) -> Routes:
    """Read a portfolio's file without loading its releases.

    Raises:
        PortfolioFaults: Everything wrong with the file, each with its line.
        DefinitionFaults: The file is not strict YAML.
    """
    text = read_yaml(path)
    faults: list[Fault] = []
    file = Written(text, (), text.plain, faults)
    name, routes, folders, places = "", [], [], []
    if file.mapping("a portfolio", ("name", "routes")):
        name = file.name("name")
        for entry in file.under("routes").entries("routes"):
            if entry.mapping("a route", ("product", "applicant_kind", "release"), ("customer_kind",)):
                folder = path.parent / entry.name("release")
                routes.append(_route(entry, folder))
                folders.append(folder)
                places.append(entry.place())
        faults += _overlaps(routes, places)
    if faults:
        raise PortfolioFaults(in_order(faults))
    return Routes(name, tuple(routes), tuple(folders), tuple(places))


def _route(entry: Written, folder: Path) -> Route:
    found = release_id(folder)
    if not found and isinstance(entry.plain["release"], str):
        hint = "paths are from the portfolio's folder; train writes releases"
        entry.fault("release", entry.plain["release"], "the directory of a release", hint)
    return Route(
        _words(entry, "product", ()),
        _words(entry, "applicant_kind", APPLICANT_KINDS),
        _words(entry, "customer_kind", CUSTOMER_KINDS) if "customer_kind" in entry.plain else CUSTOMER_KINDS,
        found,
    )


def _words(entry: Written, key: str, known: Collection[str]) -> tuple[str, ...]:
    if entry.plain[key] is None:
        entry.fault(key, "nothing", "a list of words")
    return entry.words(key, known=known)


def _overlaps(routes: Sequence[Route], places: Sequence[str]) -> Iterator[Fault]:
    """Of every two routes that hold for the same case, the first such case."""
    for (route, place), (later, at) in itertools.combinations(zip(routes, places, strict=True), 2):
        pairs = ((getattr(later, name), getattr(route, name)) for name in ROUTED_BY)
        shared = [next((word for word in words if word in others), None) for words, others in pairs]
        if None not in shared:
            found = f"{', '.join(map(str, shared))}, as in the route at {place}"
            yield Fault(at, found, "one route for each case (an overlap)")
