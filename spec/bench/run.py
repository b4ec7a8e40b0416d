"""make bench: measures, prints a table a figure, and keeps all samples as JSON.

What is measured stands in figures.py, by whom and with which settings in bench.py, how in
measure.py.
"""
import bench
import data
import facts
import results
import server
import tables


def main():
    settings = bench.Settings()
    run = results.new(settings, facts.commit(bench.TOP))
    print(tables.heading(run))
    with server.Server(data.directory(settings.pods)) as its_server:
        its_bench = bench.Bench(settings, [bench.Tree(bench.TOP, settings.build)], its_server)
        for figure in settings.figures:
            rows = its_bench.measure(figure)
            run["figures"][figure.name] = rows
            print(tables.of_figure(figure, rows, settings), flush=True)
    results.write(settings.out, run)
    print("all samples: %s" % settings.out)


if __name__ == "__main__":
    bench.program("bench", main)
