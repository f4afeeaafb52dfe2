"""Laws of the paper's network and of a network as one flat vector."""

import pytest
import torch
import torch.nn.functional as F

from lifelong import registry
from lifelong.errors import LifelongError
from lifelong.models.parts.linear_stack import linear_stack
from lifelong.models.parts.optimizer import Adam

SHAPE = (1, 28, 28)
every_model = pytest.mark.parametrize("name", ["mlp"])


def build(name: str = "mlp", outputs: int = 10):
    network = registry.model(name)().network(SHAPE, outputs, "fp32")
    network.initialise(torch.Generator().manual_seed(0))
    return network


def pictures(count: int = 5) -> torch.Tensor:
    return torch.randint(
        0, 256, (count, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def test_the_papers_network_has_478410_parameters_and_no_dropout_or_norm():
    network = build()
    assert network.flat.numel() == sum(p.numel() for p in network.parameters()) == 478_410
    assert [tuple(p.shape) for p in network.parameters()] == [
        (400, 784),
        (400,),
        (400, 400),
        (400,),
        (10, 400),
        (10,),
    ]
    assert torch.equal(network(pictures()), network(pictures()))


def test_pixels_are_only_divided_by_255():
    network = build()
    x = pictures().flatten(1).double() / 255
    for layer, relu in (
        (network.features[1], True),
        (network.features[3], True),
        (network.head, False),
    ):
        x = x @ layer.weight.double().T + layer.bias.double()
        x = x.relu() if relu else x
    torch.testing.assert_close(network(pictures()).double(), x, rtol=1e-4, atol=1e-5)


@every_model
def test_weights_and_biases_are_drawn_evenly_within_one_over_the_root_of_fan_in(name):
    for layer in (m for m in build(name).modules() if isinstance(m, torch.nn.Linear)):
        bound = layer.in_features**-0.5
        for values in (layer.weight, layer.bias):
            assert bound / 2 < values.abs().max() <= bound
        assert (
            layer.weight.abs().max() > 0.98 * bound
            and abs(float(layer.weight.detach().mean())) < 0.05 * bound
        )
        assert float(layer.weight.detach().std()) == pytest.approx(bound / 3**0.5, rel=0.05)


@every_model
def test_parameters_and_gradients_are_views_of_the_flat_vectors(name):
    network = build(name)
    network(pictures()).logsumexp(1).sum().backward()
    assert torch.equal(
        network.flat, torch.cat([p.detach().reshape(-1) for p in network.parameters()])
    )
    assert torch.equal(
        network.flat_gradient, torch.cat([p.grad.reshape(-1) for p in network.parameters()])
    )
    assert network.flat_gradient.count_nonzero() > 0
    network.flat.zero_()
    network.flat_gradient.fill_(2)
    assert all((p == 0).all() and (p.grad == 2).all() for p in network.parameters())
    assert (
        network.head_start
        == network.flat.numel() - network.head.weight.numel() - network.head.bias.numel()
    )


@every_model
def test_a_head_that_grows_answers_as_before_to_the_bit(name):
    network = build(name, outputs=4)
    before = network(pictures())
    weights = network.weights()
    network.grow(7, torch.Generator().manual_seed(2))
    assert network(pictures()).shape == (5, 7)
    assert torch.equal(network.head.weight[:4], weights["head.weight"]) and torch.equal(
        network.head.bias[:4], weights["head.bias"]
    )
    torch.testing.assert_close(network(pictures())[:, :4], before, rtol=1e-5, atol=1e-6)
    assert network.head.weight[4:].count_nonzero() > 0
    assert network.flat.numel() == sum(p.numel() for p in network.parameters())
    network.flat.zero_()
    assert (network.head.bias == 0).all()
    with pytest.raises(ValueError, match="only gain"):
        network.grow(3, torch.Generator())


@every_model
def test_weights_are_copies_and_are_restored_to_the_bit(name):
    network = build(name)
    weights, before = network.weights(), network.flat.clone()
    network.flat.add_(1)
    network.load_weights(weights)
    assert torch.equal(network.flat, before)


@pytest.mark.parametrize(
    "change",
    [
        lambda w: w | {"head.weight": torch.zeros(3, 400)},
        lambda w: w | {"more": torch.zeros(1)},
        lambda w: {n: w[n] for n in w if n != "head.bias"},
    ],
    ids=["another shape", "one too many", "one missing"],
)
def test_weights_of_another_network_are_refused_and_nothing_is_changed(change):
    network = build()
    before = network.flat.clone()
    with pytest.raises(ValueError, match="another network"):
        network.load_weights(change({name: w + 1 for name, w in network.weights().items()}))
    assert torch.equal(network.flat, before)


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("strategies", "ewcc", "There is no strategy 'ewcc'; did you mean 'ewc'?"),
        ("strategies", "base", "There is no strategy 'base'; choose one of: "),
        ("models", "mpl", "There is no model 'mpl'; did you mean 'mlp'?"),
        (
            "datasets",
            "mnist-samples",
            "There is no dataset 'mnist-samples'; did you mean 'mnist-sample'?",
        ),
        ("datasets", "../mnist", "There is no dataset '../mnist'; did you mean 'mnist'?"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_one(kind, given, says):
    with pytest.raises(LifelongError) as error:
        registry.load(kind, given)
    assert str(error.value).startswith(says)


def gated(network, x, gates):
    """Returns the network's logits from torch's own operations."""
    for k, layer in enumerate(network.layers[:-1]):
        x = F.linear(x, layer.weight, layer.bias).relu()
        x = x * gates[k] if gates else x
    return F.linear(x, network.head.weight, network.head.bias)


@pytest.mark.parametrize("with_gates", [(), "shared", "each image its own"])
def test_the_backward_pass_in_one_piece_gives_the_gradients_of_torchs_own(with_gates):
    network, images = build(), pictures()
    generator = torch.Generator().manual_seed(3)
    gates = (
        [
            torch.rand(
                5 if with_gates.startswith("each") else 1, 400, generator=generator
            ).requires_grad_()
            for _ in range(2)
        ]
        if with_gates
        else []
    )
    x = network.body(images)
    network.backward(
        linear_stack(x, network.layers, network.gradient_writer, gates=gates).logsumexp(1).sum()
    )
    ours, of_gates = network.flat_gradient.clone(), [g.grad.clone() for g in gates]
    for g in gates:
        g.grad = None
    network.flat_gradient.zero_()
    gated(network, x, gates).logsumexp(1).sum().backward()
    torch.testing.assert_close(ours, network.flat_gradient, rtol=1e-4, atol=1e-6)
    for mine, gate in zip(of_gates, gates):
        torch.testing.assert_close(mine, gate.grad, rtol=1e-4, atol=1e-6)


def test_a_backward_pass_replaces_the_gradient_and_adds_up_within_one_loss():
    network, images = build(), pictures()
    network.backward(network(images).square().sum())
    once = network.flat_gradient.clone()
    network.backward(network(images).square().sum())
    assert torch.equal(network.flat_gradient, once)
    network.backward(network(images).square().sum() + network(images).square().sum())
    torch.testing.assert_close(network.flat_gradient, 2 * once)
    network(images).square().sum().backward()  # by itself, torch's rule: it is added
    torch.testing.assert_close(network.flat_gradient, 3 * once)


def test_a_layer_that_a_loss_does_not_reach_has_no_gradient():
    network, images = build(), pictures()
    network.flat_gradient.fill_(7)
    network.backward(network.embed(images).square().sum())
    assert (
        network.flat_gradient[network.head_start :] == 0
    ).all() and network.flat_gradient.count_nonzero() > 1000


def test_the_input_of_the_head_is_the_features():
    network, images = build(), pictures()
    torch.testing.assert_close(network.embed(images), network.features(images))
    torch.testing.assert_close(network.head(network.embed(images)), network(images))


def test_adam_is_torchs_adam_to_the_bit():
    ours, theirs = build(), build()
    parameter = torch.nn.Parameter(theirs.flat)
    parameter.grad = theirs.flat_gradient
    adam = torch.optim.Adam([parameter], lr=0.003, betas=(0.8, 0.99), fused=True)
    mine = Adam(ours, 0.003, betas=(0.8, 0.99))
    generator = torch.Generator().manual_seed(5)
    for _ in range(4):
        gradient = torch.randn(ours.flat.shape, generator=generator)
        ours.flat_gradient.copy_(gradient)
        theirs.flat_gradient.copy_(gradient)
        mine.step()
        adam.step()
    assert torch.equal(ours.flat, theirs.flat)
    again = Adam(theirs, 0.003, betas=(0.8, 0.99))
    again.load_state_dict(mine.state_dict())
    mine.step()
    again.step()
    assert torch.equal(ours.flat, theirs.flat)
