"""What texts beside a table say of its numbers: words (vocabulary), their neighbours (tokens), what follows (statements). No contracts."""
