"""The desk in the browser: one address for those who deliver, evaluate and read. No Dagster, no statistics: what runs is handed in as functions.

people     who somebody is, and what they may do
guard      what is refused before anything else looks at a request
desk       what every page has: settings, language, form, layout
app        all addresses with those who may see them
ahead      what pages would wait for, looked at before somebody asks
pages      a module for each room: what it shows, and what its forms do
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.desk")
