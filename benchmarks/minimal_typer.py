"""A minimal one-command Typer program: the yardstick of desk's start-up."""

import typer

app = typer.Typer()


@app.command()
def hello(name: str = "world") -> None:
    """Greet."""
    typer.echo(f"hello {name}")


if __name__ == "__main__":
    app()
