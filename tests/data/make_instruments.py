"""Write the files of ``bad/instruments``: small synthetic exports with one thing wrong or doubtful.

Run it to rewrite them, byte for byte; what each must end in stands in their ``cases.csv``::

    python tests/data/make_instruments.py
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent / "bad" / "instruments"

SCIEX = ("Sample Name", "Sample Type", "Original Filename", "IS", "Component Name", "IS Name",
         "Area", "IS Area", "Used", "Calculated Concentration", "Concentration Units",
         "Dilution Factor")  # fmt: skip
SIDECAR = ("sample_name", "site", "date", "matrix", "mode", "sample_volume (mL)",
           "final_volume (mL)")  # fmt: skip


def row(name: str = "WW-1", compound: str = "Methamphetamine", **more: str) -> list[str]:
    """One line of a SCIEX OS results table."""
    cells = {
        "Sample Name": name, "Sample Type": "Unknown", "Original Filename": f"{name}.wiff2",
        "IS": "False", "Component Name": compound, "IS Name": "", "Area": "52100",
        "IS Area": "98000", "Used": "True", "Calculated Concentration": "12.5",
        "Concentration Units": "ng/mL", "Dilution Factor": "1.0",
    }  # fmt: skip
    names = {"kind": "Sample Type", "file": "Original Filename", "area": "Area", "used": "Used",
             "conc": "Calculated Concentration", "unit": "Concentration Units",
             "dilution": "Dilution Factor", "standard": "IS"}  # fmt: skip
    cells |= {names[key]: text for key, text in more.items()}
    return [cells[name] for name in SCIEX]


def sciex(*rows: list[str], without: str = "", extra: str = "") -> bytes:
    """A results table; a column left out, or one more with the same text in every row."""
    kept = [i for i, name in enumerate(SCIEX) if name != without]
    lines = [[SCIEX[i] for i in kept], *([cells[i] for i in kept] for cells in rows)]
    if extra:
        header, _, text = extra.partition("=")
        lines = [[*cells, header if number == 0 else text] for number, cells in enumerate(lines)]
    return ("\r\n".join("\t".join(cells) for cells in lines) + "\r\n").encode()


def sidecar(*rows: str, more: str = "") -> bytes:
    """A sidecar; ``more`` are further headers."""
    header = ",".join(SIDECAR) + more
    return ("\n".join([header, *rows]) + "\n").encode()


def line(name: str = "WW-1", volumes: str = "50,0.5") -> str:
    """One line of a sidecar."""
    return f"{name},Plant A,2024-03-12,wwtp_influent,composite_24h,{volumes}"


WIDE = """Sample,,,,Methamphetamine Results,,Methamphetamine-d5 (ISTD) Results
,Name,Data File,Type,Final Conc.,Area,Area
"""
CALCULATED = """Sample,,,,Methamphetamine Results,,Cocaine Results
Name,Data File,Type,Dil.,Calc. Conc.,Area,Final Conc.
WW-1,WW-1.d,Sample,{},12.5,52100,3.1
"""
REPORT = """Quantify {} Summary Report

Printed Tue Apr 02 12:00:00 2024

Compound 1:  Methamphetamine

