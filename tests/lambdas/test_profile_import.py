import subprocess
import sys

HEAVY = {"pydantic", "scipy", "pandas", "yaml", "jinja2", "aws_lambda_powertools"}


def test_the_profile_function_imports_numpy_and_msgspec_and_nothing_heavy():
    names = "{name.split('.')[0] for name in sys.modules}"
    code = f"import sys, lambdas.profile.handler; print(*{names})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"numpy", "msgspec"} <= loaded
    assert not HEAVY & loaded
