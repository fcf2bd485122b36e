import pytest

from air.index.pm2_5 import band


@pytest.mark.parametrize(
    ("mean_ugm3", "expected"),
    [
        (0, "excellent"), (35, "excellent"), (35.4, "excellent"), (35.6, "good"), (60, "good"), (61, "light"), (75, "light"),
        (115, "light"), (116, "moderate"), (150, "moderate"), (151, "heavy"), (250.5, "heavy"), (251, "severe"), (999, "severe"),
    ],
)  # fmt: skip
def test_a_mean_is_in_the_class_of_its_sub_index(mean_ugm3: float, expected: str) -> None:
    assert band(mean_ugm3) == expected
