"""Serves generated world N on moto, at a free port of 127.0.0.1.

    serve.py --seed N          prints the world as one line of JSON, and serves until its standard input is closed
    serve.py --describe N      prints what world N has
    serve.py --cover FIRST LAST  prints in which worlds each feature is
"""

import argparse
import json
import logging
import os
import signal
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
# Nothing of the caller's own may reach moto: it reads these to sign calls of its own and to look up regions.
for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
    del os.environ[name]
os.environ |= {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false", "MOTO_IAM_LOAD_MANAGED_POLICIES": "false"}
os.environ |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_EC2_METADATA_DISABLED": "true"}


def serve(seed):
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer
    from world import World

    logging.disable(logging.CRITICAL)
    world = World(seed)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # A daemon thread serves, so that the end of the standard input, or a signal, ends everything.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(json.dumps(world.describe(f"http://{host}:{port}")), flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


def features(seed):
    """A process of its own per world: closing moto's gaps changes moto."""
    found = subprocess.run([sys.executable, __file__, "--describe", str(seed)], check=True, capture_output=True)
    return found.stdout.decode().splitlines()[1:]


def cover(first, last):
    seeds = {}
    for seed in range(first, last + 1):
        for feature in features(seed):
            seeds.setdefault(feature.strip(), []).append(seed)
    for feature, found in sorted(seeds.items(), key=lambda entry: (len(entry[1]), entry[0])):
        print(f"{len(found):3} {feature}: {' '.join(map(str, found))}")


def describe(seed):
    from world import World

    description = World(seed).describe("")
    sizes = [len(one["accounts"]) for one in description["notes"]["organizations"]]
    print(f"world {seed}: Organizations of {sizes} accounts")
    print("\n".join(f"  {feature}" for feature in description["notes"]["features"]))


def main():
    parser = argparse.ArgumentParser()
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seed", type=int)
    what.add_argument("--describe", type=int)
    what.add_argument("--cover", type=int, nargs=2)
    arguments = parser.parse_args()
    if arguments.seed is not None:
        serve(arguments.seed)
    elif arguments.describe is not None:
        describe(arguments.describe)
    else:
        cover(*arguments.cover)


if __name__ == "__main__":
    main()
