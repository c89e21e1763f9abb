"""What a command imports: nothing that only another command needs."""

import os
import platform
import subprocess
import sys

import pytest

from driftloop.cli.main import ENVIRONMENT


def run(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    ).stdout.strip()


def test_the_command_line_itself_loads_no_heavy_library() -> None:
    heavy = {"numpy", "scipy", "pydantic", "pandas", "yaml", "rich", "jinja2", "boto3"}
    code = f"import sys, driftloop.cli.main; print(sorted({heavy} & {{*sys.modules}}))"
    assert run(code) == "[]"


def test_an_analysis_loads_no_data_frames_no_progress_bar_and_no_page() -> None:
    heavy = {"pandas", "pyarrow", "narwhals", "rich", "jinja2", "boto3"}
    code = f"import sys, driftloop.cli.analyze; print(sorted({heavy} & {{*sys.modules}}))"
    assert run(code) == "[]"


@pytest.mark.parametrize("own", [{}, dict.fromkeys(ENVIRONMENT, "")])
def test_environment_variables_are_set_before_libraries_load_and_existing_ones_are_kept(
    own: dict[str, str],
) -> None:
    code = (
        "import os, sys; from driftloop.cli.main import ENVIRONMENT, main\n"
        "sys.argv = ['driftloop', 'version']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print({name: os.environ[name] for name in ENVIRONMENT}, 'numpy' in sys.modules)"
    )
    without = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**without, **own},
    )
    assert done.stdout.splitlines()[-1] == f"{own or ENVIRONMENT} False"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="a name of x86 processors")
def test_the_disabled_cpu_feature_is_one_that_numpy_can_disable() -> None:
    """numpy refuses to switch off what it was built for, and says so where a name is unknown."""
    code = "import warnings; warnings.simplefilter('error'); import numpy; print('sound')"
    assert run(code, NPY_DISABLE_CPU_FEATURES=ENVIRONMENT["NPY_DISABLE_CPU_FEATURES"]) == "sound"
