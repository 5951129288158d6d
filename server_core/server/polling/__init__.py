"""Polling: the server reads attributes and runs commands by itself and keeps their last results.

ring       what is kept of each polled object
settings   the polling properties of a device, and how changes are stored
schedule   when each work item is due; no clock, no thread
worker     a polling thread around a schedule, and one try of a work item
service    what the admin commands do: add, update, remove, start, stop, trigger, fill
cache      requests that are answered from the rings
status     the text of DevPollStatus
"""
