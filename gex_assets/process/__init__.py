"""What a process does with its threads and memory."""
