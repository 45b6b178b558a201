"""What happens to a lake when its writer dies or its file system fails."""
