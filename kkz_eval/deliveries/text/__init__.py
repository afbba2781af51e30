"""What a text is before anyone knows its table: bytes as records, records as lines, a cell as number, symbol, missing word. No contracts."""
