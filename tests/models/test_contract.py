"""Laws that every model keeps: those of the registry, of other packages too, and some of
torchvision's.
"""

import re
from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import Tensor

from lifelong import registry
from lifelong.config import SCENARIOS
from lifelong.models.base import Backbone, Model, Network, Shape
from lifelong.transfer.config import REGIMES
from tests.helpers import same

OUTPUTS = 4
SHAPE = (3, 16, 16)
WHOLE = {"tune": "whole", "weights": "none"}
TORCHVISION = ("resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5")
# Deep networks with weights drawn at random: others may not be on this machine.
SETTINGS = [
    *(
        pytest.param(name, settings, id=f"{name} {settings.get('tune', '')}".strip())
        for name in registry.names("models")
        for settings in (
            [{}]
            if "weights" not in registry.model(name).__dataclass_fields__
            else [{"weights": "none"}, WHOLE]
        )
    ),
    *(
        pytest.param(name, settings, id=f"{name} {settings.get('tune', '')}".strip())
        for name in TORCHVISION
        for settings in ({"weights": "none"}, WHOLE)
    ),
]
every_model = pytest.mark.parametrize("name", [*registry.names("models"), *TORCHVISION])
every_setting = pytest.mark.parametrize(("name", "settings"), SETTINGS)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int = 6, shape: Shape = SHAPE) -> Tensor:
    return torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=generator(1))


def model_of(name: str, settings: dict) -> Model:
    return registry.model(name).from_settings(name, "class", settings)


def inputs(name: str, settings: dict) -> Tensor:
    """Images as the network takes them: as features, if the model has a frozen backbone."""
    return images(shape=feature_shape(name, tuple(settings.items())) or SHAPE)


@cache
def feature_shape(name: str, settings: tuple) -> Shape | None:
    """The shape of an image's features; None for a model without a frozen backbone."""
    backbone = model_of(name, dict(settings)).frozen_backbone("fp32")
    return backbone.feature_shape if backbone else None


def build(name: str, settings: dict, seed: int = 0, outputs: int = OUTPUTS) -> Network:
    """A new network with its first weights."""
    shape = tuple(inputs(name, settings).shape[1:])
    network = model_of(name, settings).network(shape, outputs, "fp32")
    network.initialise(generator(seed))
    return network


@cache
def _built(name: str, settings: tuple, seed: int) -> tuple[Network, dict[str, Tensor]]:
    network = build(name, dict(settings), seed)
    return network, network.weights()


def shared(name: str, settings: dict, seed: int = 0) -> Network:
    """A network with its first weights, the same object in all tests: a deep one costs a second."""
    network, weights = _built(name, tuple(settings.items()), seed)
    network.load_weights(weights)
    network.eval()
    return network


def loss(logits: Tensor) -> Tensor:
    labels = torch.arange(len(logits)) % OUTPUTS
    return torch.nn.functional.cross_entropy(logits, labels)


@every_model
def test_it_says_what_it_is(name):
    model = registry.model(name)
    assert model.title and model.__doc__
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", model.summary)) <= 3
    assert model.summary.endswith(".")


@every_model
def test_its_settings_are_described_and_survive_the_config(name):
    model = registry.model(name)
    for scenario in SCENARIOS:
        for setting in model.settings(scenario):
            assert re.fullmatch(r"[a-z][a-z0-9_]*", setting.name)
            assert setting.accepts(setting.default) and setting.help.endswith(".")
    for setting in model.settings("class"):
        for value in (*setting.options, setting.low, setting.high, setting.default):
            if value is not None:
                made = model.from_settings(name, "class", {setting.name: value})
                assert made.settings_dict()[setting.name] == value
                assert model.from_settings(name, "class", made.settings_dict()) == made


@every_model
def test_a_form_offers_all_settings_with_accepted_defaults(name):
    model = registry.model(name)
    offered, declared = model.form_settings(), model.settings("else")
    assert [s.name for s in offered] == [s.name for s in declared]
    assert all(s.accepts(s.default) for s in offered)
    for setting, form in zip(declared, offered):
        assert all(setting.accepts(option) for option in form.options)


