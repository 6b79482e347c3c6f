"""The queue of SQLite's writers."""

import threading
import time

import pytest

from bay.sandbox.services.sandbox_services.fair_lock import FairLock


def test_threads_get_the_lock_in_the_order_in_which_they_asked() -> None:
    lock, order = FairLock(), list[int]()

    def work(number: int) -> None:
        lock.acquire(10)
        order.append(number)
        lock.release()

    lock.acquire(10)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for waiting, thread in enumerate(threads, start=1):
        thread.start()
        while len(lock._queue) < waiting:
            time.sleep(0.001)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_the_thread_that_has_it_passes_and_keeps_it() -> None:
    lock = FairLock()
    assert lock.acquire(1) is True
    assert lock.acquire(1) is False


def test_waiting_ends_with_an_error_and_the_lock_goes_on_to_the_next() -> None:
    lock, late = FairLock(), list[bool]()
    lock.acquire(1)

    def give_up() -> None:
        with pytest.raises(TimeoutError, match="the database stayed locked"):
            lock.acquire(0.05)

    impatient = threading.Thread(target=give_up)
    impatient.start()
    impatient.join()
    patient = threading.Thread(target=lambda: late.append(lock.acquire(5)))
    patient.start()
    lock.release()
    patient.join()
    assert late == [True]
