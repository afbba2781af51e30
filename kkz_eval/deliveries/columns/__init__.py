"""From columns of text to those of a contract: headers, codes, types, units, scale. What municipal and official readers share. No layouts."""
