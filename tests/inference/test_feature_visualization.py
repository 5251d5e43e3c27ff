"""Filters and feature maps are what the layers hold and return."""

import numpy as np
import pytest
from builders import noise

from bloodcell_tut import article_cnn, feature_maps, plot_feature_maps, small_cnn
from bloodcell_tut.inference import plot_filters


def test_feature_maps_are_what_the_layers_return():
    model, image = article_cnn(size=16), noise(1)[0]
    maps = feature_maps(model, image)
    kinds = ["1 Conv2D", "2 MaxPooling2D", "3 Conv2D", "4 MaxPooling2D", "5 Dropout"]
    assert list(maps) == kinds
    assert [m.shape for m in maps.values()] == [(16, 16, 32), (8, 8, 32), (8, 8, 32)] + [
        (4, 4, 32)
    ] * 2
    kernel, bias = model.layers[1].get_weights()
    window = image[4:7, 6:9] / 255
    by_hand = np.maximum((window[..., None] * kernel).sum(axis=(0, 1, 2)) + bias, 0)
    np.testing.assert_allclose(maps["1 Conv2D"][5, 7], by_hand, atol=1e-5)
    highest = maps["1 Conv2D"].reshape(8, 2, 8, 2, 32).max(axis=(1, 3))
    np.testing.assert_array_equal(maps["2 MaxPooling2D"], highest)


def test_layers_that_change_pictures_at_random_do_not():
    model, image = small_cnn(size=16), noise(1)[0]
    one, other = feature_maps(model, image), feature_maps(model, image)
    assert len(one) == 18
    for name, maps in one.items():
        np.testing.assert_array_equal(maps, other[name])


def test_figures():
    model = small_cnn(size=16)
    ax = plot_filters(model)
    shown = [a.images[0].get_array() for a in ax.figure.axes if a.images]
    kernel = model.layers[5].get_weights()[0]
    assert len(shown) == 16 and all(s.shape == (3, 3, 3) for s in shown)
    assert min(s.min() for s in shown) >= 0 and max(s.max() for s in shown) <= 1
    assert np.corrcoef(shown[3].ravel(), kernel[..., 3].ravel())[0, 1] == pytest.approx(1)
    maps = {"a": np.zeros((4, 4, 9), np.float32), "b": np.zeros((2, 2, 5), np.float32)}
    maps["a"][0, 0, 7], maps["a"][0, 0, 2] = 9, 5
    ax = plot_feature_maps(maps)
    titles = [a.get_title() for a in ax.figure.axes]
    assert len(titles) == 10 and titles[:2] == ["a: 7", "a: 2"] and titles[5].startswith("b:")
