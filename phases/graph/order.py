# SPDX-License-Identifier: BSD-2-Clause
"""Topological order with ties broken by name, and a shortest cycle where there is none."""

import heapq
from collections import deque


def sort(before):
    """
    `before`: for each node the nodes that come before it. Gives back the order (at each place the
    first by name of those that can come next) and the nodes that are in or behind a cycle.
    """
    waiting = {node: len(set(earlier)) for node, earlier in before.items()}
    later = {node: [] for node in before}
    for node, earlier in before.items():
        for other in set(earlier):
            later[other].append(node)
    ready = [node for node, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        node = heapq.heappop(ready)
        order.append(node)
        for other in later[node]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, other)
    return order, sorted(set(before) - set(order))


def shortest_cycle(before, nodes):
    """A shortest cycle among `nodes`, as a list in which each node comes after the next one."""
    best = None
    for start in sorted(nodes):
        cycle = shortest_way_back(before, start, set(nodes))
        if cycle and (best is None or len(cycle) < len(best)):
            best = cycle
    return best


def shortest_way_back(before, start, nodes):
    came_from = {start: None}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for other in sorted(before[node]):
            if other == start:
                way = [node]
                while came_from[way[-1]] is not None:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if other in nodes and other not in came_from:
                came_from[other] = node
                queue.append(other)
    return None


def reduction(before):
    """
    (node, earlier one) of each edge that the others do not imply; there is no cycle. Sets are bits
    of integers.
    """
    order, _ = sort(before)
    bit = {node: 1 << number for number, node in enumerate(order)}
    all_before = {}
    for node in order:
        implied = 0
        for other in before[node]:
            implied |= all_before[other]
        all_before[node] = implied
        for other in before[node]:
            all_before[node] |= bit[other]
            if not implied & bit[other]:
                yield node, other


def closure(before, order):
    """For each node, all that come before it, directly or not."""
    all_before = {}
    for node in order:
        all_before[node] = set(before[node]).union(*(all_before[other] for other in before[node]))
    return all_before
