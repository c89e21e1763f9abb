"""What each permission of the templates is for: no statement and no action without a need.

A permission is needed if a recorded authorization request is denied without it, or if AWS's
documentation asks for it (``documented.py``). ``python -m rehearsal.permissions`` prints the table.

1. ``policies`` reads the statements of the templates
2. ``requests`` reads, shortens and writes recorded authorization requests
3. ``removal`` finds which request is denied without a permission
4. ``documented`` names the permissions that no emulator asks for, with the page that does
"""