@every_model
def test_regimes_of_a_study_are_settings_and_freeze_the_backbone_or_train_it(name):
    model = registry.model(name)
    assert set(model.regimes) in (set(), set(REGIMES))
    for regime, settings in model.regimes.items():
        made = model.from_settings(name, "class", {**settings, "weights": "none"})
        assert (made.frozen_backbone("fp32") is not None) == (regime == "frozen")


@every_setting
def test_threads_are_a_number_or_all_there_are(name, settings):
    threads = model_of(name, settings).threads
    assert threads is None or (type(threads) is int and threads >= 1)


@every_setting
def test_logits_features_and_flat_vectors_have_their_shapes(name, settings):
    network, x = shared(name, settings), inputs(name, settings)
    assert network(x).shape == (6, OUTPUTS) and network(x).dtype == torch.float32
    width = network.hidden[-1] if network.hidden else network.body.width
    assert network.embed(x).shape == (6, width) == (6, network.head.in_features)
    assert network.body(x).shape == (6, network.body.width)
    count = sum(p.numel() for p in network.parameters())
    assert network.flat.shape == network.flat_gradient.shape == (count,)
    assert network.head_start == count - (width + 1) * OUTPUTS
    assert network(x[:0]).shape == (0, OUTPUTS)


@every_setting
def test_the_head_classifies_the_features(name, settings):
    network, x = shared(name, settings), inputs(name, settings)
    torch.testing.assert_close(network.classify(network.embed(x)), network(x))


@every_setting
def test_the_first_weights_follow_from_the_generator_alone(name, settings):
    one, other = shared(name, settings), shared(name, settings, seed=1)
    first = one.weights()
    torch.manual_seed(3)
    assert same(build(name, settings).weights(), first)
    assert not torch.equal(one.flat, other.flat)
    train(one, inputs(name, settings))
    assert not torch.equal(one.flat, other.flat) and not same(one.weights(), first)
    one.initialise(generator(0))
    assert same(one.weights(), first)


def train(network: Network, x: Tensor) -> None:
    """Takes one step of gradient descent."""
    network.body.begin_step(0, 0, 1)
    network.backward(loss(network(x)))
    network.body.eval()
    network.flat.sub_(network.flat_gradient, alpha=0.01)


@every_setting
def test_weights_and_statistics_go_to_another_network_to_the_bit(name, settings):
    one, other, x = shared(name, settings), shared(name, settings, seed=1), inputs(name, settings)
    train(one, x)
    other.load_weights(one.weights())
    assert same(one.weights(), other.weights()) and torch.equal(one(x), other(x))
    with pytest.raises(ValueError, match="another network"):
        other.load_weights(build(name, settings, outputs=OUTPUTS + 1).weights())


@every_setting
def test_inference_is_deterministic_and_changes_nothing(name, settings):
    network, x = shared(name, settings), inputs(name, settings)
    train(network, x)
    before = network.weights()
    torch.manual_seed(4)
    logits = network(x)
    torch.manual_seed(5)
    assert torch.equal(network(x), logits) and same(network.weights(), before)
    assert not any(module.training for module in network.modules())
    # In another batch an image's logits are the same, up to rounding.
    torch.testing.assert_close(network(x[:2]), logits[:2], rtol=1e-4, atol=1e-4)


@every_setting
def test_fixed_features_within_a_step_are_those_of_inference(name, settings):
    network, x = shared(name, settings), inputs(name, settings)
    features, before = network.embed(x), network.weights()
    network.body.begin_step(0, 0, 1)
    fixed = network.fixed_features(x)
    assert torch.equal(fixed, features) and not fixed.requires_grad
    assert network.body.training and same(network.weights(), before)


