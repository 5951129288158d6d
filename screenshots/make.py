"""Fills this directory with pictures of the TUI, taken from the running demo.

    python screenshots/make.py [NAME ...]                     the pictures of the documentation, or some of them
    python screenshots/make.py --everywhere DIR [NAME ...]    each in every size and theme, to look at, into DIR

Needs the `dev` extra and the font DejaVu Sans Mono.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from driver import Driver, Picture
from pictures import all_pictures

from tangoterm.demo import Demo
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem
from tangoterm.tui.themes import DARK, LIGHT

HERE = Path(__file__).parent
SIZES = ((80, 24), (120, 40), (200, 50))
THEMES = (DARK.name, LIGHT.name)


def everywhere(picture: Picture) -> Iterator[Picture]:
    """The picture in every size and theme."""
    for size in SIZES:
        for theme in THEMES:
            name = f"{picture.name}-{size[0]}x{size[1]}-{theme}"
            yield picture._replace(name=name, size=size, theme=theme)


async def take(picture: Picture, host: str, directory: Path) -> None:
    """Take one picture of the control system at `host`."""
    app = TangoTerm(LiveSystem(host), None)
    async with app.run_test(size=picture.size, notifications=True) as pilot:
        app.theme = picture.theme
        await pilot.pause(1.5)
        driver = Driver(app, pilot)
        await picture.drive(driver)
        driver.save(directory / f"{picture.name}.png")
        if picture.finish is not None:
            await app.store.port.perform(picture.finish)


def main() -> None:
    """Take the pictures named on the command line, or all of them."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    parser = argparse.ArgumentParser(description="Pictures of the TUI, taken from the running demo.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the pictures to take; all without")
    parser.add_argument("--everywhere", type=Path, metavar="DIR", help="in every size and theme, into DIR")
    wanted = parser.parse_args()
    directory: Path = wanted.everywhere or HERE
    directory.mkdir(parents=True, exist_ok=True)
    with Demo() as demo:
        for picture in all_pictures():
            if wanted.names and picture.name not in wanted.names:
                continue
            for variant in everywhere(picture) if wanted.everywhere else (picture,):
                asyncio.run(take(variant, demo.host, directory))
                print(f"{variant.name}.png")


if __name__ == "__main__":
    main()
