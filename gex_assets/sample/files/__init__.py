"""The files of a sample day, as the vendor delivers them.

`records` and `packing` make MBO records from a tape; `definitions` and `statistics` make the records of their kinds. `defects`
plants faults of records and names those of files. `delivery` writes the files of a batch job with their sidecars. The bytes of
DBN are written by the lake's writer.
"""
