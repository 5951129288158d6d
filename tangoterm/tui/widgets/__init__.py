"""Building blocks of the screens: lists drawn line by line, grids, charts, images."""
