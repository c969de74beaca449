"""The page about runs of evolved gas shows the find first, with what fits best, and escapes names."""

from __future__ import annotations

import re

import numpy as np
from tests.organics import made_up
from tests.organics.reference import spiked

from starlight.organics import calibration
from starlight.organics.gas_run import GasRun
from starlight.organics.judgement import judge
from starlight.organics.reference_spectra import shipped
from starlight.reports.organics_report import organics_page


def test_the_find_is_shown_first_with_its_amount_and_names_are_text() -> None:
    """Of two runs the one with a marker is drawn first, the fitted amount is the spike's within a fifth,
    a run's name is text and no HTML, and who measured the reference is named with the licence."""
    lab = calibration.calibrate([made_up.run(seed) for seed in range(140)], shipped(), "lab")
    alkane = next(each for each in shipped() if each.accession == "MSBNK-MSSJ-MSJ00076")
    clean = made_up.run(1000)
    found = spiked(made_up.run(1001), alkane, np.random.default_rng(1), 0.02)
    runs = [clean, GasRun("<b>rover</b>", "lab", found.abundance)]
    page = organics_page(runs, judge(runs, lab), lab)
    assert "<b>rover" not in page
    assert page.index("rover&lt;/b&gt;: spectrum") < page.index("R1000: spectrum")
    told = re.search(r"would add as ([0-9.e+-]+) of the ion current: the best fit", page)
    assert told is not None
    assert abs(float(told[1]) / 0.02 - 1) < 0.2
    # Its isomer has nearly the same spectrum; of which of the two it is like, noise decides.
    assert re.search(r"MSBNK-MSSJ-MSJ0007[68], Masayo Sekimoto, [^<]*, CC BY\.", page.replace("\\u003c", "<"))
