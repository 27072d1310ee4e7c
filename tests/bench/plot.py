# SPDX-License-Identifier: GPL-2.0-or-later
"""The run as a picture: CPU time by the table's size, and what forwarded packets feel."""
import subprocess

from common import OUT

SCRIPT = """set terminal svg size 1100,480 font "sans,12" background "white"
set output "bench.svg"
set multiplot layout 1,2
set grid
set title "CPU time of reading the table once"
set xlabel "entries"
set ylabel "milliseconds"
set logscale xy
set format x "10^{{%L}}"
set key top left
plot {curves}
unset logscale x
set format x "%g"
set title "packets forwarded on the same core, round trip"
set xlabel ""
set ylabel "microseconds"
set key top left
set style data histogram
set style fill solid 0.7
set xtics rotate by -30
set rmargin 8
plot "packets.dat" using 2:xtic(1) title "p50", "" using 3 title "p99", "" using 4 title "p99.9"
"""


def draw(costs, packets):
    """Writes costs.dat, packets.dat, bench.gp and bench.svg."""
    names = list(dict.fromkeys(name for of_size in costs.values() for name in of_size))
    with open(OUT / "costs.dat", "w") as data:
        for name in names:
            data.write(f"# {name}\n")
            data.writelines(f"{size} {of_size[name] / 1000:.3f}\n" for size, of_size in costs.items()
                            if name in of_size)
            data.write("\n\n")
    with open(OUT / "packets.dat", "w") as data:
        data.writelines(f'"{name}" {values[0]} {values[1]} {values[2]}\n' for name, values in packets.items())
    curves = ", ".join(f'"costs.dat" index {at} with linespoints title "{name}"' for at, name in enumerate(names))
    (OUT / "bench.gp").write_text(SCRIPT.format(curves=curves))
    subprocess.run(["gnuplot", "bench.gp"], cwd=OUT, check=True)
