"""The command `gex`. Each command reads its options, calls one function of the package and shows the answer.

`main` has the group, `days` what makes days, `questions` what reads them, `chains` what takes chains from elsewhere,
`options` what the commands share, `bench` what measures a clone. What a command does stands in other rooms, where it can be
called without a shell.
"""
