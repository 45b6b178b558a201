"""The picture of a day: published tables in, one HTML file out, with everything that its drawing needs packed into it.

`axes` says what stands next to what, `columns` names each packed column with its unit and step, `matrices` fills them,
`blobs` packs them, `header` says how to read them, `page` puts all into a file. `reading` reads such a file again,
`windows` gives the same numbers one window at a time. How the browser draws them is in `web/`.
"""
