"""Disks that are full or not to be written to, and two writers: told in words, and nothing is lost."""

from __future__ import annotations

from soak.disks import full_disk_round, no_permission_round, two_writers_round


def test_a_full_disk_is_told(disk_seed, soaked_shop, tmp_path, victims, readers):
    full_disk_round(disk_seed, soaked_shop, tmp_path, victims, readers)


def test_a_lack_of_permission_is_told(permission_seed, soaked_shop, tmp_path, victims, readers):
    no_permission_round(permission_seed, soaked_shop, tmp_path, victims, readers)


def test_of_two_writers_one_is_told(writers_seed, soaked_shop, tmp_path, victims, second, readers):
    two_writers_round(writers_seed, soaked_shop, tmp_path, victims, second, readers)
