import click
from . import base

@click.group(cls=base.Group)
def screening() -> None:
    pass
