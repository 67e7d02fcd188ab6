"""LPAT against FACTS 3: TTC-Loc's example with a margin of 0.5, and its three published variants."""

import torch

from tests.wtal_core.training.scenes import at_level, planted
from wtal_core.domain import ActivationSequence, SnippetGrid, SupervisionLevel, VideoPrediction
from wtal_core.losses.gated import gate_of, video_logits
from wtal_core.models.lpat import ENTRY, Lpat, LpatConfig
from wtal_core.models.method import Output, Setup, configured
from wtal_core.models.ttc_loc import ENTRY as TTC_LOC
from wtal_core.training.dataset import TrainingSet

S = torch.tensor([[[2.0, -1.0], [0.0, 1.0], [-2.0, 0.5]]])
B = torch.tensor([[0.5, -0.5, 1.0]])
GRID = SnippetGrid.regular(3, 1_920_000)


def example():
    """FACTS 2.7 as a network would say it, and a batch of one video of class a."""
    mask = torch.ones(1, 3, dtype=torch.bool)
    gate = gate_of(S - B[..., None])
    log_p = torch.log_softmax(video_logits(S, B, gate, mask), -1)
    output = Output(
        S, B, log_p.exp()[:, :-1], {"predicted": B}, {"gate": gate, "log_p": log_p, "threshold": B, "embedding": S}
    )
    sequences, labels, names = planted(n_videos=1, n_snippets=3)
    [video] = at_level(sequences, labels, names)
    batch = TrainingSet([video]).batch([0])
    batch.video_label.copy_(torch.tensor([[1.0, 0.0]]))
    return output, batch


def test_the_two_losses_are_the_golden_ones():
    """.2 L_clas (2.224925 as printed) and .8 L_conf (.577350 at the margin .5)."""
    output, batch = example()
    terms = Lpat(LpatConfig(), Setup(4, ("a", "b"))).eval().losses(output, batch)
    torch.testing.assert_close(terms["classification"], torch.tensor(0.2 * 2.224925), atol=1e-6, rtol=0)
    torch.testing.assert_close(terms["regularizer"], torch.tensor(0.8 * 0.577350), atol=1e-6, rtol=0)
    assert set(terms) == {"classification", "regularizer"}


def test_with_lambda_one_the_classification_loss_is_alone():
    output, batch = example()
    terms = Lpat(LpatConfig(classification_weight=1.0), Setup(4, ("a", "b"))).eval().losses(output, batch)
    assert terms["regularizer"] == 0
    torch.testing.assert_close(terms["classification"], torch.tensor(2.224925), atol=1e-6, rtol=0)


def test_the_background_weight_the_text_intends_is_one_over_the_classes():
    """W = 1/2: L_clas = 1.493147."""
    output, batch = example()
    config = LpatConfig(background_weight_total=None)
    terms = Lpat(config, Setup(4, ("a", "b"))).eval().losses(output, batch)
    torch.testing.assert_close(terms["classification"], torch.tensor(0.2 * 1.493147), atol=1e-6, rtol=0)


def test_class_a_is_cut_at_the_predicted_threshold():
    output, _ = example()
    curves = ActivationSequence("v", ("a", "b"), S[0].numpy(), B[0].numpy(), GRID)
    video = VideoPrediction(curves, output.video_scores[0].numpy(), {"predicted": B[0].numpy()})
    found = Lpat(LpatConfig(), Setup(4, ("a", "b"))).localize(video)
    assert [(each.label, each.segment, each.score) for each in found] == [("a", GRID.segment(0, 2), 1.0)]


def test_temconv_adds_the_convolution_and_casl_a_loss():
    sequences, labels, names = planted(n_videos=6)
    batch = TrainingSet(at_level(sequences, labels, names)).batch(range(6))
    plain, temporal, casl = (
        Lpat(configured(ENTRY, preset)[0], Setup(12, names)) for preset in ("published", "temconv", "casl")
    )
    assert plain.network.conv is None
    assert temporal.network.conv is not None
    terms = casl.losses(casl(batch.features, batch.mask), batch)
    assert terms["similarity"] > 0


def test_it_is_ttc_loc_without_its_third_loss_and_learns_from_video_labels_alone():
    """FACTS 3: the same construction but for margin and convolution, so the same seed gives the same curves."""
    sequences, labels, names = planted(n_videos=4)
    batch = TrainingSet(at_level(sequences, labels, names)).batch(range(4))
    outputs = []
    for entry in (ENTRY, TTC_LOC):
        torch.manual_seed(0)
        module = entry.build(
            entry.config(temporal=True, margin=0.5, dropout=0.0, regularizer="inner", regularizer_rise=0),
            Setup(12, names),
        )
        output = module(batch.features, batch.mask)
        outputs.append((output.cas, output.background, module.losses(output, batch)["regularizer"]))
    torch.testing.assert_close(outputs[0], outputs[1])
    assert ENTRY.levels == {SupervisionLevel.VIDEO}
