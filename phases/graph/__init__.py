# SPDX-License-Identifier: BSD-2-Clause
"""The graph of phases: read from the objects of a build, checked, sorted, written as a table."""
