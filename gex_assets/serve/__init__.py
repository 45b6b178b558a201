"""The pages and the read-only API over HTTP: what is published in the lake, nothing else, and never a write.

`app` puts it together, `server` runs it. `catalogue` knows what is published now, `security` who may ask, `workers` where reading
happens. `answers/` turns rows into bytes, `routes/` has the endpoints, `live/` what is sent while a page is open.
"""
