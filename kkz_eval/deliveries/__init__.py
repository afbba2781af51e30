"""From the bytes of a delivered file to a typed table in which every cell has its address.

Belongs here: recognising encodings, layouts and headers; converting texts once, strictly; screening for records of persons.
Does not belong here: rules of contracts (contracts), what becomes of accepted content (indicators), pandas, Dagster.
"""
