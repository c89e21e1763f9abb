import pytest

from rehearsal.cloudwatch.metric_math import ExpressionError, evaluate


def test_arithmetic_has_a_value_where_both_series_have_one():
    series: dict[str, list[float | None]] = {
        "captured": [90.0, None, 50.0],
        "invocations": [100.0, 10.0, 200.0],
    }
    loss = evaluate("1 - captured / (invocations * 0.5)", series)
    assert loss == pytest.approx([-0.8, None, 0.5])


def test_division_by_zero_gives_no_data_point():
    assert evaluate("a / b", {"a": [1.0, 1.0], "b": [0.0, 4.0]}) == [None, 0.25]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("FILL(a, 0)", [1.0, 0.0, 3.0]),
        ("IF(b > 4, a, 9)", [9.0, None, 3.0]),
        ("MAX([a, b])", [4.0, 5.0, 6.0]),
        ("SUM([a, b])", [5.0, 5.0, 9.0]),
        ("a + b", [5.0, None, 9.0]),
        ("a ^ 2", [1.0, None, 9.0]),
        ("-a", [-1.0, None, -3.0]),
        ("b > 4 && b < 6", [0.0, 1.0, 0.0]),
        ("7", [7.0, 7.0, 7.0]),
    ],
)
def test_functions_and_operators_work_as_in_the_user_guide(expression, expected):
    series: dict[str, list[float | None]] = {"a": [1.0, None, 3.0], "b": [4.0, 5.0, 6.0]}
    assert evaluate(expression, series) == expected


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(a)", "a +", "missing * 2", "a.b"])
def test_an_unsupported_expression_is_an_error_that_lists_what_is_supported(expression):
    with pytest.raises(ExpressionError, match="metric"):
        evaluate(expression, {"a": [1.0]})
