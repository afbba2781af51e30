"""From the bytes of a workbook to sheets of cells, and what a person sees of them besides their values. No meaning of columns."""
