"""The full-screen face of tangoterm: the control system as a tree, the chosen device beside it, everything live.

    port      what the screens need of a client (a Protocol), and the records it speaks in
    store     what has been observed of the system: plain asyncio, no Textual
    live      the port on `tangoterm.client.aio`
    widgets   the building blocks: line lists, grids, charts
    panes     the tabs of a device
    modals    forms and dialogs

Widgets show what the store holds and never call the network themselves. Textual is imported only when the screen opens.
"""

from __future__ import annotations

from tangoterm.tui.entry import run_tui

__all__ = ["run_tui"]
