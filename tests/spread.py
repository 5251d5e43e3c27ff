"""How the tests are spread over processes."""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

# files whose tests share nothing, and go to whichever process is free
APART = ("runs/test_whole_runs.py", "project/test_notebooks.py", "project/test_bench.py")


def place(nodeid: str) -> str:
    return nodeid.split("tests/", 1)[-1]


class Spread(LoadFileScheduling):
    """Keep each file's tests in one process, unless they share nothing; a crash costs one test."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if place(nodeid).startswith(APART) else super()._split_scope(nodeid)

    def schedule(self) -> None:
        """Give a process that replaces another one a second unit: it waits for ever with one."""
        super().schedule()
        for node in self.nodes:
            self._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Count the test that ended its process as done: it isn't tried again."""
        units = self.assigned_work[node].values()
        left = ((unit, test) for unit in units for test, is_done in unit.items() if not is_done)
        unit, crashed = next(left, ({}, None))
        unit.update({crashed: True} if crashed else {})
        super().remove_node(node)
        return crashed