@every_setting
def test_the_gradient_is_that_of_torchs_own_operations(name, settings):
    network, x = shared(name, settings), inputs(name, settings)

    def gradient(forward: Callable[[Tensor], Tensor], backward: Callable[[Tensor], None]) -> Tensor:
        network.flat_gradient.zero_()
        network.body.begin_step(0, 0, 1)
        backward(loss(forward(x)))
        return network.flat_gradient.clone()

    ours = gradient(network, network.backward)
    plain = gradient(lambda x: network.head(network.features(x)), lambda value: value.backward())
    torch.testing.assert_close(ours, plain, rtol=1e-3, atol=1e-5)
    assert ours[network.head_start :].count_nonzero() and ours.isfinite().all()
    parts = ours.split([p.numel() for p in network.parameters()])
    assert all(part.count_nonzero() for part in parts)


@every_setting
def test_a_small_step_against_the_gradient_lowers_the_loss(name, settings):
    network, x = shared(name, settings), inputs(name, settings)
    network.backward(loss(network(x)))
    before = loss(network(x)).item()
    network.flat.sub_(network.flat_gradient, alpha=1e-3 / float(network.flat_gradient.norm()))
    assert loss(network(x)).item() < before


@every_setting
def test_a_head_that_grows_keeps_its_rows_to_the_bit(name, settings):
    network, x = build(name, settings), inputs(name, settings)
    weights, logits = network.weights(), network(x).detach()
    network.grow(OUTPUTS + 3, generator(6))
    rows = {"head.weight": OUTPUTS, "head.bias": OUTPUTS}
    kept = {key: t[: rows.get(key, len(t) if t.dim() else None)] if t.dim() else t
            for key, t in network.weights().items()}  # fmt: skip
    assert same(kept, weights)
    assert network(x).shape == (6, OUTPUTS + 3)
    torch.testing.assert_close(network(x)[:, :OUTPUTS], logits, rtol=1e-5, atol=1e-6)
    assert network.head.weight[OUTPUTS:].count_nonzero()
    assert network.flat.numel() == sum(p.numel() for p in network.parameters())
    train(network, x)
    assert not torch.equal(network.head.bias[:OUTPUTS], weights["head.bias"])
    with pytest.raises(ValueError, match="only gain"):
        network.grow(OUTPUTS, generator(6))


@every_setting
def test_a_frozen_backbone_is_declared_and_its_features_fit_the_network(name, settings):
    model = model_of(name, settings)
    backbone, body = model.frozen_backbone("fp32"), shared(name, settings).body
    assert body.takes_features == (backbone is not None)
    if backbone is None:
        assert model.backbone_info("fp32") is None
        with pytest.raises(TypeError, match="takes images"):
            body.encode(torch.zeros(1, body.width))
        with pytest.raises(TypeError, match="takes images"):
            body.set_ranges(torch.zeros(body.width), torch.ones(body.width))
        return
    assert isinstance(backbone, Backbone) and not backbone.training
    assert backbone.feature_shape == (body.width, 1, 1)
    info = backbone.info
    assert info == model.backbone_info("fp32") and info.precision == "fp32"
    assert info.architecture and info.description and isinstance(info.side, int)
    assert backbone.device == torch.device("cpu")
    backbone.initialise(generator(2))
    features = backbone(images()).detach()
    assert features.shape == (6, backbone.width) and features.dtype == torch.float32
    low, high = features.amin(0) - 1, features.amax(0) + 1
    body.set_ranges(low, high)
    encoded = body.encode(features)
    assert encoded.shape == (6, *backbone.feature_shape) and encoded.dtype == torch.uint8
    torch.testing.assert_close(
        low + (high - low) * body(encoded), features, rtol=0, atol=float((high - low).max()) / 500
    )
    backbone.initialise(generator(3))
    assert not torch.equal(backbone(images()), features)
    backbone.initialise(generator(2))
    assert torch.equal(backbone(images()), features)


@every_setting
def test_grey_images_and_images_of_other_sizes_are_taken(name, settings):
    for shape in ((1, 16, 16), (3, 20, 24)):
        model = model_of(name, settings)
        backbone = model.frozen_backbone("fp32")
        network = model.network(backbone.feature_shape if backbone else shape, OUTPUTS, "fp32")
        network.initialise(generator(0))
        x = images(2, shape)
        with torch.no_grad():
            x = network.body.encode(backbone(x)) if backbone else x
        assert network(x).shape == (2, OUTPUTS) and network(x).isfinite().all()
