# SPDX-License-Identifier: BSD-2-Clause
"""The chain of reasons with which a bring-up may end, for an Outcome of runner_model.py."""

from runner_model import ANY

REASONS = 16  # that the runner keeps


def texts(outcome, end):
    """What the chain of reasons can be where it ends at (phase, CPU)."""
    return Chains(outcome).texts(end)


class Chains:
    def __init__(self, outcome):
        self.phases, self.runs, self.cpus = outcome.phases, outcome.runs, outcome.cpus
        self.outcome = outcome

    def texts(self, end):
        name, cpu = end
        per_cpu = self.phases[name]["stage"] not in self.outcome.once
        head = name + (f" (CPU {cpu})" if per_cpu else "") + ": "
        if self.runs[end].result == "skipped":
            if len(self.cpus) == 1:
                return {head + self.one_chain(name)}
            return {head + text for text in self.chains(self.need_of(end))}
        return {head + said for said in self.said(name, [cpu])}

    def said(self, name, cpus=None):
        """The reasons that a phase may have given, on some CPUs or any."""
        at = [one for (other, one) in self.runs if other == name and (not cpus or one in cpus)]
        at = [one for one in at if self.runs[name, one].result in ("absent", "failed")]
        said_on = [cpu for one in at for cpu in (self.cpus if one is ANY else [one])]
        return {self.outcome.reason(name, cpu) for cpu in said_on}

    def need_of(self, at):
        on = self.runs[at].need
        return next(need for need in self.phases[at[0]]["needs"] if need["on"] == on)

    @staticmethod
    def text(need, text):
        return f'needs {need["on"]} ("{need["why"]}"), which {text}'

    def verbs(self, name):
        results = {run.result for (other, _), run in self.runs.items() if other == name}
        return [
            verb
            for result, verb in (("failed", "failed"), ("absent", "is absent"))
            if result in results
        ]

    def roots(self, name):
        """The phases whose result may be why this one was skipped; None: nobody gave a reason."""
        found = set()
        for (other, cpu), how in self.runs.items():
            if other == name and how.result == "skipped":
                for each in self.need_of((name, cpu))["of"]:
                    found |= self.roots(each) | ({each} if self.verbs(each) else set())
            elif other == name and how.result == "elsewhere":
                found.add(None)
        return found

    def chains(self, need):
        for name in need["of"]:
            nobody = "nobody gives: " + name + " " if need["on"] != name else ""
            for verb in self.verbs(name):
                for said in self.said(name):
                    yield self.text(need, f"{nobody}{verb}: {said}")
            for root in self.roots(name) - {None}:
                for verb in self.verbs(root):
                    for said in self.said(root):
                        yield self.text(need, f"was skipped, as {root} {verb}: {said}")
        many = len({name for name, cpu in self.runs if self.outcome.is_bad((name, cpu))}) > REASONS
        if many or any(None in self.roots(name) for name in need["of"]):
            yield self.text(need, "was not done")

    def one_chain(self, last):
        """Where one CPU runs all there is one order, and one text."""
        kept = {}  # phase: (its root, its result)
        for (name, _), how in self.runs.items():
            if how.result not in ("absent", "failed", "skipped"):
                continue
            root = name
            if how.result == "skipped":
                need = self.need_of((name, self.outcome.places(self.phases[name]["stage"])[0]))
                with_reason = [other for other in need["of"] if other in kept]
                failed = [other for other in with_reason if kept[other][1] == "failed"]
                best = (failed[-1:] or with_reason[:1] or [None])[0]
                root = kept[best][0] if best else None
                if name == last:
                    return self.text(need, self.which(need, best, root))
            if len(kept) < REASONS:
                kept[name] = root, how.result
        return None

    def which(self, need, best, root):
        if root is None:
            return "was not done"
        end = f"{self.verbs(root)[0]}: {min(self.said(root))}"
        if root != best:
            return f"was skipped, as {root} {end}"
        return f"nobody gives: {root} {end}" if need["on"] != best else end
