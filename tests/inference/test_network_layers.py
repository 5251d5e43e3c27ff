"""Networks of all shapes are looked into: right numbers, or an error of ours."""

from collections.abc import Callable

import keras
import numpy as np
import pytest
from builders import noise
from keras import layers

import bloodcell_tut as bt
from bloodcell_tut import inference
from bloodcell_tut.inference import from_pixels, occlusion_maps, plot_filters, randomize_weights
from bloodcell_tut.inference.out_of_distribution import _features


def numbers(network: keras.Model, images: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(network(images, training=False))


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def small_base(side: int | None = 16) -> keras.Model:
    """A network to build upon, with a way around one of its layers."""
    first = keras.Input((side, side, 3))
    x = layers.Conv2D(6, 3, padding="same", activation="relu")(first / 127.5 - 1)
    x = layers.MaxPooling2D(2)(layers.BatchNormalization()(x))
    return keras.Model(first, layers.Add()([x, layers.Conv2D(6, 1)(x)]), name="base")


def mobile_net() -> keras.Model:
    return keras.applications.MobileNetV2(
        weights=None, include_top=False, alpha=0.35, input_shape=(32, 32, 3)
    )


def in_sequence(base: keras.Model) -> keras.Model:
    first = keras.Input(base.input_shape[1:], dtype="uint8")
    last = [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(3, "softmax")]
    return keras.Sequential([first, base, *last])


def as_a_function(base: keras.Model) -> keras.Model:
    first = keras.Input(base.input_shape[1:])
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(base(first, training=False))
    last = layers.Dense(3)(layers.Flatten()(pooled))
    return keras.Model(first, layers.Activation("softmax", dtype="float32")(last))


def twice_nested(base: keras.Model) -> keras.Model:
    return keras.Sequential([keras.Input(base.input_shape[1:]), in_sequence(base)])


def last_dense(model: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    inner = [model, *(layer for layer in model.layers if isinstance(layer, keras.Sequential))][-1]
    return next(x for x in inner.layers[::-1] if isinstance(x, layers.Dense)).get_weights()


@pytest.mark.parametrize(
    ("base", "build"),
    [
        (small_base, in_sequence),
        (small_base, as_a_function),
        (small_base, twice_nested),
    ],
)
def test_what_lies_in_a_network_inside_is_explained(
    base: Callable[[], keras.Model], build: Callable[[keras.Model], keras.Model]
) -> None:
    keras.utils.set_random_seed(0)
    inside = base()
    model = build(inside)
    model.compile("adam", lambda truth, said: said)  # a loss that can't be copied
    images = noise(2, inside.input_shape[1])
    maps, (kernel, bias) = numbers(inside, images.astype(np.float32)), last_dense(model)
    heats = [bt.class_activation_maps(model, images, np.full(2, label)) for label in range(3)]
    for label, heat in enumerate(heats):
        np.testing.assert_allclose(heat, maps @ kernel[:, label], atol=1e-4)
    logits = np.stack([heat.mean(axis=(1, 2)) for heat in heats], axis=1) + bias
    said = bt.predict_probabilities(model, images)
    np.testing.assert_allclose(said, softmax(logits), atol=1e-5)
    np.testing.assert_allclose(
        bt.class_activation_maps(model, images)[0], heats[said[0].argmax()][0], atol=1e-5
    )
    shown = list(bt.feature_maps(model, images[0]).values())
    assert any(m.shape == maps[0].shape and np.allclose(m, maps[0], atol=1e-5) for m in shown)


def test_a_network_of_keras_own_is_explained() -> None:
    base, images = mobile_net(), noise(2, 32)
    model = as_a_function(base)
    maps, (kernel, _) = numbers(base, images.astype(np.float32)), last_dense(model)
    heat = bt.class_activation_maps(model, images, np.array([2, 1]))
    expected = [maps[0] @ kernel[:, 2], maps[1] @ kernel[:, 1]]
    np.testing.assert_allclose(heat, expected, atol=1e-4)
    np.testing.assert_allclose(_features(model, images), maps.mean(axis=(1, 2)), atol=1e-4)


def pooled_inside(base: keras.Model, images: np.ndarray) -> np.ndarray:
    """Mean and deviation of what the pool of `small_base` returns."""
    (pool,) = (layer for layer in base.layers if isinstance(layer, layers.MaxPooling2D))
    maps = numbers(keras.Model(base.inputs[0], pool.output), images.astype(np.float32))
    return np.concatenate([maps.mean(axis=(1, 2)), maps.std(axis=(1, 2))], axis=1)


@pytest.mark.parametrize("build", [in_sequence, as_a_function, twice_nested])
def test_features_are_those_of_the_network_inside(
    build: Callable[[keras.Model], keras.Model],
) -> None:
    base, images = small_base(), noise(24, 16)
    model = build(base)
    means = numbers(base, images.astype(np.float32)).mean(axis=(1, 2))
    expected = np.concatenate([means, pooled_inside(base, images)], axis=1)
    np.testing.assert_allclose(_features(model, images), expected, atol=1e-4)
    detector = inference.fit_out_of_distribution_detector(model, images, images)
    assert detector is not None
    apart = expected - expected.mean(axis=0)
    by_hand = np.sqrt(np.einsum("ni,ij,nj->n", apart, detector.precision, apart)) / detector.limit
    np.testing.assert_allclose(detector.scores(model, images), by_hand, rtol=1e-2)


def test_behind_a_scaling_of_pixels_a_network_is_explained_as_before() -> None:
    last = [layers.GlobalAveragePooling2D(), layers.Dense(3, "softmax")]
    plain = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(5, 3), *last])
    model, images = from_pixels(plain, "[-1, 1]"), noise(2, 16)
    maps = numbers(plain.layers[0], images.astype(np.float32) / 127.5 - 1)
    kernel, _ = plain.layers[-1].get_weights()
    heat = bt.class_activation_maps(model, images, np.array([2, 0]))
    expected = [maps[0] @ kernel[:, 2], maps[1] @ kernel[:, 0]]
    np.testing.assert_allclose(heat, expected, atol=1e-4)
    np.testing.assert_allclose(_features(model, images), maps.mean(axis=(1, 2)), atol=1e-5)


