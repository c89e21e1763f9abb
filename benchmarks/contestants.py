"""What is measured: the lower bound, driftloop, and each peer in its own environment."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "benchmarks"


class Contestant(NamedTuple):
    """A row of the table: its command for a folder of data, and its version."""

    name: str
    command: tuple[str, ...]
    version: str


class Peer(NamedTuple):
    """A peer: its name, its package (and lock file), and the script that runs it."""

    name: str
    package: str
    script: str


PEERS = (
    Peer("scipy, naive", "scipy", "scipy_naive.py"),
    Peer("whylogs", "whylogs", "whylogs_default.py"),
    Peer("NannyML", "nannyml", "nannyml_default.py"),
    Peer("Evidently", "evidently", "evidently_default.py"),
)


def contestants(folder: Path, baseline: Path) -> list[Contestant]:
    """All contestants; the environments of peers are created if they do not exist."""
    driftloop = Path(sys.executable).with_name("driftloop")
    analyze = [str(driftloop), "analyze", "--config", str(folder / "driftloop.yaml")]
    analyze += ["--model", "bench", "--baseline", str(baseline)]
    analyze += ["--capture", str(folder / "capture"), "--out", str(folder / "report.json")]
    floor = (sys.executable, str(HERE / "floor.py"), str(folder / "capture"))
    return [
        Contestant("floor: read and decode", floor, version(sys.executable, "msgspec")),
        Contestant("**driftloop analyze**", tuple(analyze), version(sys.executable, "driftloop")),
        *(_contestant(peer, folder) for peer in PEERS),
    ]


def _contestant(peer: Peer, folder: Path) -> Contestant:
    python = environment(peer.package)
    command = (str(python), str(HERE / "contenders" / peer.script), str(folder))
    return Contestant(peer.name, command, version(str(python), peer.package))


def environment(name: str) -> Path:
    """The Python of a peer's environment, which is synchronized with its lock file."""
    uv = Path(sys.executable).with_name("uv")
    home = BUILD / "envs" / name
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, home], check=True)
    lock = HERE / "peers" / f"{name}.txt"
    sync: list[str | Path] = [
        uv,
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--python",
        python,
        lock,
    ]
    subprocess.run(sync, check=True)
    return python


def version(python: str, package: str) -> str:
    """Package and version in an environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return f"{package} {done.stdout.strip()}"
