"""The pages in a real browser: Chromium, headless, with the files opened from disk."""
