"""Kills at any moment of anything that writes: no row is lost, the deployed model serves, the next run succeeds."""

from __future__ import annotations

from soak.kills import kill_round


def test_a_kill_harms_nothing(kill_seed, soaked_shop, tmp_path, victims, readers):
    kill_round(kill_seed, soaked_shop, tmp_path, victims, readers)
