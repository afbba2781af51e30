"""Static figures as SVG, a module each, each with the text that stands for it. No estimation."""
