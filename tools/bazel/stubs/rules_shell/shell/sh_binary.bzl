"""Stands in for rules_shell where Bazel's own shell rules are used."""

sh_binary = native.sh_binary
