"""How long the commands take, beside what one does by hand. `make bench`."""
