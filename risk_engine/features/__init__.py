"""Features: declared once, run at every speed by the same kernels."""
