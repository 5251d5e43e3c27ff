"""`make bench ARGS=profile`: where a training step of `small_cnn` spends its time."""

import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
from bench_tools import save

import bloodcell_tut as bt

BATCH = 64


def seconds(work: Callable[[], object], times: int = 15) -> float:
    """The median time of some calls, after three that are not counted."""
    taken = []
    for _ in range(times + 3):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[3:])


def convolutions(model: keras.Model) -> list[keras.layers.Conv2D]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]


def flops(layer: keras.layers.Conv2D) -> int:
    """Multiplications and additions of a convolution for one image, forward."""
    return 2 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:3]))


def peak() -> float:
    """The machine's own convolution peak, operations a second, at a shape that suits it."""
    layer = keras.layers.Conv2D(128, 3, padding="same", use_bias=False)
    images = keras.random.normal((16, 64, 64, 128))
    layer(images)
    work = keras.Sequential([layer])
    work.compile(jit_compile=False)
    pace = seconds(lambda: work.predict_on_batch(images))
    return 16 * 64 * 64 * 2 * 9 * 128 * 128 / pace


def main() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2000, 64, 64, 3), np.uint8)
    labels = rng.integers(0, 4, 2000)
    model = bt.small_cnn()
    bt.training.CELLS.compile(model, steps=100)
    random = [layer for layer in model.layers if layer.name.startswith("random")]
    chosen = rng.permutation(2000)[:BATCH]
    batch, truth = images[chosen], labels[chosen]
    parts = {
        "picking a batch": lambda: (images[chosen], labels[chosen]),
        "augmentation": augmenting(random),
        "forward, without augmentation": lambda: model.predict_on_batch(batch),
        "whole step": lambda: model.train_on_batch(batch, truth),
    }
    taken = {"whole step": seconds(parts.pop("whole step"))}
    taken |= {name: seconds(part) for name, part in parts.items()}
    taken["backward, weights, the rest"] = taken["whole step"] - sum(list(taken.values())[1:])
    rows = [
        {"part": name, "found": f"{1000 * t:.1f} ms", "share": f"{t / taken['whole step']:.0%}"}
        for name, t in taken.items()
    ]
    per_image = sum(map(flops, convolutions(model)))
    reached, highest = 3 * BATCH * per_image / taken["whole step"], peak()
    share = f"{reached / highest:.0%} of the peak of {highest / 1e9:.0f}"
    pace = f"{reached / 1e9:.0f} Gflop/s"
    rows.append({"part": "convolutions", "found": pace, "share": share})
    save("profile", f"batches of {BATCH} images of 64x64, random pixels", rows)


def augmenting(layers: list[keras.Layer]) -> Callable[[], object]:
    """A call of the random layers alone, as they work in training."""
    import tensorflow as tf

    images = tf.random.uniform((BATCH, 64, 64, 3))

    @tf.function(jit_compile=False)
    def call() -> object:
        x = images
        for layer in layers:
            x = layer(x, training=True)
        return x

    return lambda: call().numpy()


if __name__ == "__main__":
    main()
