"""Deliveries of municipalities as spreadsheet programs write them, text or workbook. No official statistics."""
