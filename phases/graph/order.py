# SPDX-License-Identifier: BSD-2-Clause
"""Topological order with ties broken by name, and a shortest cycle where there is none."""

import heapq


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
    """
    A shortest cycle among `nodes`, as a list in which each node comes after the next one; the
    first by name is the first. A shortest cycle through one node is looked for, then that node
    is taken away, with all that are then in no cycle, and so on. Neighbours are taken away first,
    which soon cuts what is left.
    """
    left = Cycles(before, nodes)
    best = None
    for node in nearest_first(left.before):
        if node in left.before:
            limit = len(best) - 1 if best else len(left.before)
            best = left.shortest_through(node, limit) or best
            left.remove(node)
    first = best.index(min(best))
    return best[first:] + best[:first]


def nearest_first(before):
    """All nodes: the first by name, those right before it, those before these, and so on."""
    found = {}
    for root in before:
        waiting = [root]
        for node in waiting:
            if node not in found:
                found[node] = True
                waiting += before[node]
    return list(found)


class Cycles:
    """The part of a graph whose nodes have others before and behind them: it holds all cycles."""

    def __init__(self, before, nodes):
        nodes = set(nodes)
        self.before = {node: nodes.intersection(before[node]) for node in nodes}
        self.later = {node: set() for node in nodes}
        for node, earlier in self.before.items():
            for other in earlier:
                self.later[other].add(node)
        for node in nodes:
            if node in self.before and not (self.before[node] and self.later[node]):
                self.remove(node)
        self.before = {node: sorted(self.before[node]) for node in sorted(self.before)}

    def remove(self, node):
        """With all that then have nothing before or behind them."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node not in self.before:
                continue
            neighbours = [(o, self.later) for o in self.before.pop(node)]
            neighbours += [(o, self.before) for o in self.later.pop(node)]
            for other, edges in neighbours:
                if other in edges:
                    edges[other].remove(node)
                    if not edges[other]:
                        waiting.append(other)

    def shortest_through(self, start, limit):
        """A shortest cycle through a node, of at most `limit` nodes, or None."""
        came_from, nodes = {}, [start]
        for _ in range(limit):
            following = []
            for node in nodes:
                for other in self.before[node]:
                    if other not in came_from:
                        came_from[other] = node
                        following.append(other)
            if start in came_from:
                way = [came_from[start]]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            nodes = following
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
