"""`make bench`: what we claim of speed, measured against a floor in the same run."""

from benchmarks import daily_sync

daily_sync.main()
