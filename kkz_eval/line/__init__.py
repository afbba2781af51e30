"""The joints of the line: what brings its steps together. Nothing but this package, and the shell around it, sees both ends.

    installation   settings, contracts, catalogue, plans, decisions and the store they work on
    validity       whether a plan names only what exists
    intake         from the inbox to the verdicts, with the protocols of what was found
    snapshot       what is accepted at one moment, frozen; every later step reads from it
    study          a plan on a snapshot: groups, baseline, design, panel, effects, how it stands to its lock
    report         a study as a report that is kept
    correspondence what stewards send and look at: marked copies, board, replies, templates
    soundness      what is kept, against what it should be
    alone          an installation that one process alone works on, and what stands in the way of it
    at_the_desk    what the desk shows of deliveries at one moment; desk_acts, handing_in: what is done there
    side_by_side   two editions beside each other; preview, gap_costs: what a file would change, and what a missing one costs
    municipal_return  what a municipality gets back; return_files: its pages and workbook
    releases       which edition of a report is released; retention: which need not stay
    reopened       the frozen inputs of a run for whoever looks into them; study_figures: their figures
    what_holds     a digest of what is accepted of each dataset, by which others know of changes
    scheduler      computations that know nothing of each other, on the workers of a scheduler
    comparisons, validation, locks

Does not belong here: what a step does; Dagster; what is printed.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.line")
