"""`claimsmith bundles fetch` and `list`: the scripts that browsers load, brought here by npm and checked."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from claimsmith_server.clock import system_clock
from claimsmith_server.core.bundles import PACKAGES
from claimsmith_server.services.bundles import (
    Bundle,
    BundleDamagedError,
    Place,
    find_damage,
    find_missing,
    load_bundles,
    locate_directory,
    select_bundle,
    spell_fetch,
)
from claimsmith_server.services.bundles.fetch import STEPS, Errand, Fetched, Tell, fetch_bundle
from claimsmith_server.services.bundles.npm import find_npm
from claimsmith_server.settings import Settings


class Row(msgspec.Struct, frozen=True):
    """What `list` says of a bundle."""

    package: str
    version: str
    answers: list[str]
    """Which of the versions that SDKs ask for lead to it."""
    files: int
    bytes: int
    integrity: str
    fetched_at: int
    """Unix milliseconds."""
    folder: str
    problems: list[str]


def fetch(settings: Settings, asked: Mapping[str, str]) -> None:
    """Fill the bundle directory with the versions asked for, by package, and say what was done.

    Raises:
        NpmMissingError, NpmFailedError, BundleRefused, BundlesUnusable: see `services.bundles.fetch`.
    """
    place = locate_directory(settings.bundles_directory, os.environ)
    client, now = find_npm(), system_clock().now()
    fetched = []
    with _progress() as telling:
        for package in PACKAGES:
            errand = Errand(package, asked[package.name], place.path, now)
            fetched.append(fetch_bundle(client, errand, telling(f"{package.name}@{errand.asked}")))
    _print_fetched(fetched, place)


def print_list(settings: Settings, *, as_json: bool) -> None:
    """Say which bundles are there; every file is read and compared.

    Raises:
        BundleDamagedError: some are not as they were fetched; the list was printed.
    """
    place = locate_directory(settings.bundles_directory, os.environ)
    bundles = load_bundles(place.path)
    rows = [_describe(one, bundles) for one in bundles]
    console = Console(soft_wrap=True, highlight=False)
    if as_json:
        console.out(msgspec.json.encode(rows).decode())
    else:
        _print_rows(console, rows, place)
    damaged = {one.package: one.version for one in rows if one.problems}
    if damaged:
        told = " and ".join(f"{package} {version}" for package, version in damaged.items())
        raise BundleDamagedError(f"Files of {told} are not as they were fetched. Run: {spell_fetch(place, damaged)}")
    if not as_json:
        console.print(_tell_next(place), style="bold", markup=False)


def tell_bundles(place: Place) -> Text:
    """One line for who starts a server: the bundles that browsers get, or what fetches them."""
    bundles = load_bundles(place.path)
    missing = find_missing(bundles)
    if missing:
        names = " and ".join(one.name for one in missing)
        return Text.assemble(
            ("  bundles     ", ""),
            (f"{names} {'is' if len(missing) == 1 else 'are'} missing, which browsers load. Run: ", "yellow"),
            (spell_fetch(place), "bold yellow"),
        )
    found = [(one, select_bundle(bundles, one.name, one.major)) for one in PACKAGES]
    told = ", ".join(f"{package.short_name} {bundle.manifest.version}" for package, bundle in found if bundle)
    return Text(f"  bundles     {told}")


def _describe(bundle: Bundle, bundles: tuple[Bundle, ...]) -> Row:
    manifest = bundle.manifest
    major = manifest.version.partition(".")[0]
    asked = (major, "latest", manifest.version)
    return Row(
        package=manifest.package,
        version=manifest.version,
        answers=[one for one in asked if select_bundle(bundles, manifest.package, one) is bundle],
        files=len(manifest.files),
        bytes=bundle.size,
        integrity=manifest.integrity,
        fetched_at=manifest.fetched_at,
        folder=str(bundle.folder),
        problems=find_damage(bundle),
    )


def _print_rows(console: Console, rows: list[Row], place: Place) -> None:
    count = f"{len(rows)} {'bundle' if len(rows) == 1 else 'bundles'}"
    console.print(f"{count} in {place.path}", style="bold", markup=False)
    for row in sorted(rows, key=lambda one: one.package):
        state = ("damaged", "red") if row.problems else ("ok     ", "green")
        about = f"  {row.package:<16} {row.version:<10} {row.bytes / 1e6:4.1f} MB {row.files:>4} files  answers "
        console.print(Text.assemble(state, about, ", ".join(row.answers)))
        for problem in row.problems[:5]:
            console.print(f"         {problem}", style="red", markup=False)


def _print_fetched(fetched: list[Fetched], place: Place) -> None:
    console = Console(soft_wrap=True, highlight=False)
    new = [one.bundle for one in fetched if one.is_new]
    if new:
        names = " and ".join(f"{one.manifest.package} {one.manifest.version}" for one in new)
        size = sum(one.size for one in new) / 1e6
        console.print(f"Fetched {names} into {place.path} ({size:.1f} MB).", style="bold", markup=False)
    else:
        names = " and ".join(f"{one.bundle.manifest.package} {one.bundle.manifest.version}" for one in fetched)
        console.print(f"Nothing to download: {names} are in {place.path}, as they were fetched.", markup=False)
    for one in fetched:
        package = next(known for known in PACKAGES if known.name == one.bundle.manifest.package)
        if one.bundle.manifest.version != package.version:
            told = f"  {package.name} {package.version} is the version that is known to work here."
            console.print(told, style="yellow", markup=False)
    console.print(_tell_next(place), markup=False)


def _tell_next(place: Place) -> str:
    if find_missing(load_bundles(place.path)):
        return f"Next: {spell_fetch(place)}"
    if place.is_usual:
        return "Next: claimsmith dev"
    return f"Next: claimsmith dev --bundles {place.path}, or claimsmith serve with the setting bundles_directory"


@contextmanager
def _progress() -> Iterator[Callable[[str], Tell]]:
    """What gives each package a line of its own on standard error: a bar in a terminal, else its steps in words."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda name: lambda step: console.print(f"{name}: {step}", markup=False)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield lambda name: _follow(progress, name)


def _follow(progress: Progress, name: str) -> Tell:
    task = progress.add_task(name, total=len(STEPS))

    def tell(step: str) -> None:
        progress.update(task, description=f"{name}: {step}", completed=STEPS.index(step))

    return tell
