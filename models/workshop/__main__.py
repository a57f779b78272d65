"""`python -m models.workshop`: from recordings to packs."""

from models.workshop.commands import app
from models.workshop.data_commands import register

register(app)
app(prog_name="python -m models.workshop")
