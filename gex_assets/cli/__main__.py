"""`python -m gex_assets.cli`: the same as `gex`."""

from gex_assets.cli.main import main

if __name__ == "__main__":
    main()
