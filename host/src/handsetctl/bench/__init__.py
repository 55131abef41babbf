"""The bench: microphone, speaker, buttons, GNSS sky, air and power around handsets under test.

Import from the modules themselves (``handsetctl.bench.virtual_bench``,
``handsetctl.bench.client``); this package stays empty so that the air process starts fast.
"""
