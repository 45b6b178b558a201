"""SQL from people: what it may name (`rules`), a process of its own with limits (`process`, `child`), views (`people_views`)."""
