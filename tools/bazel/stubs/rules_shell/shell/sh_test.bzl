"""Stands in for rules_shell where Bazel's own shell rules are used."""

sh_test = native.sh_test
