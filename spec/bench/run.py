"""make bench: measures, prints a table a figure, and keeps all samples as JSON.

What is measured stands in figures.py and worker.py, by whom and with which settings in bench.py,
how in measure.py.
"""
import bench
import data
import facts
import figures
import results
import server
import tables
import worker


def main():
    settings = bench.Settings(figures.ALL + worker.ALL)
    run = results.new(settings, facts.commit(bench.TOP))
    print(tables.heading(run))
    with server.Server(data.directory(settings.pods)) as its_server:
        its_bench = bench.Bench(settings, [bench.Tree(bench.TOP, settings.build)], its_server)
        for figure in settings.figures:
            if figure in worker.ALL:
                rows = worker.run(its_bench, figure, bench.progress)
                run["worker"][figure.name] = rows
                print(worker.table(figure, rows), flush=True)
                continue
            rows = its_bench.measure(figure)
            run["figures"][figure.name] = rows
            print(tables.of_figure(figure, rows, settings), flush=True)
    results.write(settings.out, run)
    print("all samples: %s" % settings.out)


if __name__ == "__main__":
    bench.program("bench", main)
