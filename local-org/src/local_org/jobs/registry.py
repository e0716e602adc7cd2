"""All Bulk jobs of one org, and the workers that run them."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_org.jobs import ingest, query
from local_org.jobs.job import FINAL, Job, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_org.faults.jobs import JobEnds
    from local_org.org import Org

_PREFIX = "750"
_WORKERS = 4


class Jobs:
    """Creates, runs, holds and forgets jobs. Safe to use from several threads.

    Attributes:
        on_error: called with an exception nobody expected inside a job.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._folder: Path | None = None
        self._released = threading.Event()
        self._released.set()
        self._closing = False
        self.on_error: Callable[[str, Exception], None] | None = None

    # --- for the API ------------------------------------------------------------------------------

    def create(self, **values: Any) -> Job:
        """Make a job; see `Job` for the values. It does not run yet."""
        now = self._org.clock.now()
        job_id = self._org.store.ids.next(_PREFIX)
        folder = self._work_folder() / job_id
        folder.mkdir()
        job = Job(id=job_id, created=now, modified=now, folder=folder, **values)
        job.polls_left = self._org.behaviour.polls
        with self._lock:
            self._jobs[job_id] = job
        return job

    def find(self, job_id: str) -> Job | None:
        """The job, unless it is unknown, deleted or too old."""
        job = self._jobs.get(job_id)
        if job is None:
            return None
        if self._org.clock.now() - job.created > self._org.behaviour.job_life:
            self.forget(job)
            return None
        return job

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        with self._lock:
            known = list(self._jobs)
        return [job for job in map(self.find, known) if job is not None]

    def start(self, job: Job) -> None:
        """Hand the job to a worker."""
        self.background(lambda: self._run(job))

    def background(self, work: Callable[[], None]) -> None:
        """Hand any work to a worker; it must not raise."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="local-org-job")
            self._pool.submit(work)

    def poll(self, job: Job) -> dict[str, Any]:
        """The job's JSON as a status request finds it."""
        if job.state in {State.OPEN, State.ABORTED}:
            return job.answer()
        if job.polls_left > 0:
            job.polls_left -= 1
            value = job.answer() | {"state": State.IN_PROGRESS.value}
            value.pop("errorMessage", None)
            return value
        if self._released.is_set():
            job.done.wait(self._org.behaviour.patience)
        return job.answer()

    def abort(self, job: Job) -> None:
        """Stop a job that has not ended."""
        job.abort.set()
        with job.lock:
            handed_over = job.state is not State.OPEN
            if job.state not in FINAL:
                job.move(State.ABORTED, self._org.clock.now())
        # A worker may be in the middle of a batch; the answer must not promise more than is true.
        if job.kind == "ingest" and handed_over:
            job.done.wait(5)
        job.done.set()

    def forget(self, job: Job) -> None:
        """Delete a job with its files."""
        job.abort.set()
        with self._lock:
            self._jobs.pop(job.id, None)
        shutil.rmtree(job.folder, ignore_errors=True)

    # --- for tests and people ---------------------------------------------------------------------

    def hold(self) -> None:
        """Let jobs wait before they begin, until `release`."""
        self._released.clear()

    def release(self) -> None:
        """Let held jobs run."""
        self._released.set()

    def wait(self, job_id: str, timeout: float = 30) -> Job:
        """Wait until a job has ended.

        Raises:
            TimeoutError: it has not.
        """
        job = self._jobs[job_id]
        if not job.done.wait(timeout):
            raise TimeoutError(f"job {job_id} is still {job.state}")
        return job

    def close(self) -> None:
        """Stop the workers and remove the files."""
        self._closing = True
        self._released.set()
        for job in list(self._jobs.values()):
            job.abort.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    # --- running ----------------------------------------------------------------------------------

    def _run(self, job: Job) -> None:
        self._released.wait()
        if self._closing:
            return
        fault = self._org.faults.for_job(job)
        with job.lock:
            if job.state in FINAL:
                job.done.set()
                return
            job.move(State.IN_PROGRESS, self._org.clock.now())
        began = time.monotonic()
        try:
            self._work(job, fault)
        except ingest.JobFailedError as failure:
            self._end(job, State.FAILED, str(failure))
        except Exception as error:  # noqa: BLE001 - a worker thread has nobody to raise to
            if self.on_error is not None:
                self.on_error(f"job {job.id}", error)
            self._end(job, State.FAILED, "InternalServerError : Unexpected error in the org")
        finally:
            job.milliseconds = max(1, int((time.monotonic() - began) * 1000))
            if fault is None or fault.outcome != "Stuck":
                job.done.set()

    def _work(self, job: Job, fault: JobEnds | None) -> None:
        at_most = fault.after_rows if fault else None
        if job.kind == "query":
            query.run(job, at_most=at_most)
        else:
            ingest.run(self._org, job, at_most=at_most)
        if fault is None:
            self._end(job, State.COMPLETE)
        elif fault.outcome != "Stuck":
            self._end(job, State(fault.outcome), fault.message)

    def _end(self, job: Job, state: State, message: str | None = None) -> None:
        with job.lock:
            if job.state is not State.ABORTED:
                job.error_message = message
                job.move(state, self._org.clock.now())

    def _work_folder(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="local-org-jobs-"))
            return self._folder
