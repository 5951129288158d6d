"""How long a user waits: CPU time of a one-shot `tangoterm read`, and the time until the TUI shows its first screen.

    python benchmarks/startup.py [--runs N]

Runs a TangoTest server on an embedded database in a private directory; prints the median and the extremes.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import resource
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TANGOTERM = [sys.executable, "-m", "tangoterm"]


@contextmanager
def control_system() -> Iterator[dict[str, str]]:
    """A served `sys/tg_test/1` and the environment that finds it."""
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "TANGOTERM_DATABASE": os.path.join(directory, "database.sqlite3")}
        environment.pop("TANGO_HOST", None)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
        environment["PYTHONPYCACHEPREFIX"] = os.path.join(directory, "bytecode")
        arguments = [*TANGOTERM, "serve", "TangoTest", "benchmark", "--device", "sys/tg_test/1"]
        server = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            while not server.stdout.readline().startswith("Ready"):
                if server.poll() is not None:
                    raise SystemExit("the server did not start")
            yield environment
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()


def cpu_of_read(environment: dict[str, str]) -> float:
    """CPU seconds, user and system, of one `tangoterm read` from start to exit."""
    process = subprocess.Popen(
        [*TANGOTERM, "read", "sys/tg_test/1/ampli"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.stderr is not None
    process.stderr.close()
    if process.returncode:
        raise SystemExit(f"tangoterm read ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def cpu_of_completion(environment: dict[str, str]) -> float:
    """CPU seconds of one key press in a shell whose answer is not in the cache."""
    cache = tempfile.mkdtemp(dir=os.path.dirname(environment["TANGOTERM_DATABASE"]))
    command = [*TANGOTERM, "__complete", "tangoterm read sys/tg_test/1/d"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env={**environment, "XDG_CACHE_HOME": cache}, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_screen(environment: dict[str, str]) -> float:
    """Seconds from the start of `tangoterm` in a terminal of 120x40 until the tree shows the server."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(TANGOTERM[0], TANGOTERM, {**environment, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    try:
        while b"TangoTest" not in seen:
            readable, _, _ = select.select([terminal], [], [], 20)
            if not readable:
                raise SystemExit("the TUI showed nothing within 20 s")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def report(title: str, measure: Callable[[dict[str, str]], float], environment: dict[str, str], runs: int) -> None:
    """Run `measure` several times and print what came of it."""
    measure(environment)
    figures = sorted(measure(environment) for _ in range(runs))
    print(f"{title:45} median {statistics.median(figures):.3f} s   {figures[0]:.3f} … {figures[-1]:.3f}")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    with control_system() as environment:
        report("tangoterm read, CPU (target 0.25 s)", cpu_of_read, environment, runs)
        report("completion in a shell, CPU (target 0.2 s)", cpu_of_completion, environment, runs)
        report("TUI, first screen, elapsed (target 0.6 s)", first_screen, environment, runs)


if __name__ == "__main__":
    main()