\tName\tType\tRT\tArea\tIS Area\t{}
1\tWW-1\tAnalyte\t4.21\t52100\t98000\t12.5
"""
QUANDATA = (
    '<?xml version="1.0"?>\n{}<QUANDATASET><GROUPDATA><GROUP><SAMPLELISTDATA>'
    '<SAMPLE name="WW-1" type="Analyte"><COMPOUND name="{}" type="" stdconc="0.0000000000">'
    '<PEAK analconc="{}" area="{}" foundrt="4.2100000000"><ISPEAK area="98000.0"/></PEAK>'
    "</COMPOUND></SAMPLE></SAMPLELISTDATA></GROUP></GROUPDATA></QUANDATASET>\n"
)
DTD = '<!DOCTYPE QUANDATASET [<!ENTITY a "Methamphetamine">]>\n'

FILES: dict[str, bytes] = {
    # sidecars that several exports share
    "support/plain.csv": sidecar(line()),
    "support/unit.csv": sidecar(line() + ",ng/mL", more=",unit"),
    "support/two.csv": sidecar(line(), line("WW-2")),
    # enrichment
    "vial.txt": sciex(row(), row("WW-2", conc="8.25")),
    "enriched.txt": sciex(row()),
    "volume_missing.txt": sciex(row(), row("WW-2")),
    "support/volume_missing.csv": sidecar(line(), line("WW-2", "50,")),
    "volumes_contradict.txt": sciex(row()),
    "support/volumes_contradict.csv": sidecar(line() + ",50", more=",enrichment"),
    "volumes_agree.txt": sciex(row()),
    "support/volumes_agree.csv": sidecar(line(volumes="50,0.505") + ",99", more=",enrichment"),
    "volume_zero.txt": sciex(row()),
    "support/volume_zero.csv": sidecar(line(volumes="50,0")),
    "volume_unit_missing.txt": sciex(row()),
    "support/volume_unit_missing.csv": sidecar(line()).replace(b"sample_volume (mL)",
                                                               b"sample_volume"),
    "volume_in_litres.txt": sciex(row()),
    "support/volume_in_litres.csv": sidecar(line(volumes="0.05 L,0.5")),
    "flow_bad.txt": sciex(row(), row(compound="Cocaine")),
    "support/flow_bad.csv": sidecar(line() + ',"41,000"', more=",flow (m3/d)"),
    # dilution
    "dilution_twice.txt": sciex(row(dilution="10")),
    "support/dilution.csv": sidecar(line() + ",10", more=",dilution"),
    "dilution_in_export.txt": sciex(row(dilution="10")),
    "dilution_one.txt": sciex(row(dilution="1")),
    "calculated_diluted.csv": CALCULATED.format("10").encode(),
    "calculated_undiluted.csv": CALCULATED.format("1.0").encode(),
    "final_diluted.csv": CALCULATED.replace("Calc. Conc.", "Final Conc.").format("10").encode(),
    # options
    "option_contradicts.txt": sciex(row()),
    "option_agrees.txt": sciex(row()),
    "option_needed.txt": sciex(row(), row("WW-2", conc="8.25")),
    "support/option_needed.csv": sidecar(line(), line("WW-2", ",")),
    "unit_option_contradicts.txt": sciex(row(), without="Concentration Units"),
    # units
    "unit_missing.txt": sciex(row(), without="Concentration Units"),
    "unit_in_sidecar.txt": sciex(row(), without="Concentration Units"),
    "unit_missing_once.txt": sciex(row(), row("WW-2"), without="Concentration Units"),
    "support/unit_missing_once.csv": sidecar(line() + ",", line("WW-2") + ",ng/mL", more=",unit"),
    "unit_same.txt": sciex(row(unit="ug/L")),
    "unit_contradicts.txt": sciex(row(unit="ng/L")),
    # what an export holds
    "no_concentration.csv": (
        WIDE.replace("Final Conc.", "FWHM") + ",WW-1,WW-1.d,Sample,0.05,52100,98000\n").encode(),
    "block_twice.csv": (
        b"Sample,,,,Methamphetamine Results,Cocaine Results,Methamphetamine Results\n"
        b",Name,Data File,Type,Final Conc.,Final Conc.,Final Conc.\n"
        b",WW-1,WW-1.d,Sample,12.5,3.1,12.6\n"),
    "method_and_results.csv": (
        b"Sample,,,,Methamphetamine Method,Methamphetamine Results,Qualifier (91) Results\n"
        b",Name,Data File,Type,Units,Final Conc.,Ratio\n"
        b",WW-1,WW-1.d,Sample,ng/mL,12.5,0.45\n"),
    "row_cut.csv": (WIDE + ",WW-1,WW-1.d,Sample,12.5,52100,98000\n,WW-2,WW-2.d,Sample\n").encode(),
    "message_broken.csv": (
        WIDE.replace(",Name", "Quantitation Message,Name", 1)
        + "Cocaine: no peak\n,WW-1,WW-1.d,Sample,12.5,52100,98000\n").encode(),
    "decimal_comma.csv": (WIDE + ',WW-1,WW-1.d,Sample,"12,5",52100,98000\n').encode(),
    "comma_and_point.csv": (
        WIDE + ',WW-1,WW-1.d,Sample,"1,250",52100.5,98000\n').encode(),
    "sample_report.txt": REPORT.format("Sample", "ng/mL").encode(),
    "compound_report.txt": REPORT.format("Compound", "ng/mL").encode(),
    "entity.xml": QUANDATA.format(DTD, "&a;", "12.5000000000", "52100.0").encode(),
    "cut_short.xml": QUANDATA.format("", "Methamphetamine", "12.5", "52100.0").encode()[:300],
    "quandata.xml": QUANDATA.format("", "Methamphetamine", "12.5000000000", "52100.0").encode(),
    "zero_is_missing.xml": QUANDATA.format("", "Methamphetamine", "0.0000000000",
                                           "52100.0").encode(),
    "operator.txt": sciex(row(), extra="Phone=555-0100"),
    "operator_blank.txt": sciex(row(), extra="Phone="),
    # the sequence
    "sequence.txt": sciex(row("Blank", kind="Blank", conc="N/A", area="N/A"),
                          row("L1", kind="Standard", conc="1.02"), row(),
                          row(compound="Methamphetamine-d5", standard="True", conc="N/A")),
    "sequence_by_name.txt": sciex(row("QC_low_1"), row("Blank_2"), row()),
    "names_like_qc.txt": sciex(row("Quebec-QCH"), row("Calais", conc="8.25"), row(conc="20.1")),
    "support/names_like_qc.csv": sidecar(line("Quebec-QCH"), line("Calais"), line()),
    "kind_in_sidecar.txt": sciex(row("QC_plant")),
    "support/kind_in_sidecar.csv": sidecar(line("QC_plant") + ",sample", more=",kind"),
    "kind_word_unknown.txt": sciex(row()),
    "support/kind_word_unknown.csv": sidecar(line() + ",pond", more=",kind"),
    "delta_nine.txt": sciex(row(compound="D9-THC-COOH"), row(compound="THC-COOH-D9", conc="N/A")),
    "delta_eight.txt": sciex(row(compound="D8-THC-COOH")),
    "excluded.txt": sciex(row(), row(compound="Cocaine", used="False")),
    "negative.txt": sciex(row(conc="-0.02", area="12")),
    "not_found.txt": sciex(row(conc="N/A", area="N/A")),
    "peak_without_number.txt": sciex(row(conc="N/A")),
    "duplicate_injection.txt": sciex(row(file="a.wiff2"), row(file="b.wiff2", conc="12.9")),
    "compound_unknown.txt": sciex(row(compound="Methamphetamin_x2")),
    "no_site.txt": sciex(row()),
    "support/no_site.csv": b"sample_name,enrichment\nWW-1,100\n",
    # the sidecar
    "without_row.txt": sciex(row(), row("WW-2")),
    "row_unused.txt": sciex(row()),
    "row_twice.txt": sciex(row(), row("WW-2")),
    "support/row_twice.csv": sidecar(line(), line("WW-2"), line(volumes="100,0.5")),
    "row_repeated.txt": sciex(row()),
    "support/row_repeated.csv": sidecar(line(), line()),
    "row_nameless.txt": sciex(row()),
    "support/row_nameless.csv": sidecar(line(), line("")),
    "key_missing.txt": sciex(row()),
    "support/key_missing.csv": sidecar(line()).replace(b"sample_name", b"code"),
    "apart.sidecar.csv": sidecar(line()),
    # no exports, although some of their words stand there
    "long_table.csv": (
        b"sample_id,site,date,matrix,mode,Compound,concentration,unit\n"
        b"S1,Plant A,2024-03-12,wwtp_influent,composite_24h,Methamphetamine,120,ng/L\n"),
    "wide_sample_results.csv": (
        b"sample_id,site,date,matrix,mode,METH (ng/L)\n"
        b"S1,Plant A,2024-03-12,wwtp_influent,composite_24h,120\n"),
}  # fmt: skip


def main() -> None:
    """Write every file."""
    for name, content in FILES.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"{len(FILES)} files written")


if __name__ == "__main__":
    main()
