"""What a proxy method does, apart from waiting.

A proxy method is written once, as a generator: a *plan*. It yields *steps* (send this request, ask the database,
sleep) and receives their outcome; what it returns is the method's result. A *runner* performs the steps: the blocking
one waits for each in the calling thread, the asyncio one awaits it. `blocking` and `awaitable` make the two methods of
a plan, with the plan's own parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from server_core.model.errors import DevFailed
from server_core.protocol.exchange import ProtocolError
from server_core.transport import reach
from server_core.transport.errors import TransportError

if TYPE_CHECKING:
    from server_core.protocol.operations import Request, Subscribe
    from server_core.transport.events import Listener
    from server_core.transport.zmq.consumer import Ticket
    from server_core.transport.zmq.offer import Wish

R = TypeVar("R")
H = TypeVar("H")

Plan = Generator["Step", Any, R]
"""A proxy method without the waiting; its result is R."""

Confirm = Callable[[Sequence[str]], Plan[None]]
"""Makes the plan that renews subscriptions, of which it gets three names each."""

FAILURES = (DevFailed, TransportError, ProtocolError)
"""What performing a step may raise for the plan to deal with."""


class Address(NamedTuple):
    """Where a device's server listens: the text of its endpoints, or the device's object reference when its server has
    no native ones; and the host they are on."""

    endpoints: str
    host: str

    @property
    def is_reference(self) -> bool:
        """Whether it is the reference of a single device."""
        return reach.is_reference(self.endpoints)

    @property
    def giop(self) -> bool:
        """Whether the server is spoken to in Tango's own protocol. Of the address of a server without database this is
        known once a request has been answered."""
        return reach.speaks_giop(self.endpoints)


class Held(Protocol[H]):
    """A proxy: it holds what its plans take first."""

    _handle: H


class Runner(Protocol):
    """Performs steps; every method waits, or gives something to await."""

    def call(self, address: Address, request: Request, timeout: float) -> Any:
        """The result of a request, connecting first where needed."""

    def submit(self, address: Address, request: Request, timeout: float) -> Any:
        """The future result of a request."""

    def listen(self, address: Address, request: Subscribe, listener: Listener, timeout: float) -> Any:
        """Subscribe; `listener` hears of every event, and of the end of the connection."""

    def ignore(self, address: Address, topic: int, device: str, listener: Listener) -> Any:
        """End a subscription; nothing to do when its connection is gone."""

    def carries_events(self, address: Address, timeout: float) -> Any:
        """Whether events come on the connection to a server, which is made where needed."""

    def attach(self, wish: Wish, listener: Listener, confirm: Confirm) -> Any:
        """Receive events over ZeroMQ; `listener` hears of each, and of the loss of the server."""

    def detach(self, ticket: Ticket) -> Any:
        """End that."""

    def level(self, address: Address, device: str, timeout: float) -> Any:
        """The interface level of a device whose server speaks Tango's own protocol."""

    def unbroken(self, address: Address) -> Any:
        """Raises ConnectionLost, once, when the connection has broken."""

    def listening(self, address: Address) -> Any:
        """Whether a server listens; the connection to it counts as broken otherwise."""

    def perform(self, work: Callable[[], Any]) -> Any:
        """The result of work that may block."""

    def sleep(self, seconds: float) -> Any:
        """Let time pass."""


class Call(NamedTuple):
    """Send a request to the server at `address`, connecting first where needed; the outcome is its result."""

    address: Address
    request: Request
    timeout: float

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.call(self.address, self.request, self.timeout)


class Submit(NamedTuple):
    """Send a request and do not wait; the outcome is the future of its result."""

    address: Address
    request: Request
    timeout: float

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.submit(self.address, self.request, self.timeout)


class Listen(NamedTuple):
    """Subscribe to events; the outcome is the server's `Subscription`."""

    address: Address
    request: Subscribe
    listener: Listener
    timeout: float

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.listen(self.address, self.request, self.listener, self.timeout)


class Ignore(NamedTuple):
    """End a subscription; nothing happens when its connection is gone."""

    address: Address
    topic: int
    device: str
    listener: Listener

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.ignore(self.address, self.topic, self.device, self.listener)


class CarriesEvents(NamedTuple):
    """Find out whether events come on the connection to the server at `address`, connecting first where needed; else
    it publishes them elsewhere."""

    address: Address
    timeout: float

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.carries_events(self.address, self.timeout)


class Attach(NamedTuple):
    """Receive the events that a server has offered to publish; the outcome is what ends that.

    `confirm` makes the plan that renews subscriptions to the server, performed in the background from time to time.
    """

    wish: Wish
    listener: Listener
    confirm: Confirm

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.attach(self.wish, self.listener, self.confirm)


class Detach(NamedTuple):
    """Receive the events of a subscription no longer."""

    ticket: Ticket

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.detach(self.ticket)


class Level(NamedTuple):
    """Find out the interface level of a device whose server speaks Tango's own protocol; the outcome is the number."""

    address: Address
    device: str
    timeout: float

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.level(self.address, self.device, self.timeout)


class Unbroken(NamedTuple):
    """Check that the connection to `address` has not broken since it was last used; ConnectionLost when it has."""

    address: Address

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.unbroken(self.address)


class Listening(NamedTuple):
    """Look whether a server still listens at `address`; when none does, the connection to it counts as broken."""

    address: Address

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.listening(self.address)


class Perform(NamedTuple):
    """Do work that may block (ask the database); the outcome is its result."""

    work: Callable[[], Any]

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.perform(self.work)


class Sleep(NamedTuple):
    """Let time pass."""

    seconds: float

    def run(self, runner: Runner) -> Any:
        """The step's outcome."""
        return runner.sleep(self.seconds)


Step = (
    Call | Submit | Listen | Ignore | CarriesEvents | Attach | Detach | Level | Unbroken | Listening | Perform | Sleep
)


def run_blocking(plan: Plan[R], runner: Runner) -> R:
    """Perform a plan's steps in the calling thread and give its result."""
    try:
        step = next(plan)
        while True:
            try:
                outcome = step.run(runner)
            except FAILURES as failure:
                step = plan.throw(failure)
            else:
                step = plan.send(outcome)
    except StopIteration as done:
        result: R = done.value
        return result


async def run_awaiting(plan: Plan[R], runner: Runner) -> R:
    """Perform a plan's steps in the running event loop and give its result."""
    try:
        step = next(plan)
        while True:
            try:
                outcome = await step.run(runner)
            except FAILURES as failure:
                step = plan.throw(failure)
            else:
                step = plan.send(outcome)
    except StopIteration as done:
        result: R = done.value
        return result
