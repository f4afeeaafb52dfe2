"""Families of strategies, in the order in which people meet the ideas. No torch."""

FAMILIES: dict[str, str] = {
    "baseline": "What happens without any remedy, and what could be reached at best.",
    "regularisation": "Protect the weights, or the answers, that mattered before.",
    "architecture": "Each task gets a part of the network for itself.",
    "replay": "Keep some old images, and practise them again.",
    "generative": "Keep no images; learn to generate old ones.",
    "closed form": "Do not learn step by step: keep statistics that do not depend on the order of"
    " tasks.",
}
