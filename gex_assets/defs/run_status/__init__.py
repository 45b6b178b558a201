"""What the instance knows of runs now: running, queued, failed, gone. For `gex status`. Nothing is started or changed here."""
