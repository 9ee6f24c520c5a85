"""What every model card says, in words; figures never stand here."""

from __future__ import annotations

SOURCES = {
    "crops": "portraits and faces in a folder per class, behind most published mask detectors; many of the bare "
    "faces show the same named people, and the size of a picture nearly gives its class away",
    "andrewmvd": "scenes with many small, blurred faces",
    "jolignier": "varied, well-lit photographs; some labels of masks worn wrongly are debatable",
    "mask-types": "portraits by kind of mask, one large face each, from the web and stock libraries; the bare ones "
    "are blurred, the masked ones sharp",
    "hard-negatives": "bare faces, mostly such as an earlier model got wrong: hands, cups, telephones, beards, "
    "headscarves, profiles",
    "wider": "WIDER FACE: people at events, nearly all without a mask; boxes of faces only",
}
"""What a data set is, by the name that a split file gives it."""

DRAWN = ", mask drawn"
"""Stands after a data set's name for its bare faces that had masks drawn on them."""

DATA = """\
The pictures were collected from the web by others. **None of them carries clear commercial rights**, and the people in
them were not asked. This project publishes none of them; it publishes a network that was trained on them. The project's
own licence (Apache-2.0) covers the code and, as far as it can, the network; it cannot grant rights in the pictures.
Whether a network trained on such pictures may be used commercially differs by country and is not settled: take advice,
or train on your own pictures (below)."""
"""Whose the pictures are."""

OWN_DATA = """\
The pictures in the table are those of whoever trained this model, and lie with them. The network began with a shipped
one, which was trained on pictures that were collected from the web by others: none of those carries clear commercial
rights, and what that model's card says of them holds for this one, too."""
"""Whose the pictures of a model are that learnt on from a shipped one."""

IMAGENET = "trained on ImageNet, whose terms allow research and teaching only"
"""What to say of weights that carry ImageNet in their name."""

INTENDED = """\
A lamp, screen or door opener at an entry where masks are the rule: one face after another, near and roughly frontal,
found by the kiosk's detector. A person on duty can always overrule it, and there is another way in.

Not for: decisions on work, service or penalties; medical or occupational safety; telling how well a mask filters;
recognising, counting or following people; crowds from afar."""
"""What the model is for and what not."""

LIMITS = """\
- It knows what its training pictures show. Faces, masks, light and cameras that differ from them are judged less well,
  and the figures below do not tell how much less.
- Whether it treats all groups alike is known for few: faces noted as a child's or as dark-skinned stand among the
  slices below where such were judged. The notes are not complete, and differences of some points would not show.
- A hand, scarf, beard or visor at the mouth may be taken for a mask; a mask with a printed face for a face.
- Small, blurred or dark faces carry too little: the kiosk waits for a better look instead of trusting one reading."""
"""What it does not know, whatever its figures."""

KINDS = """\
- A kind of mask is told by its look: a respirator by its shape, not by what it filters, how it fits or whether it is
  genuine. Not told apart reliably: folded respirators (KN95) from plain white or black masks of cloth and, small or in
  the dark, from surgical ones; duckbills from the side; half masks with cartridges, which it has seldom seen; and what
  is worn under a visor."""
"""What to say of a model that tells kinds of masks apart."""

RANDOM = """\
The parts were drawn at random, so that near-twins of a picture and other pictures of the same person lie in both:
**these figures flatter the model**. """
"""Why a random split proves little."""

RETRAIN = """\
Collect pictures from the very door, with consent, a folder for each label, or boxes in any layout that labelling tools
export, then:

```
maskgate-train fit my-pictures --name my-door
```

It learns on from a shipped model, holds a third of the pictures out, and says whether the new model is better on them.
docs/your-data.md has the layouts, and how many pictures help."""
"""How to do better."""
