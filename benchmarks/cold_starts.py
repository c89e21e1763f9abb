"""CPU time of the functions' imports, by byte code: `python -m benchmarks.cold_starts`.

The packages are those of infra/lambda_packages.py, with libraries for this machine's processor
instead of Lambda's. boto3 belongs to Lambda's runtime. It has byte code in both columns, so that
the difference is that of the package. Needs a Python of the runtime's version.
"""

import platform
import shutil
import statistics
import subprocess
import zipfile
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.byte_code import find_interpreter, missing, precompile
from infra.lambda_packages import LAMBDA, Platform, build, function_package, install
from infra.stacks.shared import FUNCTIONS

REPEAT = 5
HOST = Platform(f"{platform.machine()}-manylinux_2_28", LAMBDA.python)
RUNTIME_LIBRARIES = ["boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"]
"""Lambda's Python runtime includes boto3 and what it requires (Lambda developer guide, "Runtime
dependencies in Python")."""

CODE = """
import sys, time
sys.dont_write_bytecode = True
sys.path[:0] = sys.argv[2:]
start = time.process_time()
__import__(sys.argv[1])
print(time.process_time() - start)
"""


def main() -> None:
    """Print a row per function, and the range of the factors."""
    python = find_interpreter(LAMBDA.python)
    if python is None:
        raise SystemExit(missing(LAMBDA.python))
    print("| function | without byte code, s | with byte code, s | factor |")
    print("| --- | ---: | ---: | ---: |")
    factors = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        runtime = copy_runtime_libraries(folder / "runtime")
        precompile(runtime, python)
        for function in FUNCTIONS:
            without = [unpack(function, folder / function), libraries(function, None), runtime]
            compiled = shutil.copytree(without[0], folder / f"{function}-compiled")
            precompile(compiled, python)
            with_byte_code = [compiled, libraries(function, python), runtime]
            slow, fast = (cpu_seconds(function, path, python) for path in (without, with_byte_code))
            factors.append(slow / fast)
            print(f"| `{function}` | {slow:.2f} | {fast:.2f} | {slow / fast:.1f} |")
    print(f"\n{min(factors):.1f} to {max(factors):.1f} times")


def unpack(function: str, folder: Path) -> Path:
    """Unpack the own code of a function's package."""
    with zipfile.ZipFile(build(function_package(function), "host")) as archive:
        archive.extractall(folder)
    return folder


def libraries(function: str, python: str | None) -> Path:
    """Install the libraries of a function's package for this machine."""
    return install(function_package(function).lock, HOST, python)


def copy_runtime_libraries(folder: Path) -> Path:
    """Copy boto3 and what it requires from this environment; all of it is pure Python."""
    folder.mkdir()
    for name in RUNTIME_LIBRARIES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{name} is not installed; run `make setup`")
        source = Path(spec.origin)
        if source.name == "__init__.py":
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source.parent, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder)
    return folder


def cpu_seconds(function: str, path: list[Path], python: str) -> float:
    """Import the function's handler in a new process; return the median CPU time."""
    command = [python, "-I", "-c", CODE, f"lambdas.{function}.handler", *map(str, path)]
    runs = [
        float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for _ in range(REPEAT)
    ]
    return statistics.median(runs)


if __name__ == "__main__":
    main()
