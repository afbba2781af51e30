"""The sections of the report, a module each. What they are made of is in `document`; their order is in `build`."""
