"""Lines of the tables: several runs of one contender in one world, as one figure each."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from contenders import Run
from simulation import World


@dataclass(frozen=True)
class Line:
    """One contender in one world."""

    contender: str
    world: World
    runs: tuple[Run, ...] = ()
    # Why runs failed, where some did.
    failures: tuple[str, ...] = ()
    # How long it would take by the rate of a smaller size, where that is too long to be run.
    expected_seconds: float | None = None

    @property
    def measured(self) -> bool:
        return bool(self.runs)

    @property
    def stopped(self) -> bool:
        """Whether a run was stopped at the limit, so that the line stands for the accounts done until then."""
        return any(run.stopped for run in self.runs)

    @property
    def wall_seconds(self) -> float:
        return self._median(lambda run: run.wall_seconds)

    @property
    def accounts_per_second(self) -> float:
        return self._median(lambda run: run.accounts_per_second)

    @property
    def calls_per_account(self) -> float:
        return self._median(lambda run: run.calls_per_account)

    @property
    def cpu_seconds(self) -> float:
        return self._median(lambda run: run.cpu_seconds)

    @property
    def accounts_done(self) -> int:
        return round(self._median(lambda run: run.accounts))

    @property
    def peak_rss_bytes(self) -> int:
        """The largest of all runs: a peak is no middle."""
        return max(run.peak_rss_bytes for run in self.runs)

    @property
    def csv_bytes(self) -> int:
        return max(run.csv_bytes for run in self.runs)

    @property
    def throttled_share(self) -> float:
        """The largest of all runs."""
        return max(run.throttled_share for run in self.runs)

    def _median(self, figure: Callable[[Run], float]) -> float:
        return statistics.median(figure(run) for run in self.runs)


def find(lines: Iterable[Line], contender: str, size: int, quotas: bool) -> Line | None:
    """The measured line of a contender at a size, where there is one."""
    for line in lines:
        if line.measured and (line.contender, line.world.accounts, line.world.quotas) == (contender, size, quotas):
            return line
    return None
