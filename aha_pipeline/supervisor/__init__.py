"""What keeps one machine's services up.

Own code, because none of the kept libraries does what is needed here: honcho ends all children when
one ends, circus opens control ports of its own on loopback, and supervisor does not tie children to
its life. systemd and launchd do, for what is above all this: `aha service install` hands `aha up`
to them.
"""
