"""The short form of stress.py."""

from stress import stress


def test_programs_that_share_a_folder_lose_nothing(shell):
    assert "nothing torn" in stress(shell, seconds=5, collectors=3, kills=5, slow=2)
