"""What makes servers of the sandbox boot: containers on networks that are real. Linux, root.

Only the standard library is imported here, so that bay.sandbox can clean up with it when no service runs.
"""