def flat(n: int = 3, activation: str | None = "softmax", *last: keras.layers.Layer) -> keras.Model:
    """A network without pooling."""
    keras.utils.set_random_seed(0)
    body = [layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu"), layers.Flatten()]
    end = layers.Dense(n, activation)
    return keras.Sequential([keras.Input((10, 10, 3), dtype="uint8"), *body, end, *last])


def maps_of_flat(model: keras.Model, images: np.ndarray) -> np.ndarray:
    return numbers(model.layers[1], images.astype(np.float32) / 255)


def slopes_of_flat(model: keras.Model) -> np.ndarray:
    """By how much each logit rises when a whole map does."""
    return model.layers[3].get_weights()[0].reshape(8 * 8, 4, -1).sum(axis=0)


@pytest.mark.parametrize(
    ("activation", "last"),
    [
        ("softmax", []),
        (None, [layers.Softmax()]),
        ("linear", [layers.Activation("softmax")]),
        (None, [layers.Dropout(0.5), layers.Activation("softmax", dtype="float32")]),
    ],
)
def test_without_pooling_and_with_softmax_behind(
    activation: str | None, last: list[keras.layers.Layer]
) -> None:
    model, images = flat(3, activation, *last), noise(3, 10)
    maps = maps_of_flat(model, images)
    expected = np.einsum("nhwk,kn->nhw", maps, slopes_of_flat(model)[:, [2, 0, 1]])
    heat = bt.class_activation_maps(model, images, np.array([2, 0, 1]))
    np.testing.assert_allclose(heat, expected, atol=2e-3)
    np.testing.assert_allclose(_features(model, images), maps.reshape(3, -1), atol=1e-5)
    kernel = model.layers[3].get_weights()[0]
    image = images[:1]
    covered = image.copy()
    covered[:] = image[0].mean(axis=(0, 1)).round()
    fall = (maps_of_flat(model, image) - maps_of_flat(model, covered)).reshape(1, -1) @ kernel
    found = occlusion_maps(model, image, np.array([1]), places=1)
    assert found[0, 0, 0] == pytest.approx(fall[0, 1], abs=1e-4)


def test_one_sigmoid_speaks_for_the_second_class_and_against_the_first() -> None:
    for model in (flat(1, "sigmoid"), flat(1, None, layers.Activation("sigmoid"))):
        images = noise(2, 10)
        heat = np.einsum("nhwk,k->nhw", maps_of_flat(model, images), slopes_of_flat(model)[:, 0])
        found = bt.class_activation_maps(model, images, np.array([1, 0]))
        np.testing.assert_allclose(found, [heat[0], -heat[1]], atol=2e-3)
        said = bt.predict_probabilities(model, images).argmax(axis=1)
        signs = np.where(said == 1, 1, -1)[:, None, None]
        by_default = bt.class_activation_maps(model, images)
        np.testing.assert_allclose(by_default, signs * heat, atol=2e-3)
        with pytest.raises(bt.ArgumentError, match="labels: found 0 to 2; expected 0 to 1"):
            bt.class_activation_maps(model, images, np.array([2, 0]))


def test_a_network_for_any_size_is_looked_into_at_that_of_the_images() -> None:
    base = small_base(None)
    model = in_sequence(base)
    for size in (8, 14):
        images = noise(4, size)
        maps = numbers(base, images.astype(np.float32))
        heat = bt.class_activation_maps(model, images, np.full(4, 1))
        assert heat.shape == (4, size // 2, size // 2)
        np.testing.assert_allclose(heat, maps @ last_dense(model)[0][:, 1], atol=1e-4)
        means = np.concatenate([maps.mean(axis=(1, 2)), pooled_inside(base, images)], axis=1)
        np.testing.assert_allclose(_features(model, images), means, atol=1e-4)
        assert list(bt.feature_maps(model, images[0]).values())[-1].shape[:2] == maps.shape[1:3]


class Own(keras.Model):
    """A network that is a program, whose layers stand nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = flat()

    def call(self, x: np.ndarray) -> np.ndarray:
        return self.inside(x)


def own() -> keras.Model:
    model = Own()
    model.build((None, 10, 10, 3))
    return model


def own_inside() -> keras.Model:
    return keras.Sequential([keras.Input((10, 10, 3)), Own()])


def two_ways() -> keras.Model:
    """Two ways that only meet behind the last maps, so that no maps stand for all."""
    first = keras.Input((10, 10, 3))
    ends = [layers.GlobalMaxPooling2D()(layers.Conv2D(4, n)(first)) for n in (1, 3)]
    return keras.Model(first, layers.Dense(3, "softmax")(layers.Concatenate()(ends)))


def two_outputs() -> keras.Model:
    first = keras.Input((10, 10, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(first))
    return keras.Model(first, [layers.Dense(n, "softmax")(pooled) for n in (3, 2)])


def two_inputs() -> keras.Model:
    first, second = keras.Input((10, 10, 3)), keras.Input((10, 10, 3))
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(first + second))
    return keras.Model([first, second], layers.Dense(3, "softmax")(pooled))


def explain(model: keras.Model) -> object:
    return bt.class_activation_maps(model, noise(2, 10), np.array([0, 1]))


def occlude(model: keras.Model) -> object:
    return occlusion_maps(model, noise(1, 10), np.array([0]), places=2)


def show_maps(model: keras.Model) -> object:
    return bt.feature_maps(model, noise(1, 10)[0])


def detect(model: keras.Model) -> object:
    return inference.fit_out_of_distribution_detector(model, noise(4, 10), noise(20, 10))


def shuffle(model: keras.Model) -> object:
    return randomize_weights(model, 1)


ASKED = (explain, occlude, show_maps, plot_filters, detect, shuffle)


@pytest.mark.parametrize(
    ("build", "fine"),
    [
        (own, ()),
        (own_inside, (detect,)),
        (two_ways, (show_maps, plot_filters, detect, shuffle)),
        (two_outputs, (show_maps, plot_filters, shuffle)),
        (two_inputs, (shuffle,)),
        (flat, ASKED),
        (lambda: as_a_function(small_base(10)), ASKED),
    ],
)
def test_what_can_not_be_taken_apart_is_told(
    build: Callable[[], keras.Model], fine: tuple[Callable[[keras.Model], object], ...]
) -> None:
    model, refused = build(), []
    for ask in ASKED:
        try:
            ask(model)
        except bt.ModelError as error:
            assert model.name in str(error) and "; expected" in str(error)
            refused.append(ask)
    assert set(refused) == set(ASKED) - set(fine)


def test_too_many_features_are_told_before_they_are_computed() -> None:
    last = [layers.Flatten(), layers.Dense(2, "softmax")]
    model = keras.Sequential([keras.Input((200, 200, 3)), layers.Conv2D(32, 3), *last])
    images = noise(20, 200)
    with pytest.raises(bt.ModelError, match=r"found 1254528 features.*GlobalAveragePooling2D"):
        inference.fit_out_of_distribution_detector(model, images, images)


def test_filters_are_drawn_of_three_colors_alone() -> None:
    gray = keras.Sequential([keras.Input((10, 10, 1)), layers.Conv2D(4, 3)])
    with pytest.raises(bt.ModelError, match="takes 1 numbers for each place; expected red"):
        plot_filters(gray)
    still = keras.Sequential([keras.Input((10, 10, 3)), layers.Conv2D(2, 3)])
    still.layers[0].set_weights([0 * w for w in still.layers[0].get_weights()])
    shown = [a.images[0].get_array() for a in plot_filters(still).figure.axes if a.images]
    assert len(shown) == 2 and np.all(shown[0] == 0.5)


def test_layers_of_a_network_inside_are_shuffled_one_by_one() -> None:
    model = in_sequence(small_base())
    before = model.get_weights()
    last = randomize_weights(model, 1).get_weights()
    changed = [not np.array_equal(a, b) for a, b in zip(before, last, strict=True)]
    assert changed == [False] * (len(before) - 2) + [True, False], "a bias of zeros stays"
    two = randomize_weights(model, 2).get_weights()
    inside = [not np.array_equal(a, b) for a, b in zip(before, two, strict=True)]
    assert sum(inside) == 2, "the last convolution inside, and not all of it"
