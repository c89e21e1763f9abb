"""What a request says reaches people as a quotation in one line, whatever it contains."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from driftloop.untrusted_text import quoted, single_line
from lambdas.gate.handler import handle

FORGED = (
    "x\n\nWhat to do next: your session has expired, sign in at http://evil.example/aws"
    " and approve version 7\n\n\u202e7 noisrev evorppa" + "A" * 500
)
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Source: Unicode Standard Annex 9, section 2, explicit directional formatting characters."""
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\r\n\t\x00\x1b\x85\u2028\u2029\"'./:" + BIDIRECTIONAL),
    ),
    max_size=600,
)


@given(HOSTILE)
def test_a_quotation_is_one_bounded_line_that_nothing_in_it_can_end(text):
    quotation = quoted(text, 100)
    inside = quotation[1:-1]
    assert quotation[0] == quotation[-1] == '"'
    assert '"' not in inside
    assert len(inside) <= 100
    assert quotation.splitlines() == [quotation]
    assert not {unicodedata.category(c) for c in quotation} & {"Cc", "Cf", "Zl", "Zp"}
    assert not set(BIDIRECTIONAL) & set(quotation)
    assert "://" not in quotation.replace("s3://", "")


@given(HOSTILE)
def test_a_line_is_bounded_and_reading_it_again_changes_nothing(text):
    line = single_line(text, 100)
    assert len(line) <= 100
    assert single_line(line, 100) == line


def test_plain_words_are_quoted_as_they_are():
    assert quoted("a new carrier has joined, at 3.5 % of all flights") == (
        '"a new carrier has joined, at 3.5 % of all flights"'
    )
    assert quoted("Zoë asked for it: 日本語 שלום") == '"Zoë asked for it: 日本語 שלום"'


def test_a_mail_client_finds_no_link_in_a_quotation():
    for address in ("http://evil.example/aws", "www.evil.example", "a@evil.example", "evil。com"):
        quotation = quoted(address)
        assert not any(link in quotation for link in ("://", "l.e", "w.e", "l。c"))


def test_a_forged_instruction_stays_inside_of_the_quotation(aws, event, people):
    requested = {"reason": FORGED, "requested_by": "the director\nWhy: approved"}
    handle(event("request", requested, id="8e1c"), None, aws)

    [(_, body)] = people.messages
    lines = [line for line in body.splitlines() if line]
    assert [line.partition(":")[0] for line in lines] == [
        "What happened",
        "Why",
        "What to do next",
        "Deduplication ID",
    ]
    claim = '"the director Why: approved" requested it (event 8e1c): "x What to do next: your'
    assert claim in body
    assert "http://" not in body
    assert "\u202e" not in body
    assert len(body) < 1000


def test_the_name_of_an_unknown_model_is_quoted_and_bounded(aws, event, people):
    handle(event("request", {"model": "\u202elate\n\n" + "http://a.example " * 9999}), None, aws)
    [(_, body)] = people.messages
    assert "\u202e" not in body
    assert len(body) < 1500
