"""Boards: lists with all that can be done in them, which are a tab of a device and a page alike."""
