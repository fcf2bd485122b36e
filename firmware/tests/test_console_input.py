from node.console_input import Line


def typed(data: bytes) -> list:
    line = Line()
    return [found for found in [line.feed(byte) for byte in data] if found is not None]


def test_lines_end_at_cr_or_lf_and_empty_ones_are_none():
    assert typed(b"status\r\nset period_ms 5000\n\n\r\rhelp\r") == ["status", "set period_ms 5000", "help"]


def test_the_keys_of_a_tool_that_looks_for_the_prompt_are_no_line():
    assert typed(b"\r\x03\r\x01\x02\x04\x05A\x01\r") == ["A"]
    assert typed(b"\xff\xfe\x80sta\x00tus\n") == ["status"]


def test_a_line_without_end_is_dropped_and_the_next_one_counts():
    assert typed(b"x" * 100000 + b"\nhelp\n") == ["help"]
