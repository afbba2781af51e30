"""What is kept of a file and what holds: the inbox, landing, verdicts, decisions, accepted observations, purging. No reading of tables."""
