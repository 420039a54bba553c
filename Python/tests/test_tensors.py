import unittest

import numpy as np
from safetensors.numpy import load

from jointlab import tensors


class TensorsTests(unittest.TestCase):
    def arrays(self) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(1)
        return {
            "b": draw.standard_normal((2, 3)).astype(np.float32),
            "a": draw.standard_normal(5),
            "é\u0001": np.float32(3).reshape(()),
            "none": np.zeros((0, 4), np.float32),
            "turned": draw.standard_normal((3, 2)).T,
        }

    def test_the_reference_implementation_reads_what_is_written(self) -> None:
        found = load(tensors.to_bytes(self.arrays()))
        for name, array in self.arrays().items():
            np.testing.assert_array_equal(found[name], array)
            self.assertEqual(found[name].dtype, array.dtype)

    def test_what_is_written_is_read_as_views_that_cannot_be_written(self) -> None:
        found = tensors.read(memoryview(tensors.to_bytes(self.arrays())))
        for name, array in self.arrays().items():
            np.testing.assert_array_equal(found[name], array)
            self.assertFalse(found[name].flags.writeable)

    def test_what_does_not_fit_is_not_begun(self) -> None:
        buffer = memoryview(bytearray(100))
        with self.assertRaises(tensors.OutputTooLarge) as caught:
            tensors.write({"a": np.zeros(1_000)}, buffer)
        self.assertGreater(caught.exception.byte_count, 8_000)
        self.assertEqual(bytes(buffer), bytes(100))

    def test_objects_are_no_tensors(self) -> None:
        with self.assertRaisesRegex(TypeError, "a is an array of object"):
            tensors.to_bytes({"a": np.array([None])})


if __name__ == "__main__":
    unittest.main()
