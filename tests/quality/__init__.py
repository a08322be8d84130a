"""What the bundled model does with language itself: pairs of texts that it must tell apart, or treat alike.

The texts under `pairs/` were written for this suite. Nothing is trained on them: they measure only as long as no
training set holds them.
"""
