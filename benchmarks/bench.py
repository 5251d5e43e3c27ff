"""`make bench`: ways side by side; ARGS=runs, experiments, photographs, big, and more."""

import argparse
from pathlib import Path

from bench_tools import REAL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, default=REAL, help="the public archive, zip or folder")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind")
    parser.add_argument("--files", type=int, help="ways: no more files than these")
    parser.add_argument("--article", action="store_true", help="runs: the article's too (slow)")
    what = ["ways", "runs", "experiments", "photographs", "laboratories"]
    what += ["labels", "pictures", "big", "audit_scale", "cluster", "profile", "installs"]
    parser.add_argument("what", nargs="?", choices=what, default="ways")
    arguments = parser.parse_args()
    # each imports what it needs and no more
    if arguments.what == "ways":
        import bench_ways

        bench_ways.main(arguments.real, arguments.runs, arguments.files)
    elif arguments.what == "runs":
        import bench_runs

        bench_runs.main(arguments.real, arguments.runs, arguments.article)
    elif arguments.what == "experiments":
        import bench_experiments

        bench_experiments.main(arguments.real, arguments.runs)
    elif arguments.what == "photographs":
        import bench_photographs

        bench_photographs.main(arguments.real)
    elif arguments.what == "laboratories":
        import bench_laboratories

        bench_laboratories.main(arguments.real, arguments.runs)
    elif arguments.what == "labels":
        import bench_labels

        bench_labels.main(arguments.real, arguments.runs)
    elif arguments.what == "pictures":
        import bench_pictures

        bench_pictures.main()
    elif arguments.what == "big":
        import bench_big

        bench_big.main()
    elif arguments.what == "audit_scale":
        import bench_audit_scale

        bench_audit_scale.main()
    elif arguments.what == "cluster":
        import bench_cluster

        bench_cluster.main()
    elif arguments.what == "installs":
        import bench_installs

        bench_installs.main()
    else:
        import bench_profile

        bench_profile.main()


if __name__ == "__main__":
    main()
