"""What a municipality gets back for what it delivered: its own page and its tables. It describes; no estimate, no order of municipalities.

`values`: what is shown, past the gate; `document`: the page; `tables`: what a workbook holds.
"""
