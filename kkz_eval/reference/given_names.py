"""Given names that are frequent in North Rhine-Westphalia, and names of persons that are names of houses. No recognition of anything."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def given_names() -> frozenset[str]:
    """Given names in the form of casefold(). The table has one column: no reader of tables is needed, which every check would wait for."""
    lines = resources.files("kkz_eval.reference").joinpath("given_names.csv").read_text(encoding="utf-8").splitlines()
    names = [line for line in lines if not line.startswith("#")][1:]
    return frozenset("\n".join(names).casefold().split())


NAMESAKES = frozenset(
    (
        *(
            "benjamin blümchen",
            "bibi blocksberg",
            "hans christian andersen",
            "jim knopf",
            "max moritz",
            "nils holgersson",
            "peter lustig",
        ),
        *(
            "peter pan",
            "robin hood",
            "ronja räubertochter",
            "tom sawyer",
            "carl fuhlrott",
            "wilhelm dörpfeld",
            "otto von guericke",
        ),
        *("adolf kolping", "albert einstein", "albert schweitzer", "alexander von humboldt", "anna seghers", "anne frank"),
        *("annette von droste", "annette von droste hülshoff", "astrid lindgren", "bertha von suttner", "bertolt brecht"),
        *("cornelia funke", "dietrich bonhoeffer", "edith stein", "elisabeth selbert", "ellen key", "elly heuss"),
        *("emmi pikler", "erich fried", "erich kästner", "ernst moritz arndt", "franz von assisi", "friedrich ebert"),
        *("friedrich fröbel", "friedrich schiller", "fridtjof nansen", "fritz reuter", "gebrüder grimm", "georg büchner"),
        *("geschwister scholl", "gustav heinemann", "hannah arendt", "hans böckler", "heinrich böll", "heinrich heine"),
        *("heinrich pestalozzi", "helen keller", "henry dunant", "hildegard von bingen", "immanuel kant", "james krüss"),
        *("janusz korczak", "johann gutenberg", "johann heinrich pestalozzi", "johannes bosco", "johannes rau", "joseph beuys"),
        *("josef beuys", "karl marx", "käthe kollwitz", "konrad adenauer", "kurt tucholsky", "loris malaguzzi", "ludwig erhard"),
        *("maria montessori", "marie curie", "martin luther", "martin luther king", "martin niemöller", "matthias claudius"),
        *("max ernst", "max planck", "michael ende", "mutter teresa", "nelly sachs", "nelson mandela", "nikolaus kopernikus"),
        *("otfried preußler", "otto hahn", "otto lilienthal", "paul gerhardt", "paul klee", "paul moor", "peter petersen"),
        *(
            "peter paul rubens",
            "robert koch",
            "robert schuman",
            "rosa luxemburg",
            "rudolf steiner",
            "sophie scholl",
            "theodor fontane",
        ),
        *(
            "theodor heuss",
            "theodor storm",
            "thomas mann",
            "thomas morus",
            "vincenz von paul",
            "walter gropius",
            "werner heisenberg",
        ),
        *("wilhelm busch", "wilhelm conrad röntgen", "wilhelm von humboldt", "willy brandt", "wolfgang amadeus mozart"),
    )
)
"""Persons by whom schools, day-care centres and streets are named, in the form of casefold() without hyphens."""
