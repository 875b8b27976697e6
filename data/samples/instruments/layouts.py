"""The synthetic batch in each vendor's layout, as bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from generate_instruments import COMPOUNDS, Injection, Peak, peaks, sequence, times

NOTE = "synthetic"  # stands in a name, path or comment of every file
TRANSITIONS = ("150.1 -> 119.0", "136.1 -> 119.1", "290.1 -> 105.0", "304.2 -> 105.0",
               "194.1 -> 135.0", "238.1 -> 179.0")  # fmt: skip


def _text(rows: Iterable[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue().encode()


def _us(injection: Injection) -> str:
    hour, minute = times(injection)
    return f"4/2/2024 {(hour - 1) % 12 + 1}:{minute:02d} {'AM' if hour < 12 else 'PM'}"


def _german(injection: Injection) -> str:
    hour, minute = times(injection)
    return f"02.04.2024 {hour:02d}:{minute:02d}"


def _australian(injection: Injection) -> str:
    hour, minute = times(injection)
    return f"2/04/2024 {(hour - 1) % 12 + 1}:{minute:02d} {'am' if hour < 12 else 'pm'}"


def _iso(injection: Injection) -> str:
    hour, minute = times(injection)
    return f"2024-04-02 {hour:02d}:{minute:02d}:00"


_AGILENT = {"blank": "Blank", "standard": "Cal", "control": "QC", "sample": "Sample"}
_WATERS = {"blank": "Blank", "standard": "Standard", "control": "QC", "sample": "Analyte"}
_SCIEX = {"blank": "Blank", "standard": "Standard", "control": "Quality Control",
          "sample": "Unknown"}  # fmt: skip
_XCALIBUR = {"blank": "Blank Sample", "standard": "Std Bracket Sample", "control": "QC Sample",
             "sample": "Unknown Sample"}  # fmt: skip
_TRACE = {"blank": "Matrix Blank", "standard": "Cal Std", "control": "QC Std",
          "sample": "Unknown"}  # fmt: skip


def _accuracy(peak: Peak) -> str:
    return f"{100 + float(peak.deviation):.2f}" if peak.deviation else ""


def masshunter_wide() -> bytes:
    """Batch table of an American machine."""
    upper = ["Sample", *[""] * 6]
    lower = ["", "", "Name", "Data File", "Type", "Level", "Acq. Date-Time"]
    for (name, standard, *_), transition in zip(COMPOUNDS, TRANSITIONS, strict=True):
        upper += [f"{name} Method", f"{name} Results", *[""] * 4]
        upper += [f"Qualifier ({transition}) Results", "", f"{standard} (ISTD) Results", ""]
        lower += ["Exp. Conc.", "RT", "Resp.", "Calc. Conc.", "Final Conc.", "Accuracy",
                  "Ratio", "MI", "RT", "Resp."]  # fmt: skip
    rows = [upper, lower]
    for run in sequence():
        row = ["", "", run.name, f"{run.file}.d", _AGILENT[run.kind], run.level, _us(run)]
        for p in peaks(run):
            row += [p.expected, p.rt, p.area, p.conc, p.conc, _accuracy(p), p.ratio, "FALSE",
                    p.rt or "4.000", p.istd_area]  # fmt: skip
        rows.append(row)
    return _text(rows)


def masshunter_wide_german() -> bytes:
    """Batch table of a German machine: decimal commas, another order, a flag before the name."""
    upper: list[str] = []
    lower: list[str] = []
    for name, standard, *_ in COMPOUNDS:
        upper += [f"{name} Results", "", "", f"{standard} [ISTD] Results"]
        lower += ["Final Conc.", "Area", "RT", "Area"]
    upper += ["Sample", *[""] * 4]
    lower += ["", "Data File", "Name", "Acq. Date-Time", "Type"]
    rows = [upper, lower]
    for run in sequence():
        row = []
        for p in peaks(run):
            row += [p.conc.replace(".", ","), p.area, p.rt.replace(".", ","), p.istd_area]
        rows.append([*row, "!", f"{run.file}.d", run.name, _german(run), _AGILENT[run.kind]])
    return _text(rows)


def masshunter_wide_message() -> bytes:
    """Batch table of an Australian machine with messages, whose cells end in a bare line break."""
    upper = ["Sample", *[""] * 6]
    lower = ["", "Quantitation Message", "", "Name", "Data File", "Type", "Acq. Date-Time"]
    for name, standard, *_ in COMPOUNDS:
        upper += [f"{name} Results", "", "", f"{standard} (ISTD) Results"]
        lower += ["RT", "Area", "Final Conc.", "Area"]
    lines = [",".join(upper), ",".join(lower)]
    for run in sequence():
        cells = [run.name, f"{run.file}.d", _AGILENT[run.kind], _australian(run)]
        missing = [p.compound for p in peaks(run) if not p.conc]
        for p in peaks(run):
            cells += [p.rt, p.area, p.conc, p.istd_area]
        if missing:
            lines += [f"!,{missing[0]}: Integrator did not find any peaks", ",," + ",".join(cells)]
        else:
            lines.append(",,," + ",".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode()


def masshunter_compounds() -> bytes:
    """Compound table."""
    upper = ["Compound Method", "", ""]
    lower = ["Name", "Precursor Ion", "Product Ion"]
    for run in sequence():
        upper += [run.name, "", "", "", run.name, "", ""]
        lower += ["Acq. Date-Time", "Name", "Data File", "Type", "RT", "Area", "Final Conc."]
    rows = [upper, lower]
    for index, (name, standard, *_) in enumerate(COMPOUNDS):
        precursor, product = TRANSITIONS[index].split(" -> ")
        row, other = [name, precursor, product], [f"{standard} (ISTD)", precursor, product]
        for run in sequence():
            p = peaks(run)[index]
            head = [_us(run), run.name, f"{run.file}.d", _AGILENT[run.kind]]
            row += [*head, p.rt, p.area, p.conc]
            other += [*head, p.rt, p.istd_area, ""]
        rows += [row, other]
    return _text(rows)


def masshunter_report() -> bytes:
    """Sectioned report."""
    width = 10
    rows: list[list[str]] = [
        ["Batch Info", "2024-04-02T12:00:00"],
        ["Batch Data Path", f"data\\{NOTE}\\batch.bin"],
        [],
        ["Sequence Table"],
        ["Data File", "Sample Name", "Position", "Inj Vol", "Level", "Sample Type"],
    ]
    for run in sequence():
        place = f"P1-A{run.number}"
        rows.append([f"{run.file}.d", run.name, place, "5.00", run.level, _AGILENT[run.kind]])
    rows += [[], ["Quantitation Results"]]
    for index, (name, standard, *_) in enumerate(COMPOUNDS):
        rows += [["Target Compound", name],
                 ["Data File", "Compound", "ISTD", "Resp", "ISTD Resp", "Resp Ratio", " Final Conc",
                  "Exp Conc", "Accuracy"]]  # fmt: skip
        for run in sequence():
            p = peaks(run)[index]
            ratio = f"{int(p.area) / int(p.istd_area):.4f}" if p.area else ""
            rows.append([f"{run.file}.d", name, standard, p.area, p.istd_area, ratio, p.conc,
                         p.expected, _accuracy(p)])  # fmt: skip
        rows.append([])
    return _text([row + [""] * (width - len(row)) for row in rows])


def masslynx() -> bytes:
    """Compound summary report as text."""
    rows: list[list[str]] = [["Quantify Compound Summary Report"], [""],
                             [f"Printed Tue Apr 02 12:00:00 2024 ({NOTE})"], [""]]  # fmt: skip
    for index, (name, *_) in enumerate(COMPOUNDS):
        rows += [[f"Compound {index + 1}:  {name}"], [""],
                 ["", "Name", "Type", "Std. Conc", "RT", "Area", "IS Area", "Response", "ng/mL",
                  "%Dev", "Ion Ratio", "Acq.Date", "Acq.Time"]]  # fmt: skip
        for run in sequence():
            p = peaks(run)[index]
            hour, minute = times(run)
            response = f"{int(p.area) / int(p.istd_area):.4f}" if p.area else ""
            rows.append([str(run.number), run.name, _WATERS[run.kind], p.expected, p.rt, p.area,
                         p.istd_area, response, p.conc, p.deviation, p.ratio, "02-Apr-24",
                         f"{hour:02d}:{minute:02d}:00"])  # fmt: skip
        rows.append([""])
    return _text(rows, "\t")


def _ten(text: str) -> str:
    return f"{float(text or 0):.10f}"


def targetlynx() -> bytes:
    """QuanData, in one line as the program writes it."""
    samples = []
    for run in sequence():
        hour, minute = times(run)
        compounds = []
        for index, p in enumerate(peaks(run), start=1):
            compounds.append(
                f'<COMPOUND id="{index}" sampleid="{run.number}" groupid="1" name="{p.compound}" '
                f'type="" stdconc="{_ten(p.expected)}"><PEAK foundrt="{_ten(p.rt)}" '
                f'area="{_ten(p.area)}" analconc="{_ten(p.conc)}" conccalc="NaN" '
                f'ionratio="{_ten(p.ratio)}" concdevperc="{_ten(p.deviation)}">'
                f'<ISPEAK area="{_ten(p.istd_area)}" height="" foundrt=""/></PEAK></COMPOUND>'
            )
        samples.append(
            f'<SAMPLE id="{run.number}" groupid="1" name="{run.name}" createdate="02-Apr-24" '
            f'createtime="{hour:02d}:{minute:02d}:00" type="{_WATERS[run.kind]}" desc="" '
            f'userdilutionfac="0.0000000000">{"".join(compounds)}</SAMPLE>'
        )
    body = "".join(samples)
    return (
        f'<?xml version="1.0"?>\r\n<QUANDATASET description="{NOTE}" version="1">'
        f'<XMLFILE filename="quandata.xml"/><GROUPDATA count="1"><GROUP id="1" name="batch">'
        f'<SAMPLELISTDATA count="{len(samples)}">{body}</SAMPLELISTDATA></GROUP></GROUPDATA>'
        "</QUANDATASET>"
    ).encode()


def sciex() -> bytes:
    """Results table of SCIEX OS as text."""
    rows = [["Index", "Sample Name", "Sample ID", "Sample Type", "Original Filename", "IS",
             "Component Name", "IS Name", "Actual Concentration", "Area", "IS Area",
             "Retention Time", "Ion Ratio", "Used", "Calculated Concentration", "Accuracy",
             "Acquisition Date & Time"]]  # fmt: skip
    for run in sequence():
        for p in peaks(run):
            head = [run.name, "", _SCIEX[run.kind], f"{run.file}.wiff2"]
            rows.append([str(len(rows)), *head, "False", p.compound, p.standard,
                         p.expected or "N/A", p.area or "N/A", p.istd_area, p.rt or "N/A",
                         p.ratio or "N/A", "True", p.conc or "N/A", _accuracy(p) or "N/A",
                         _iso(run)])  # fmt: skip
            rows.append([str(len(rows)), *head, "True", p.standard, "(No IS)", "1.0000",
                         p.istd_area, "N/A", p.rt or "4.000", "N/A", "True", "N/A", "N/A",
                         _iso(run)])  # fmt: skip
    return _text(rows, "\t")


def _xcalibur_block(index: int) -> list[list[str]]:
    """One component: three lines, the header, the injections, a blank tail."""
    rows = [["Component Name", "Curve Index", "Weighting Index"],
            [COMPOUNDS[index][0], "Linear", "1/X"], [f"Date: 2024-04-02 ({NOTE})"],
            ["Filename", "Sample Type", "Sample Name", "Exp Amt", "Calc Amt", "Units", "%Diff",
             "Level", "Peak Status", "Area", "ISTD Area", "RT", "Acq Date"]]  # fmt: skip
    for run in sequence():
        p = peaks(run)[index]
        rows.append([run.file, _XCALIBUR[run.kind], run.name, p.expected or "NA", p.conc or "NF",
                     "ng/mL", p.deviation or "NA", run.level or "NA",
                     "OK" if p.conc else "Not Found", p.area or "NF", p.istd_area, p.rt or "NF",
                     _us(run)])  # fmt: skip
    return rows


def xcalibur() -> bytes:
    """All components one after the other, saved as text."""
    rows: list[list[str]] = []
    for index in range(len(COMPOUNDS)):
        block = _xcalibur_block(index)
        rows += [row + [""] * (13 - len(row)) for row in block] + [[""] * 13]
    return _text(rows)


def write_xls(path: Path) -> None:
    """The workbook that the program writes: a sheet a component; needs xlwt."""
    import xlwt

    book = xlwt.Workbook()
    for index, (name, *_) in enumerate(COMPOUNDS):
        sheet = book.add_sheet(name)
        for row, cells in enumerate(_xcalibur_block(index)):
            for column, text in enumerate(cells):
                sheet.write(row, column, _cell(text))
        sheet.write(25, 0, "")
    book.save(str(path))


def _cell(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def tracefinder() -> bytes:
    """Results with the confirming peaks."""
    rows = [["Compound", "Type", "Filename", "Sample Type", "Sample Name", "Level", "Peak Label",
             "Theoretical Amt", "Calculated Amt", "%Diff", "Final Units", "Area", "ISTD Response",
             "Actual RT", "Ion Ratio", "Excluded", "Acquisition Date"]]  # fmt: skip
    for index, (name, standard, *_) in enumerate(COMPOUNDS):
        for run in sequence():
            p = peaks(run)[index]
            head = [name, "Target Compound", run.file, _TRACE[run.kind], run.name, run.level]
            rows.append([*head, "T1", p.expected, p.conc or "N/F", p.deviation, "ng/mL",
                         p.area or "N/F", p.istd_area, p.rt or "N/F", p.ratio, "False",
                         _iso(run)])  # fmt: skip
            rows.append([*head, "C1", "", "N/A", "", "ng/mL",
                         str(int(p.area) // 3) if p.area else "N/F", "", p.rt or "N/F", "",
                         "False", _iso(run)])  # fmt: skip
        for run in sequence():
            p = peaks(run)[index]
            rows.append([standard, "Internal Standard", run.file, _TRACE[run.kind], run.name,
                         run.level, "T1", "", "N/A", "", "ng/mL", p.istd_area, "", "4.000", "",
                         "False", _iso(run)])  # fmt: skip
    return _text(rows)


def sidecar() -> bytes:
    """What the vials hold."""
    limits = [f"{name} LOD (ng/L)" for name, *_ in COMPOUNDS]
    rows = [["sample_name", "kind", "parent", "sample_id", "site", "date", "matrix", "mode",
             "sample_volume (mL)", "final_volume (mL)", "dilution", "unit", "flow (m3/d)",
             "population", "population_basis", "population_date", *limits, "note"]]  # fmt: skip
    for name, site, day, flow, people, volume in (
        ("WW-A1", "Plant A", "2024-03-12", "41000", "182000", "50"),
        ("WW-A2", "Plant A", "2024-03-13", "39500", "182000", "50"),
        ("WW-B1", "Plant B", "2024-03-12", "18200", "77000", "50"),
        ("WW-C1", "Plant C", "2024-03-12", "5300", "24000", "100"),
        ("WW-C2", "Plant C", "2024-03-13", "5450", "24000", "100"),
    ):
        dilution = "2" if name == "WW-B1" else "1"
        rows.append([name, "", "", f"S-{name[3:]}", site, day, "wwtp_influent", "composite_24h",
                     volume, "0.5", dilution, "ng/mL", flow, people, "served", "2023",
                     *["0.5"] * 6, NOTE])  # fmt: skip
    rows.append(["WW-A1_spike", "spike", "S-A1", "", "Plant A", "2024-03-12", "wwtp_influent",
                 "composite_24h", "50", "0.5", "1", "ng/mL", "", "", "", "", *[""] * 6,
                 NOTE])  # fmt: skip
    return _text(rows, end="\n")


FILES: dict[str, Callable[[], bytes]] = {
    "masshunter_wide.csv": masshunter_wide,
    "masshunter_wide_german.csv": masshunter_wide_german,
    "masshunter_wide_message.csv": masshunter_wide_message,
    "masshunter_compounds.csv": masshunter_compounds,
    "masshunter_report.csv": masshunter_report,
    "masslynx.txt": masslynx,
    "targetlynx.xml": targetlynx,
    "sciex.txt": sciex,
    "xcalibur.csv": xcalibur,
    "tracefinder.csv": tracefinder,
    "sidecar.csv": sidecar,
}
