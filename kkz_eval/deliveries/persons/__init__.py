"""What in a file is about single persons, looked for before anything of it is kept. No tables, no contracts."""
