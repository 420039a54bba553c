"""From a recording to numbers: the log-mel spectrum, in numpy and the standard library."""

import wave
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

FRAME, HOP = 256, 80
BANDS, SLICES = 20, 16
WIDTH = BANDS * SLICES


def log_mel(file: str | IO[bytes]) -> NDArray[Any]:
    """The logarithm of the energy in 20 bands of the mel scale and 16 slices of time, as one vector.

    Frames of 32 ms at 8 kHz begin every 10 ms. A recording's loudness is taken away by subtracting
    each band's mean; slices of time are as long as the recording asks for, so that a word spoken
    slowly looks like one spoken fast.
    """
    with wave.open(file) as recording:
        if recording.getsampwidth() != 2 or recording.getnchannels() != 1:
            raise ValueError("recordings should have one channel of 16 bits")
        rate = recording.getframerate()
        samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2") / 32768
    samples = np.pad(samples, (0, max(0, FRAME + HOP * SLICES - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME))) ** 2
    energy = np.log(power @ bands(rate).T + 1e-6)
    slices = np.stack([part.mean(axis=0) for part in np.array_split(energy, SLICES)])
    slices -= slices.mean(axis=0)
    return (slices / 3).astype(np.float32).ravel()


def bands(rate: int) -> NDArray[Any]:
    """Triangles that overlap, equally wide on the mel scale (O'Shaughnessy 1987)."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(FRAME, 1 / rate)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))
