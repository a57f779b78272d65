"""`python -m models.workshop`: from recordings to packs."""

from models.workshop import data_commands, world_commands
from models.workshop.commands import app

data_commands.register(app)
world_commands.register(app)
app(prog_name="python -m models.workshop")
