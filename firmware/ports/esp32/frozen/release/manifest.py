# ruff: noqa: F821
# mypy: ignore-errors
module("_boot.py")
